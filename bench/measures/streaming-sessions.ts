import { settledMemoryKb } from '../process-tree.ts';
import { type Figure, MAIN, type Measure } from './measure.ts';

const LEVELS = [1, 100, 1_000];
/** Longer than any run takes: the answers are never whole. */
const ANSWER = '@emit 1000 gap=1000';
const AT_ONCE = 50;
const MB = 1024;

const total = (sessions: number): Figure => ({
  title: `${sessions.toLocaleString('en')} session${sessions === 1 ? '' : 's'} amid an answer: memory (PSS) of the process`,
  unit: 'MB',
});

/** What sessions hold while their answers come, their connections included. */
export const measure: Measure = {
  title: 'Memory of streaming sessions',
  figures: {
    at1: total(1),
    at100: total(100),
    at1000: total(1_000),
    further: { title: 'memory of a further streaming session (PSS)', unit: 'KB', absolute: true },
  },
  runs: 1,
  contestants: MAIN,
  nodeFlags: ['--expose-gc'],
  async run({ load, url, count }) {
    const contestant = await load();
    const found: Record<string, number> = {};
    const sizes: { sessions: number; kb: number }[] = [];
    let streaming = 0;
    const stream = async (): Promise<void> => {
      const first = Promise.withResolvers<void>();
      const talk = await contestant.open({ url, onDelta: first.resolve });
      // The end of this process is its end.
      talk.turn(ANSWER).catch(first.reject);
      await first.promise;
    };
    for (const sessions of new Set(LEVELS.map(count))) {
      for (; streaming < sessions; streaming += Math.min(AT_ONCE, sessions - streaming))
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, sessions - streaming) }, stream));
      const { pss } = settledMemoryKb();
      sizes.push({ sessions, kb: pss });
      found[`at${sessions}`] = pss / MB;
    }
    const [before, last] = sizes.slice(-2);
    if (before !== undefined && last !== undefined)
      found['further'] = (last.kb - before.kb) / (last.sessions - before.sessions);
    return found;
  },
};
