import type { Talk } from '../contestants/contestant.ts';
import { IN_PROCESS, type Measure, median, sample, timeOf } from './measure.ts';

const TURNS_OF_ONE = 10;

/** The middle one of many short turns in one process, each conversation ten turns long. */
export const measure: Measure = {
  title: 'A warm turn',
  figures: {
    turn: {
      title: 'warm turn, p50',
      unit: 'ms',
      gates: {
        'colloquy-query': 1.5,
        'colloquy-client': 1.5,
        'colloquy-chat': 1.5,
        'colloquy-durable': 2.5,
        'colloquy-server': 2.5,
      },
      aims: { 'colloquy-query': 1, 'colloquy-client': 1, 'colloquy-chat': 1, 'colloquy-server': 1.7 },
    },
  },
  runs: 10,
  contestants: [...IN_PROCESS, 'bare-proxy', 'opencode', 'agent-sdk', 'colloquy-server'],
  async run({ load, url, count }) {
    const contestant = await load();
    let talk: Talk | undefined;
    const times = await sample({ warmUp: count(150), count: count(120) }, async (index) => {
      if (index % TURNS_OF_ONE === 0) {
        await talk?.close();
        talk = await contestant.open({ url });
      }
      return timeOf(async () => talk?.turn('@emit 20'));
    });
    await talk?.close();
    return { turn: median(times) };
  },
};
