import { expect, test } from 'vitest';
import { readJson } from './read-json.ts';

const post = (
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Request => new Request('http://127.0.0.1/', { method: 'POST', headers, body, duplex: 'half' });

test('reads JSON, with or without parameters on its type', async () => {
  expect(await readJson(post('{"a":[1,"ü"]}'))).toEqual({ a: [1, 'ü'] });
  expect(await readJson(post('0', { 'content-type': 'Application/JSON; charset=utf-8' }))).toBe(0);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  '',
])('refuses a body declared as "%s"', async (type) => {
  await expect(readJson(post('{}', { 'content-type': type }))).rejects.toMatchObject({ status: 415 });
});

test.each(['', '{', '{"a":1}}', 'undefined', '\ufeff\ufeff{}'])('tells that %j is not JSON', async (body) => {
  await expect(readJson(post(body))).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
});

test('tells that bytes which are not UTF-8 are not JSON', async () => {
  await expect(readJson(post(new Uint8Array([0x22, 0xc3, 0x22])))).rejects.toMatchObject({ status: 400 });
});

test('takes a body of exactly the limit, and no byte more', async () => {
  const body = JSON.stringify('x'.repeat(98));
  expect(await readJson(post(body), 100)).toHaveLength(98);
  await expect(readJson(post(body), 99)).rejects.toMatchObject({ status: 413, type: 'request_too_large' });
});

test('stops reading a body that declares no length once it passes the limit', async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(1_000).fill(0x20));
    },
  });
  await expect(readJson(post(endless), 10_000)).rejects.toMatchObject({ status: 413 });
  expect(pulled).toBeLessThan(20);
});

test('refuses a body that declares too great a length without reading it', async () => {
  const headers = { 'content-type': 'application/json', 'content-length': '1000000' };
  await expect(readJson(post('{}', headers), 100)).rejects.toMatchObject({ status: 413 });
});

test('a body that breaks off is the fault of whoever sent it', async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array([0x7b]));
      controller.error(new Error('aborted'));
    },
  });
  await expect(readJson(post(broken))).rejects.toMatchObject({ status: 400 });
});

test('a body of brackets is refused before it is made into arrays', async () => {
  const body = '['.repeat(10_000_000) + ']'.repeat(10_000_000);
  await expect(readJson(post(body))).rejects.toMatchObject({ status: 400, message: expect.stringContaining('levels') });
});
