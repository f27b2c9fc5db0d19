import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createEmulator, text } from '../index.ts';
import { bodyOf, get, jsonOfBody, post } from '../testing/ask.ts';

const json = JSON.stringify(bodyOf());

async function answerTo(body: Uint8Array | string, encoding: string): Promise<unknown[]> {
  const emulator = createEmulator({ script: [text('Fine')] });
  const response = await post(emulator, body, { headers: { 'content-encoding': encoding } });
  const { error } = await jsonOfBody<{ error?: { details?: { error_code: string } } }>(response);
  return [response.status, error?.details?.error_code, emulator.requests[0]?.status];
}

test.each<[string, Uint8Array | string, string, unknown[]]>([
  ['a compressed body', gzipSync(json), 'gzip', [200, undefined, 200]],
  ['a body as it is', json, 'identity', [200, undefined, 200]],
  ['an unknown encoding', brotliCompressSync(json), 'br', [400, 'request_body_encoding_unsupported', 400]],
  ['a body that is not compressed', json, 'gzip', [400, 'request_body_encoding_invalid', 400]],
  ['half a body', gzipSync(json).subarray(0, 40), 'gzip', [400, 'request_body_encoding_invalid', 400]],
  [
    'a small body that is large once decoded',
    gzipSync(Buffer.alloc(33 * 1024 * 1024, 32)),
    'gzip',
    [413, 'request_body_too_large_after_decoding', 413],
  ],
])('reads or refuses %s', async (_, body, encoding, expected) => {
  expect(await answerTo(body, encoding)).toEqual(expected);
});

test('a body that is nested too deeply is refused, wherever it is', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const use = `{"type":"tool_use","id":"a","name":"b","input":{"x":${deep}}}`;
  const result = '{"type":"tool_result","tool_use_id":"a"}';
  const message = (role: string, block: string): string => `{"role":"${role}","content":[${block}]}`;
  const words = '{"type":"text","text":"x"}';
  const messages = [message('user', words), message('assistant', use), message('user', result)].join();
  const body = `{"model":"claude-opus-5-5","max_tokens":10,"messages":[${messages}]}`;
  expect((await post(createEmulator(), body)).status).toBe(400);
  expect((await post(createEmulator(), deep)).status).toBe(400);
  const emulator = createEmulator();
  const batch = `{"requests":[{"custom_id":"a","params":${body}}]}`;
  const { id } = await jsonOfBody<{ id: string }>(await post(emulator, batch, { path: '/v1/messages/batches' }));
  expect(await jsonOfBody(await get(emulator, `/v1/messages/batches/${id}`))).toMatchObject({
    request_counts: { errored: 1 },
  });
});
