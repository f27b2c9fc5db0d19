import { type Measure, median } from './measure.ts';

const DELTAS = 20_000;

/** One long answer, every delta handed to the program. */
export const measure: Measure = {
  title: '20,000 deltas in one turn',
  unit: 'ms',
  runs: 10,
  gates: { 'colloquy-client': 1.5 },
  async run(load, url) {
    const contestant = await load();
    const times: number[] = [];
    for (let run = 0; run < 14; run += 1) {
      let deltas = 0;
      const talk = await contestant.open({ url, onDelta: () => (deltas += 1) });
      const started = performance.now();
      await talk.turn(`@emit ${DELTAS}`);
      times.push(performance.now() - started);
      await talk.close();
      if (deltas !== DELTAS) throw new Error(`${deltas} of ${DELTAS} deltas arrived`);
    }
    return median(times.slice(6));
  },
};
