import { expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { get, post } from '../testing/ask.ts';

const MB = 1024 * 1024;

test.each([
  ['/v1/messages', 32],
  ['/v1/messages/count_tokens', 32],
  ['/v1/messages/batches', 256],
  ['/v1/files', 500],
])('%s takes up to %i MB', async (path, megabytes) => {
  // Nothing is written into these bytes, so no memory is spent on them. They are no JSON and no form, which comes second.
  const statusOf = async (bytes: number): Promise<number> =>
    (await post(createEmulator(), new Uint8Array(bytes), { path })).status;
  expect(await statusOf(megabytes * MB + 1)).toBe(413);
  expect(await statusOf(33)).toBe(400);
});

test.each([
  ['GET', '/v1/messages', 405],
  ['DELETE', '/v1/messages/batches', 405],
  ['POST', '/v1/models', 405],
  ['GET', '/v1/messages/batches/msgbatch_x', 404],
  ['GET', '/v1/files/x%2Fy', 404],
  ['GET', '/v1/files/%ZZ', 404],
  ['GET', '/v1/files/', 404],
  ['GET', '/v2/messages', 404],
])('%s %s is answered with %i', async (method, path, status) => {
  expect((await get(createEmulator(), path, { method })).status).toBe(status);
});
