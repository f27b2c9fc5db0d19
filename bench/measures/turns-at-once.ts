import { cpuSeconds } from '../process-tree.ts';
import { MAIN, type Measure } from './measure.ts';

const TURNS = 200;
const DELTAS = 500;
const MILLION = 1e6;

/** Turns side by side in one process, as fast as the emulator sends. */
export const measure: Measure = {
  title: '200 turns at once',
  figures: {
    rate: { title: '200 turns at once: deltas per second', unit: '/s', more: true },
    cpu: { title: '200 turns at once: CPU per million deltas', unit: 's' },
  },
  runs: 4,
  contestants: [...MAIN, 'bare-proxy', 'colloquy-server'],
  async run({ load, url, count }) {
    const contestant = await load();
    let deltas = 0;
    const onDelta = (): void => void (deltas += 1);
    const talks = await Promise.all(Array.from({ length: count(TURNS) }, () => contestant.open({ url, onDelta })));
    await Promise.all(talks.map((talk) => talk.turn('@emit 20')));
    deltas = 0;
    const [cpuBefore, startedMs] = [cpuSeconds(), performance.now()];
    await Promise.all(talks.map((talk) => talk.turn(`@emit ${count(DELTAS)}`)));
    const sent = talks.length * count(DELTAS);
    const [cpu, ms] = [cpuSeconds() - cpuBefore, performance.now() - startedMs];
    if (deltas === 0) throw new Error('No delta arrived');
    await Promise.all(talks.map((talk) => talk.close()));
    return { rate: sent / (ms / 1000), cpu: (cpu * MILLION) / sent };
  },
};
