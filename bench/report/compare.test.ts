import { expect, test } from 'vitest';
import type { Figure } from '../measures/measure.ts';
import { whatGotWorse } from './compare.ts';
import { type Row, rowsOf } from './rows.ts';

const TIME: Figure = { title: 'warm turn', unit: 'ms', gates: { 'colloquy-client': 1.5 } };

test('a row tells its ratios to raw fetch and to the best peer, and whether its gate is met', () => {
  const [, , peer, ours] = rows({ floor: [2, 2, 2], ours: [2, 3, 4] });
  expect(peer).toMatchObject({ toFloor: 2, toBestPeer: 1 });
  expect(peer).not.toHaveProperty('gate');
  expect(ours).toMatchObject({ min: 2, median: 3, max: 4, toFloor: 1.5, toBestPeer: 0.75, gate: 1.5, isMet: true });
});

test('a ratio above its gate is told as missed', () => {
  expect(rows({ floor: [2], ours: [3.1] }).at(-1)).toMatchObject({ isMet: false });
});

test('what is judged above raw fetch is compared with the difference', () => {
  const memory: Figure = { title: 'memory', unit: 'MB', above: true, gates: { 'colloquy-client': 13 } };
  expect(rows({ floor: [30], ours: [42] }, memory).at(-1)).toMatchObject({ aboveFloor: 12, isMet: true });
  expect(rows({ floor: [30], ours: [44] }, memory).at(-1)).toMatchObject({ aboveFloor: 14, isMet: false });
});

test('a ratio that grew by more than the noise got worse; a slower machine did not', () => {
  const before = rows({ floor: [2, 2, 2], ours: [2, 2, 2] });
  expect(whatGotWorse(before, rows({ floor: [4, 4, 4], ours: [4, 4, 4] }))).toEqual([]);
  expect(whatGotWorse(before, rows({ floor: [2, 2, 2], ours: [2.2, 2.2, 2.2] }))).toEqual([]);
  expect(whatGotWorse(before, rows({ floor: [2, 2, 2], ours: [3, 3, 3] }))).toEqual([
    'warm turn, colloquy-client: ×1.00 before, ×1.50 now: worse by 50 % (noise 15 %)',
  ]);
});

test('runs that differ much among themselves are not told as worse', () => {
  const before = rows({ floor: [2, 2, 2], ours: [1, 2, 3] });
  expect(whatGotWorse(before, rows({ floor: [2, 2, 2], ours: [2, 2.8, 4] }))).toEqual([]);
});

test('of what is better the higher it is, less is worse', () => {
  const rate: Figure = { title: 'rate', unit: '/s', more: true, absolute: true };
  const before = rows({ floor: [100], ours: [100] }, rate);
  expect(whatGotWorse(before, rows({ floor: [100], ours: [150] }, rate))).toEqual([]);
  expect(whatGotWorse(before, rows({ floor: [100], ours: [50] }, rate))).toHaveLength(1);
});

/** Of node:http, raw fetch, a peer that takes 4, and ours. */
function rows({ floor, ours }: { floor: number[]; ours: number[] }, figure = TIME): Row[] {
  const values = new Map([
    ['node-http', { kind: 'floor', values: [1] }],
    ['raw-fetch', { kind: 'floor', values: floor }],
    ['ai-sdk', { kind: 'peer', values: [4] }],
    ['colloquy-client', { kind: 'ours', values: ours }],
  ] as const);
  return rowsOf({ measure: 'm', figure: 'f' }, figure, values);
}
