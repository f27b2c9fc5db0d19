import { readFileSync } from 'node:fs';
import type { Talk } from '../contestants/contestant.ts';
import type { Measure } from './measure.ts';

const SESSIONS = 1_000;

/** What one more open session costs that has had a turn and waits, as the system counts it (proportional set size). */
export const measure: Measure = {
  title: 'memory of a further idle session',
  unit: 'KB',
  runs: 5,
  gates: { 'colloquy-client': 60, 'colloquy-durable': 60 },
  absolute: true,
  nodeFlags: ['--expose-gc'],
  async run(load, url) {
    const contestant = await load();
    const talks: Talk[] = [];
    const open = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const talk = await contestant.open({ url });
        await talk.turn('@emit 20');
        talks.push(talk);
      }
    };
    await open(SESSIONS);
    const before = settledKb();
    await open(SESSIONS);
    const perSession = (settledKb() - before) / SESSIONS;
    await Promise.all(talks.map((talk) => talk.close()));
    return perSession;
  },
};

/**
 * With the heap compacted and its empty pages given back, as V8 does by itself only when memory gets short: otherwise the figure is
 * mostly what the turns have left behind on half-empty pages, and the same build gives 45 KB in one run and 140 in the next.
 */
function settledKb(): number {
  for (let round = 0; round < 4; round += 1)
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]);
}
