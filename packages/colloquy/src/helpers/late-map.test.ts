import { expect, test } from 'vitest';
import { LateMap } from './late-map.ts';

test('it holds what a map holds, from the first key to the last', () => {
  const map = new LateMap<string, number>();
  expect([map.size, map.has('a'), map.get('a'), map.delete('a'), [...map]]).toEqual([0, false, undefined, false, []]);
  map.set('a', 1).set('b', 2).set('a', 3);
  expect([map.size, map.has('a'), map.get('a')]).toEqual([2, true, 3]);
  expect([[...map], [...map.keys()], [...map.values()]]).toEqual([
    [
      ['a', 3],
      ['b', 2],
    ],
    ['a', 'b'],
    [3, 2],
  ]);
  expect([map.delete('a'), map.delete('b'), map.size, [...map.values()]]).toEqual([true, true, 0, []]);
  map.set('c', 4).clear();
  expect([map.size, map.get('c')]).toEqual([0, undefined]);
});

test('a copy does not change with the first', () => {
  const first = new LateMap<string, number>().set('a', 1);
  const copy = new LateMap(first);
  first.set('b', 2);
  copy.delete('a');
  expect([[...first], [...copy]]).toEqual([
    [
      ['a', 1],
      ['b', 2],
    ],
    [],
  ]);
});

test('keys may go while it is gone through, and come', () => {
  const map = new LateMap<number, string>().set(1, 'a').set(2, 'b');
  const seen: number[] = [];
  for (const [key] of map) {
    seen.push(key);
    map.delete(key);
    if (key === 1) map.set(3, 'c');
  }
  expect([seen, map.size]).toEqual([[1, 2, 3], 0]);
});
