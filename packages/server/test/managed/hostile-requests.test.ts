import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { toFile } from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { newSession } from './conversing.ts';
import { type Managed, refusal, startManaged } from './fixture.ts';

// What no client library sends.

const JSON_TYPE = { 'content-type': 'application/json' };

const upload = async ({ client }: Managed, bytes: number): Promise<string> => {
  const file = await toFile(Buffer.alloc(bytes, 'a'), 'a.txt', { type: 'text/plain' });
  return (await client.beta.files.upload({ file })).id;
};

test.runIf(process.platform === 'linux')('asking for the head of a file leaves it closed', async () => {
  const managed = await startManaged();
  const id = await upload(managed, 100_000);
  const answer = await managed.fetch(`/v1/files/${id}/content`, { method: 'HEAD' });
  expect(answer.headers.get('content-length')).toBe('100000');
  const names = await readdir('/proc/self/fd');
  const open = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  expect(open.filter((path) => path.startsWith(join(managed.folder, 'files/')))).toEqual([]);
});

test('one request makes no more of files than a body may hold, however often it names them', async () => {
  const managed = await startManaged();
  const file_id = await upload(managed, 2_000_000);
  const content = Array.from({ length: 13 }, () => ({
    type: 'document' as const,
    source: { type: 'file' as const, file_id },
  }));
  const { id, agent, environment_id } = await newSession(managed);
  const { sessions } = managed.client.beta;
  const many = /^BadRequestError 400 .*content\.12\.source: .*together/;
  expect(await refusal(sessions.events.send(id, { events: [{ type: 'user.message', content }] }))).toMatch(many);
  const initial_events = content.map((block) => ({ type: 'user.message' as const, content: [block] }));
  const created = sessions.create({ agent: agent.id, environment_id, initial_events });
  expect(await refusal(created)).toMatch(/^BadRequestError 400 initial_events\.12\.content\.0\.source: .*together/);
});

test('no key of metadata is left out unsaid', async () => {
  const managed = await startManaged();
  const body = '{"name":"a","model":"claude-opus-5-5","metadata":{"__proto__":"x"}}';
  const answer = await managed.fetch('/v1/agents', { method: 'POST', headers: JSON_TYPE, body });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('__proto__');
});

test('an upload that broke off can be sent again under its key', async () => {
  const managed = await startManaged();
  const form = '--B\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc\r\n--B--\r\n';
  const headers = { 'content-type': 'multipart/form-data; boundary=B', 'idempotency-key': 'k' };
  const send = (body: ReadableStream): Promise<Response> =>
    managed.fetch('/v1/files', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  const cut = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(form.slice(0, -10)));
    },
    pull: (controller) => controller.error(new Error('the client goes')),
  });
  await expect(send(cut)).rejects.toThrow('fetch failed');
  expect((await send(new Blob([form]).stream())).status).toBe(200);
  expect(await readdir(join(managed.folder, 'files'))).toHaveLength(1);
});
