import { expect, test } from 'vitest';
import { formatPlace, isFuture, parsePlace } from './cursor.ts';

test.each(['0.0.0', '1.2.3', '12.345.6789', '1.2.3~1', '3.17.0~20'])('%s reads and writes the same', (text) => {
  const place = parsePlace(text);
  expect(place === undefined ? undefined : formatPlace(place)).toBe(text);
});

test.each([
  '',
  '1',
  '1.2',
  '1.2.3.4',
  '01.2.3',
  '-1.2.3',
  '1.2.3~0',
  '1.2.3~',
  '1e3.2.3',
  ' 1.2.3',
  '1.2.3\n',
  '1.2.9999999999999999',
  '１.2.3',
  'x',
])('%j is no place', (text) => {
  expect(parsePlace(text)).toBeUndefined();
});

test.each([
  ['0.0.0', false],
  ['2.10.99', false],
  ['2.11.0', true],
  ['3.1.0', true],
])('of a session in epoch 2 at entry 10, %s is the future: %s', (text, future) => {
  expect(isFuture(parsePlace(text)!, { epoch: 2, head: 10 })).toBe(future);
});
