import { MAIN, type Measure, median, timeOf } from './measure.ts';

const TURNS = 200;
const LAST = 10;
/** Those who would need longer are measured at the turn that they have got to. */
const MOST_MS = 8_000;

/** The last ten of two hundred turns of one conversation: each request holds all before it. */
export const measure: Measure = {
  title: 'Turns 191–200 of one conversation',
  figures: {
    turn: {
      title: 'turns 191–200 of one conversation',
      unit: 'ms',
      gates: { 'colloquy-client': 1.3, 'colloquy-chat': 1.3 },
      aims: { 'colloquy-client': 1, 'colloquy-chat': 1 },
    },
  },
  runs: 10,
  contestants: [...MAIN, 'opencode', 'agent-sdk', 'colloquy-server'],
  async run({ load, url, count }) {
    const contestant = await load();
    const talk = await contestant.open({ url });
    const times: number[] = [];
    const until = performance.now() + MOST_MS;
    while (times.length < Math.max(LAST, count(TURNS)) && performance.now() < until)
      times.push(await timeOf(() => talk.turn('@emit 20')));
    await talk.close();
    return { turn: median(times.slice(-LAST)) };
  },
};
