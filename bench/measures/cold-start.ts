import type { Measure } from './measure.ts';

/** From the start of the process to the first delta of its first answer. */
export const measure: Measure = {
  title: 'import and cold start to first delta',
  unit: 'ms',
  runs: 10,
  gates: { 'colloquy-client': 1.5 },
  async run(load, url) {
    const contestant = await load();
    let first = 0;
    const talk = await contestant.open({ url, onDelta: () => (first ||= performance.now()) });
    await talk.turn('@emit 20');
    await talk.close();
    return first;
  },
};
