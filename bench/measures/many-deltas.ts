import { MAIN, type Measure, median, sample, timeOf } from './measure.ts';

const DELTAS = 20_000;

/** One long answer, every delta handed to the program. */
export const measure: Measure = {
  title: '20,000 deltas in one turn',
  figures: {
    turn: {
      title: '20,000 deltas in one turn',
      unit: 'ms',
      gates: { 'colloquy-client': 1.5, 'colloquy-chat': 1.5 },
      aims: { 'colloquy-client': 1, 'colloquy-chat': 1 },
    },
  },
  runs: 10,
  // Not the server: a reader over the network loses deltas that come faster than it can be told them, by design.
  contestants: [...MAIN, 'bare-proxy', 'opencode', 'agent-sdk'],
  async run({ load, url, count }) {
    const contestant = await load();
    const expected = count(DELTAS);
    const times = await sample({ warmUp: count(4), count: count(6) }, async () => {
      let deltas = 0;
      const talk = await contestant.open({ url, onDelta: () => (deltas += 1) });
      const ms = await timeOf(() => talk.turn(`@emit ${expected}`));
      await talk.close();
      // Others may put deltas together.
      if (deltas === 0) throw new Error(`None of ${expected} deltas arrived`);
      return ms;
    });
    return { turn: median(times) };
  },
};
