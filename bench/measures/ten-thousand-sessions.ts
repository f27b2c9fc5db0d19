import type { Talk } from '../contestants/contestant.ts';
import { settledMemoryKb } from '../process-tree.ts';
import { type Measure, median, sample, timeOf } from './measure.ts';

const SESSIONS = 10_000;
const AT_ONCE = 50;
const MB = 1024;

/** Ten thousand open sessions that have had a turn, and a turn among them. */
export const measure: Measure = {
  title: '10,000 open sessions in a process',
  figures: {
    memory: {
      title: '10,000 open sessions: memory (PSS) of the process',
      unit: 'MB',
      absolute: true,
      gates: { 'colloquy-client': 1_000 },
    },
    turn: { title: 'a turn among 10,000 open sessions, p50', unit: 'ms', gates: { 'colloquy-client': 1.5 } },
  },
  // Of one run alone the ratio is noise.
  runs: 3,
  contestants: ['node-http', 'raw-fetch', 'anthropic-sdk', 'pi-agent-core', 'ai-sdk', 'colloquy-client'],
  nodeFlags: ['--expose-gc'],
  async run({ load, url, count }) {
    const contestant = await load();
    const talks: Talk[] = [];
    const sessions = count(SESSIONS);
    while (talks.length < sessions) {
      const portion = Array.from({ length: Math.min(AT_ONCE, sessions - talks.length) }, async () => {
        const talk = await contestant.open({ url });
        await talk.turn('@emit 20');
        return talk;
      });
      talks.push(...(await Promise.all(portion)));
    }
    const times = await sample({ warmUp: count(60), count: count(300) }, (index) =>
      timeOf(async () => talks[(index * 31) % talks.length]?.turn('@emit 20')),
    );
    // Last: a heap that has been compacted begins at once to mark all of it again.
    return { turn: median(times), memory: settledMemoryKb().pss / MB };
  },
};
