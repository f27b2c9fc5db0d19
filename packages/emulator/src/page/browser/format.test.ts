import { expect, test } from 'vitest';
import { counted, firstLine, formatDuration, formatTimeLeft } from './format.js';

test('durations are told in the unit that fits', () => {
  expect([0, 12.4, 999, 1000, 59_900, 60_000, 125_000, 119_900].map(formatDuration)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1 min 0 s',
    '2 min 5 s',
    '2 min 0 s',
  ]);
});

test('the time left counts down to nothing', () => {
  expect([600_000, 59_001, 9_000, 0, -5].map(formatTimeLeft)).toEqual(['10:00', '1:00', '0:09', '0:00', '0:00']);
});

test('counts and first lines', () => {
  expect([counted(1, 'event'), counted(1204, 'event')]).toEqual(['1 event', '1,204 events']);
  expect([firstLine('\n one\ntwo'), firstLine('abcdef', 3)]).toEqual(['one', 'abc…']);
});
