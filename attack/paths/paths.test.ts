// What `script/attack paths` does many times as often by hand.
import { expect, test } from 'vitest';
import { attackTrees } from './attack-trees.ts';
import { raceFiles, raceQuery } from './race.ts';

const TREES = 60;
const RACED = 200;
const PLAYED = 40;

test(`in ${TREES} random trees of folders and links, nothing outside is seen or changed, and all inside is reached`, async () => {
  expect(await attackTrees(TREES, 1)).toBeUndefined();
});

test(`${RACED} reads and writes touch nothing outside while folders and links change places`, async () => {
  const { leaks, done, refused } = await raceFiles(RACED);
  expect(leaks).toEqual([]);
  expect(Math.min(done, refused)).toBeGreaterThan(0);
});

test(`nor do ${PLAYED} of both through query()`, async () => {
  const { leaks, done, refused } = await raceQuery(PLAYED);
  expect(leaks).toEqual([]);
  expect(done + refused).toBe(PLAYED * 2);
});
