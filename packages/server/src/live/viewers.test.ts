import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Principal } from '../auth/principal.ts';
import { Viewers } from './viewers.ts';

const principal = (name: string): Principal => ({
  name,
  user: name,
  role: 'user',
  via: 'key',
  credential: { kind: 'key', id: name },
});

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

test('who comes is told at once, and a crowd that comes and goes is told together', () => {
  const told: string[][] = [];
  const viewers = new Viewers((_, now) => told.push(now.map(({ name }) => name)));
  const leaveAnn = viewers.enter('s', principal('ann'), 'sse');
  expect(told).toEqual([['ann']]);
  const leave = Array.from({ length: 500 }, (_, n) => viewers.enter('s', principal(`v${n}`), 'sse'));
  leaveAnn();
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(told.map((names) => names.length)).toEqual([1, 100]);
  expect(viewers.of('s')).toHaveLength(500);
  for (const each of leave) each();
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(4);
  expect(told.at(-1)).toEqual([]);
});
