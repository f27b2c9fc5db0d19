// Every fault that the emulator knows, against a turn: some are passed over, some make it ask again, none ends it.
import { html, raw, type Reply, type StreamFault, text, withFaults } from '@colloquy/emulator';
import { expect, test, vi } from 'vitest';
import { openScene, resultOf } from './scene.ts';

const PASSED_OVER = 1;
const ASKED_AGAIN = 2;
const IDLE_MS = 90_000;

/** The result of a turn whose first answer is this, moved on by so much at a time; how often was asked, and how long it took. */
async function play(first: Reply): Promise<{ result: unknown; requests: number; tookMs: number }> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  await using scene = await openScene([first, text('Hello there.')]);
  const startedMs = Date.now();
  let isOver = false;
  const turn = scene.turn('Hi').finally(() => (isOver = true));
  while (!isOver) await vi.advanceTimersByTimeAsync(50);
  const result = resultOf(await turn);
  return {
    result: result?.type === 'result' && result.subtype === 'success' ? result.result : result,
    requests: scene.emulator.requests.length,
    tookMs: Date.now() - startedMs,
  };
}

const at = { afterEvents: 4 };

test.each<[StreamFault, number]>([
  [{ type: 'byte_order_mark' }, PASSED_OVER],
  [{ type: 'line_ends', ends: 'crlf' }, PASSED_OVER],
  [{ type: 'line_ends', ends: 'cr' }, PASSED_OVER],
  [{ type: 'split_characters' }, PASSED_OVER],
  [{ type: 'chunks', maxBytes: 50, seed: 1 }, PASSED_OVER],
  [{ type: 'comment', ...at }, PASSED_OVER],
  [{ type: 'huge_line', bytes: 5_000_000, ...at }, PASSED_OVER],
  [{ type: 'unknown_event', ...at }, PASSED_OVER],
  [{ type: 'unknown_delta', ...at }, PASSED_OVER],
  [{ type: 'insert', text: 'id: 1\nretry: 5\n\n', ...at }, PASSED_OVER],
  [{ type: 'lost_event', before: 'ping' }, PASSED_OVER],
  [{ type: 'delay', ms: 30_000, ...at }, PASSED_OVER],
  [{ type: 'huge_line', bytes: 33_000_000, ...at }, ASKED_AGAIN],
  [{ type: 'malformed_event', ...at }, ASKED_AGAIN],
  [{ type: 'lost_event', before: 'message_start' }, ASKED_AGAIN],
  [{ type: 'lost_event', before: 'content_block_start' }, ASKED_AGAIN],
  [{ type: 'lost_event', before: 'content_block_stop' }, ASKED_AGAIN],
  [{ type: 'repeated_event', before: 'content_block_start' }, ASKED_AGAIN],
  [{ type: 'repeated_event', before: 'ping' }, ASKED_AGAIN],
  [{ type: 'duplicate_index', ...at }, ASKED_AGAIN],
  [{ type: 'duplicate_index', before: 'message_delta' }, ASKED_AGAIN],
  [{ type: 'cut', ...at }, ASKED_AGAIN],
  [{ type: 'cut', before: 'message_stop' }, ASKED_AGAIN],
  [{ type: 'reset', ...at }, ASKED_AGAIN],
  [{ type: 'end', ...at }, ASKED_AGAIN],
  [{ type: 'end', before: 'message_stop' }, ASKED_AGAIN],
  [{ type: 'error_event', error: { type: 'overloaded_error', message: 'Busy' }, ...at }, ASKED_AGAIN],
])('%j', async (fault, requests) => {
  const { result, ...told } = await play(withFaults(text('Hello there.'), fault));
  expect({ result, requests: told.requests }).toEqual({ result: 'Hello there.', requests });
  expect(told.tookMs).toBeLessThan(fault.type === 'delay' ? 31_000 : 2_000);
});

test('an answer that stalls is asked for again when nothing has come for as long as the client waits', async () => {
  const { result, requests, tookMs } = await play(withFaults(text('Hello there.'), { type: 'stall', ...at }));
  expect([result, requests]).toEqual(['Hello there.', ASKED_AGAIN]);
  expect(tookMs).toBeGreaterThanOrEqual(IDLE_MS);
  expect(tookMs).toBeLessThan(IDLE_MS + 2_000);
});

test.each<[string, Reply]>([
  ['a page of HTML', html()],
  ['a page of HTML with an error', html({ status: 502 })],
  ['an empty body', raw({ headers: { 'content-type': 'text/event-stream' } })],
  ['a stream of another type', { ...text('Hello there.'), headers: { 'content-type': 'text/plain' } }],
])('%s is asked for again', async (_, first) => {
  expect(await play(first)).toMatchObject({ result: 'Hello there.', requests: ASKED_AGAIN });
});
