import { MAIN, type Measure, median, sample, timeOf } from './measure.ts';

const CALLS = 8;

/** A turn whose first answer calls a tool eight times at once: two requests. */
export const measure: Measure = {
  title: '8 calls of an in-process tool in one answer',
  figures: { turn: { title: '8 calls of an in-process tool in one answer', unit: 'ms' } },
  runs: 4,
  contestants: [...MAIN, 'agent-sdk', 'colloquy-server'],
  withTool: true,
  async run({ load, url, count }) {
    const contestant = await load();
    const call = `@tool ${contestant.toolName ?? ''} {"a":1,"b":2}`;
    const prompt = Array.from({ length: CALLS }, () => call).join('\n');
    const times = await sample({ warmUp: count(20), count: count(40) }, async () => {
      const talk = await contestant.open({ url, withTool: true });
      const ms = await timeOf(() => talk.turn(prompt));
      await talk.close();
      return ms;
    });
    return { turn: median(times) };
  },
};
