import { MAIN, type Measure, median, sample, timeOf } from './measure.ts';

const CALLS = 20;

/** A turn with twenty calls of a tool in the process, one after another: twenty-one requests. */
export const measure: Measure = {
  title: '20 calls of an in-process tool',
  figures: {
    turn: {
      title: '20 calls of an in-process tool',
      unit: 'ms',
      gates: { 'colloquy-client': 1.5, 'colloquy-chat': 1.5 },
      aims: { 'colloquy-client': 1, 'colloquy-chat': 1 },
    },
  },
  runs: 10,
  contestants: [...MAIN, 'agent-sdk', 'colloquy-durable', 'colloquy-server'],
  withTool: true,
  async run({ load, url, count }) {
    const contestant = await load();
    const times = await sample({ warmUp: count(4), count: count(8) }, async () => {
      const talk = await contestant.open({ url, withTool: true });
      const ms = await timeOf(() => talk.turn(`@calls ${CALLS} ${contestant.toolName ?? ''} {"a":1,"b":2}`));
      await talk.close();
      return ms;
    });
    return { turn: median(times) };
  },
};
