import { expect, test } from 'vitest';
import { createEmulator, text, type PlainReply } from '../index.ts';
import { ask, bodyOf, get, jsonOfBody, post, said } from '../testing/ask.ts';

// What a program without types may return: the compiler would refuse it.
const BROKEN = { type: 'message', blocks: [{ type: 'text' }] } as unknown as PlainReply;

test('what fails inside is an answer like those of the API, and the next request is answered', async () => {
  const emulator = createEmulator({ script: [() => BROKEN, text('Still here')] });
  const failed = await post(emulator, bodyOf());
  const requestId = emulator.requests[0]?.requestId;
  expect([failed.status, failed.headers['request-id'], await jsonOfBody(failed)]).toEqual([
    500,
    requestId,
    {
      type: 'error',
      error: { type: 'api_error', message: expect.stringContaining('emulator: internal error: TypeError') },
      request_id: requestId,
    },
  ]);
  expect(emulator.requests[0]).toMatchObject({ status: 500, state: 'answered', aborted: false });
  expect(said(await ask(emulator))).toBe('Still here');
});

test('what fails in one request of a batch is its result, and the others have theirs', async () => {
  const emulator = createEmulator({ script: [() => BROKEN, text('Still here')] });
  const requests = ['a', 'b'].map((custom_id) => ({ custom_id, params: bodyOf() }));
  const { id } = await jsonOfBody(await post(emulator, { requests }, { path: '/v1/messages/batches' }));
  const batch = await jsonOfBody(await get(emulator, `/v1/messages/batches/${String(id)}`));
  expect(batch).toMatchObject({ processing_status: 'ended', request_counts: { succeeded: 1, errored: 1 } });
});
