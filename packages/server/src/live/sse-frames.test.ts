import type { SDKMessage } from 'colloquy';
import type { Cursor, PlacedMessage } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { parsePlace } from './cursor.ts';
import { SseFrames } from './sse-frames.ts';

const message = (uuid: string): SDKMessage => ({
  type: 'system',
  subtype: 'session_state_changed',
  state: 'idle',
  uuid,
  session_id: 's',
});
const placed = (cursor: Cursor, uuid: string): PlacedMessage => ({ cursor, message: message(uuid) });

/** Entry 2 says one thing, entry 4 three, then a fragment, then entry 5 two. */
const BATCH: PlacedMessage[] = [
  placed('1.2.0', 'a'),
  placed('1.4.0', 'b'),
  placed('1.4.0', 'c'),
  placed('1.4.0', 'd'),
  placed('1.4.7', 'fragment'),
  placed('1.5.7', 'e'),
  placed('1.5.7', 'f'),
];

/** Ids and uuids of frames. */
function read(frames: string): [id: string, uuid: string][] {
  return [...frames.matchAll(/^id: (.*)\ndata: (.*)\n$/gm)].map(([, id, data]) => [
    id ?? '',
    JSON.parse(data ?? '').uuid,
  ]);
}

test('a frame is its place and its message; a whole batch is one piece of text', () => {
  const frames = new SseFrames({ after: '0.0.0', skip: 0 });
  expect(frames.write([placed('1.1.0', 'a')])).toBe(
    'id: 1.1.0\ndata: {"type":"system","subtype":"session_state_changed","state":"idle","uuid":"a","session_id":"s"}\n\n',
  );
});

test('before an entry’s last message, a place is the one before the entry and how many messages of it were told', () => {
  const frames = new SseFrames({ after: '0.0.0', skip: 0 });
  expect(read(frames.write(BATCH))).toEqual([
    ['1.2.0', 'a'],
    ['1.2.0~1', 'b'],
    ['1.2.0~2', 'c'],
    ['1.4.0', 'd'],
    ['1.4.7', 'fragment'],
    ['1.4.7~1', 'e'],
    ['1.5.7', 'f'],
  ]);
});

test('whoever comes back with the place of any frame gets exactly the frames behind it, with the same places', () => {
  const all = read(new SseFrames({ after: '0.0.0', skip: 0 }).write(BATCH));
  for (const [index, [id]] of all.entries()) {
    const from = parsePlace(id)!;
    const behind = BATCH.slice(BATCH.findLastIndex((item) => 'cursor' in item && item.cursor === from.after) + 1);
    expect(read(new SseFrames(from).write(behind))).toEqual(all.slice(index + 1));
  }
});

test('the beginning counts as a place, too', () => {
  const frames = new SseFrames({ after: '0.0.0', skip: 0 });
  expect(read(frames.write([placed('1.1.0', 'a'), placed('1.1.0', 'b')]))).toEqual([
    ['0.0.0~1', 'a'],
    ['1.1.0', 'b'],
  ]);
  expect(read(new SseFrames({ after: '0.0.0', skip: 1 }).write([placed('1.1.0', 'a'), placed('1.1.0', 'b')]))).toEqual([
    ['1.1.0', 'b'],
  ]);
});

test('a gap is an event of its own, with the place behind it; a signal has none', () => {
  const frames = new SseFrames({ after: '1.1.0', skip: 0 });
  const gap = { type: 'gap', cursor: '2.3.4', open: [{ request: 'r', index: 0, text: 'so far' }] } as const;
  const signal = { type: 'signal', signal: { progress: 1 } } as const;
  expect(frames.write([{ live: signal }, { live: gap }, placed('2.5.0', 'a'), placed('2.5.0', 'b')])).toBe(
    `event: signal\ndata: ${JSON.stringify(signal)}\n\n` +
      `id: 2.3.4\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n` +
      `id: 2.3.4~1\ndata: ${JSON.stringify(message('a'))}\n\n` +
      `id: 2.5.0\ndata: ${JSON.stringify(message('b'))}\n\n`,
  );
});

test('a line break in a message does not break the frame', () => {
  const frames = new SseFrames({ after: '0.0.0', skip: 0 });
  expect(frames.write([placed('1.1.0', 'a\n\nid: 9.9.9\r\u2028')]).split('\n')).toHaveLength(4);
});
