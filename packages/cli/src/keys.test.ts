import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { parseExpiry } from './keys.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');

test.each([
  ['15m', '2026-11-20T10:15:00Z'],
  ['12h', '2026-11-20T22:00:00Z'],
  ['90d', '2027-02-18T10:00:00Z'],
  ['2027-06-30', '2027-06-30T00:00:00Z'],
  ['2027-06-30T12:00+02:00', '2027-06-30T10:00:00Z'],
])('%s is %s', (text, at) => {
  expect(parseExpiry(text, undefined, NOW)).toBe(Date.parse(at));
});

test.each(['', '90', 'd', '0d', '-1d', '1.5d', '1y', '2026-11-20', '2027-13-01', 'tomorrow', '2027'])(
  '%j is no time to expire at',
  (text) => {
    expect(() => parseExpiry(text, undefined, NOW)).toThrow(InvalidArgumentError);
  },
);
