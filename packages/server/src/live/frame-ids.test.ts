import type { PlacedMessage } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { informational } from '../testing/scripted-session.ts';
import { toPlace } from './frame-ids.ts';
import { WaitingFrames } from './sse-frames.ts';

const told = (cursor: `${number}.${number}.${number}`, uuid: string): PlacedMessage => ({
  cursor,
  message: informational(uuid),
});
const BATCH = [told('1.1.0', 'a'), told('1.2.0', 'b'), told('1.2.0', 'c'), told('1.2.0', 'd'), told('1.3.0', 'e')];

/** The frames of a reader that begins at the id of a frame: ids and messages. */
function framesAfter(id: string, batch: readonly PlacedMessage[]): [string | undefined, string | undefined][] {
  const waiting = new WaitingFrames(toPlace(id));
  waiting.put(batch);
  return waiting
    .take()
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => [/^id: (.*)$/m.exec(frame)?.[1], /"uuid":"(.*?)"/.exec(frame)?.[1]]);
}

/** What the session tells a reader after a cursor. */
const after = (id: string): PlacedMessage[] => {
  const seq = Number(id.split('.')[1]);
  return BATCH.filter((item) => 'cursor' in item && Number(item.cursor.split('.')[1]) > seq);
};

test('only the last message of an entry has the place behind it as its id', () => {
  expect(framesAfter('0.0.0', BATCH)).toEqual([
    ['1.1.0', 'a'],
    ['1.1.0.1', 'b'],
    ['1.1.0.2', 'c'],
    ['1.2.0', 'd'],
    ['1.3.0', 'e'],
  ]);
});

test('whoever comes back with any of the ids is told exactly the rest', () => {
  const all = framesAfter('0.0.0', BATCH);
  for (const [index, [id = '']] of all.entries()) {
    expect(framesAfter(id, after(id))).toEqual(all.slice(index + 1));
  }
});

test('a gap that comes before the rest of an entry does not bring back what was told of it', () => {
  const gap: PlacedMessage = { live: { type: 'gap', cursor: '2.1.7', open: [] } };
  expect(framesAfter('1.1.0.2', [gap, ...after('1.1.0')])).toEqual([
    ['2.1.7.2', undefined],
    ['1.2.0', 'd'],
    ['1.3.0', 'e'],
  ]);
});
