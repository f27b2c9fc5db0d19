import type { PlacedMessage } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { informational } from '../testing/scripted-session.ts';
import { toFrames } from './sse-frames.ts';

type Told = Extract<PlacedMessage, { live: unknown }>['live'];
type OpenBlock = Extract<Told, { type: 'gap' }>['open'][number];

test('a frame is a place and a message; a batch is one piece of text', () => {
  const batch: PlacedMessage[] = [
    { cursor: '1.1.0', message: informational('a') },
    { cursor: '1.1.7', message: informational('b') },
  ];
  const common = '"type":"system","subtype":"informational","level":"info","session_id":"s"';
  expect(toFrames(batch)).toBe(
    `id: 1.1.0\ndata: {${common},"uuid":"a","content":""}\n\nid: 1.1.7\ndata: {${common},"uuid":"b","content":""}\n\n`,
  );
});

test('a gap is an event of its own with its place; a signal has no place', () => {
  const open: OpenBlock = { request: 'r', index: 0, text: 'so far', type: 'text', thread: 'main' };
  const gap: Told = { type: 'gap', cursor: '2.3.4', open: [open] };
  const signal: Told = { type: 'signal', signal: { progress: 1 } };
  expect(toFrames([{ live: signal }, { live: gap }])).toBe(
    `event: signal\ndata: ${JSON.stringify(signal)}\n\nid: 2.3.4\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n`,
  );
});

test('line breaks in a message do not break its frame', () => {
  const frames = toFrames([{ cursor: '1.1.0', message: informational('a', 'one\n\nid: 9.9.9\rtwo\r\n') }]);
  expect(frames.split(/\r|\n/)).toHaveLength(4);
});
