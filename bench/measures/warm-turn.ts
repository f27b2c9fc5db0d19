import { type Measure, median } from './measure.ts';

const WARM_UP = 60;
const TURNS = 150;

/** The middle one of many short turns in one process, each conversation ten turns long. */
export const measure: Measure = {
  title: 'warm turn, p50',
  unit: 'ms',
  runs: 10,
  gates: { 'colloquy-client': 1.5, 'colloquy-durable': 2.5 },
  async run(load, url) {
    const contestant = await load();
    const times: number[] = [];
    while (times.length < WARM_UP + TURNS) {
      const talk = await contestant.open({ url });
      for (let turn = 0; turn < 10; turn += 1) {
        const started = performance.now();
        await talk.turn('@emit 20');
        times.push(performance.now() - started);
      }
      await talk.close();
    }
    return median(times.slice(WARM_UP));
  },
};
