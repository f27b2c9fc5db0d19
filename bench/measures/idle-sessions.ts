import type { Talk } from '../contestants/contestant.ts';
import { settledMemoryKb } from '../process-tree.ts';
import { type Figure, IN_PROCESS, type Measure } from './measure.ts';

/** The last step tells what one more costs: by then, the process has compiled what it runs, which holds more than a thousand sessions do. */
const LEVELS = [1, 100, 1_000, 2_000];
/** Longer than this a level does not take; one that would is left out. */
const MOST_MS = 10_000;
const MOST_PROCESSES = 5;
const MB = 1024;

const total = (sessions: number): Figure => ({
  title: `${sessions.toLocaleString('en')} open idle session${sessions === 1 ? '' : 's'}: memory (PSS) of the process`,
  unit: 'MB',
});

/** What open sessions hold that have had a turn and wait, with everything that belongs to them, as the system counts it. */
export const measure: Measure = {
  title: 'Memory of idle sessions',
  figures: {
    private: {
      title: 'private dirty memory of a process with one session',
      unit: 'MB',
      above: true,
      gates: { 'colloquy-query': 13, 'colloquy-client': 13 },
      aims: { 'colloquy-query': 2, 'colloquy-client': 2 },
    },
    at1: total(1),
    at100: total(100),
    at1000: total(1_000),
    at2000: total(2_000),
    further: {
      title: 'memory of a further idle session (PSS)',
      unit: 'KB',
      absolute: true,
      gates: { 'colloquy-query': 60, 'colloquy-client': 60, 'colloquy-durable': 60 },
      aims: { 'colloquy-query': 30, 'colloquy-client': 30, 'colloquy-durable': 30 },
    },
  },
  runs: 2,
  contestants: [...IN_PROCESS, 'opencode', 'agent-sdk', 'colloquy-server'],
  nodeFlags: ['--expose-gc'],
  async run({ load, url, count }) {
    const contestant = await load();
    const talks: Talk[] = [];
    const grow = async (to: number): Promise<void> => {
      while (talks.length < to) {
        const talk = await contestant.open({ url });
        await talk.turn('@emit 20');
        talks.push(talk);
      }
    };
    const found: Record<string, number> = {};
    const sizes: { sessions: number; kb: number }[] = [];
    const levels = contestant.isSlow === true ? [1, MOST_PROCESSES] : LEVELS.map(count);
    let perSessionMs = 0;
    for (const [index, sessions] of [...new Set(levels)].entries()) {
      if (perSessionMs * (sessions - talks.length) > MOST_MS) break;
      const startedMs = performance.now();
      const had = talks.length;
      await grow(sessions);
      // The first one has brought the program along.
      perSessionMs = index === 0 ? 0 : (performance.now() - startedMs) / (sessions - had);
      const { pss, privateDirty } = settledMemoryKb();
      sizes.push({ sessions, kb: pss });
      found[`at${sessions}`] = pss / MB;
      if (sessions === 1) found['private'] = privateDirty / MB;
    }
    const [before, last] = sizes.slice(-2);
    if (before !== undefined && last !== undefined)
      found['further'] = (last.kb - before.kb) / (last.sessions - before.sessions);
    return found;
  },
};
