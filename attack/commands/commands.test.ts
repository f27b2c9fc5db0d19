// What `script/attack commands` does ten times as often by hand.
import { expect, test } from 'vitest';
import { attackWithAllowed, attackWithHostile, playThrough } from './attack-commands.ts';

const HOSTILE = 2_000;
const ALLOWED = 500;
const PLAYED = 50;
const SLOW_MS = 120_000;

test(`of ${HOSTILE} denied or uncovered commands in disguise, none is allowed`, { timeout: SLOW_MS }, async () => {
  expect((await attackWithHostile(HOSTILE, 1)).allowed).toEqual([]);
});

test(`of ${ALLOWED} commands composed of allowed parts, 95 of 100 are allowed`, { timeout: SLOW_MS }, async () => {
  const { refused } = await attackWithAllowed(ALLOWED, 1);
  // As a list, so that a failure shows them.
  expect(refused.slice(ALLOWED * 0.05)).toEqual([]);
});

test(`${PLAYED} of both have no other effect through query()`, { timeout: SLOW_MS }, async () => {
  const { bypasses, differing, allowed } = await playThrough(PLAYED, 1);
  expect({ bypasses, differing }).toEqual({ bypasses: [], differing: [] });
  // Where nothing is allowed, nothing is shown.
  expect(allowed).toBeGreaterThan(PLAYED / 4);
});
