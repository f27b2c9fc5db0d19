import { expect, test } from 'vitest';
import { Watchers } from './watchers.ts';

test('the looking that could not begin is begun with the next watcher', () => {
  const told: boolean[] = [];
  const watchers = new Watchers((some) => {
    told.push(some);
    if (told.length === 1) throw new Error('disk I/O error');
  });
  expect(() => watchers.watch('s', () => {})).toThrow('disk I/O error');
  const leave = watchers.watch('s', () => {});
  leave();
  expect(told).toEqual([true, true, false]);
});
