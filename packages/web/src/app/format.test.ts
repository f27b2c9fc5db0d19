import { expect, test } from 'vitest';
import { formatAgo, formatDuration, formatUsd } from './format.ts';
import { modeChoices } from './modes.ts';
import { parseRoute, toHash } from './route.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

test.each([
  ['2026-11-20T11:59:30Z', 'now'],
  ['2026-11-20T12:00:30Z', 'now'],
  ['2026-11-20T11:55:00Z', '5 min'],
  ['2026-11-20T09:00:00Z', '3 h'],
  ['2026-11-18T11:00:00Z', '2 d'],
  ['2026-11-02T12:00:00Z', '2 Nov'],
  ['?', ''],
])('%s is shown as %j', (at, words) => {
  expect(formatAgo(at, NOW)).toBe(words);
});

test('durations and costs have as many digits as tell something', () => {
  expect([840, 12_400, 185_000].map(formatDuration)).toEqual(['0.8 s', '12 s', '3 min 5 s']);
  expect([0, 0.00001, 0.0042, 0.13, 12.4].map(formatUsd)).toEqual(['$0.00', '< $0.0001', '$0.0042', '$0.13', '$12.40']);
});

test('an address names a conversation, a one-time token, or the start page', () => {
  expect(parseRoute(toHash('a b'))).toEqual({ kind: 'session', id: 'a b' });
  expect(parseRoute('#token=a%2Bb')).toEqual({ kind: 'token', token: 'a+b' });
  expect(['', '#/', '#/s/', '#/else'].map((hash) => parseRoute(hash).kind)).toEqual(['new', 'new', 'new', 'new']);
});

test('modes that mean the same are offered once, and the present one always', () => {
  const values = (current: string | undefined) =>
    modeChoices(['default', 'askForEdits', 'plan'], current).map((mode) => mode.value);
  expect(values('default')).toEqual(['default', 'plan']);
  expect(values('askForEdits')).toEqual(['askForEdits', 'plan']);
  expect(values('strict')).toEqual(['default', 'plan', 'strict']);
});
