import type { PlacedMessage } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { informational } from '../testing/scripted-session.ts';
import { WaitingFrames } from './sse-frames.ts';

/** The frames of a batch that fits into one chunk. */
function textOf(batch: readonly PlacedMessage[]): string {
  const frames = new WaitingFrames();
  frames.put(batch);
  const text = frames.take();
  expect(frames.isEmpty).toBe(true);
  return text;
}

type Told = Extract<PlacedMessage, { live: unknown }>['live'];
type OpenBlock = Extract<Told, { type: 'gap' }>['open'][number];

test('a frame is a place and a message; a batch is one piece of text', () => {
  const batch: PlacedMessage[] = [
    { cursor: '1.1.0', message: informational('a') },
    { cursor: '1.1.7', message: informational('b') },
  ];
  const common = '"type":"system","subtype":"informational","level":"info","session_id":"s"';
  expect(textOf(batch)).toBe(
    `id: 1.1.0\ndata: {${common},"uuid":"a","content":""}\n\nid: 1.1.7\ndata: {${common},"uuid":"b","content":""}\n\n`,
  );
});

test('a gap is an event of its own with its place; a signal has no place', () => {
  const open: OpenBlock = { request: 'r', index: 0, text: 'so far', type: 'text', thread: 'main' };
  const gap: Told = { type: 'gap', cursor: '2.3.4', open: [open] };
  const signal: Told = { type: 'signal', signal: { progress: 1 } };
  expect(textOf([{ live: signal }, { live: gap }])).toBe(
    `event: signal\ndata: ${JSON.stringify(signal)}\n\nid: 2.3.4\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n`,
  );
});

test('line breaks in a message do not break its frame', () => {
  const frames = textOf([{ cursor: '1.1.0', message: informational('a', 'one\n\nid: 9.9.9\rtwo\r\n') }]);
  expect(frames.split(/\r|\n/)).toHaveLength(4);
});

test('of a long batch only as much is made into frames as a chunk may hold', () => {
  const batch = [1, 2, 3].map((seq): PlacedMessage => ({
    cursor: `1.${seq}.0`,
    message: informational('x'.repeat(70_000)),
  }));
  const frames = new WaitingFrames();
  frames.put(batch);
  expect(frames.take()).toBe(textOf(batch.slice(0, 2)));
  expect(frames.isEmpty).toBe(false);
  expect(frames.take()).toBe(textOf(batch.slice(2)));
  expect([frames.isEmpty, frames.take()]).toEqual([true, '']);
});
