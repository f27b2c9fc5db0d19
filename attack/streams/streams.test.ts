// What `script/attack streams` does by hand a hundred thousand times, often enough to notice when it has become untrue.
import { expect, onTestFinished, test } from 'vitest';
import { attackChunks } from './attack-chunks.ts';
import { type Attacked, attackTurn } from './attack-turn.ts';
import { FakeTime } from './fake-time.ts';

const MUTATED = 2_000;
const STREAMS = 50;
const CHUNKINGS = 5;
const SLOW_MS = 120_000;

test(`${MUTATED} mutated answers break no session, and run no unfinished call`, { timeout: SLOW_MS }, async () => {
  const time = new FakeTime();
  time.install();
  onTestFinished(() => time.uninstall());
  const attacked: Attacked[] = [];
  for (let seed = 0; seed < MUTATED; seed += 1) attacked.push(await attackTurn(seed, time));
  const found = attacked.flatMap(({ kind, mutated, findings }, seed) =>
    findings.length === 0 ? [] : [{ seed, kind, done: mutated?.done, findings }],
  );
  expect(found).toEqual([]);
  // An attack that never gets through, or never touches a tool, would prove nothing.
  expect(attacked.filter(({ taken }) => taken).length).toBeGreaterThan(MUTATED / 10);
  expect(attacked.filter(({ toolRuns }) => toolRuns > 0).length).toBeGreaterThan(MUTATED / 4);
});

test(`${STREAMS} streams are the same messages in ${CHUNKINGS} chunkings each`, { timeout: SLOW_MS }, async () => {
  const found: { seed: number; findings: string[] }[] = [];
  for (let seed = 0; seed < STREAMS; seed += 1) {
    const findings = await attackChunks(seed, CHUNKINGS);
    if (findings.length > 0) found.push({ seed, findings });
  }
  expect(found).toEqual([]);
});
