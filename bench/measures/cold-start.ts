import { IN_PROCESS, type Measure } from './measure.ts';

/** From the start of the process to the first delta of its first answer. */
export const measure: Measure = {
  title: 'Import and cold start to the first delta',
  figures: {
    first: {
      title: 'import and cold start to first delta',
      unit: 'ms',
      gates: { 'colloquy-query': 1.5, 'colloquy-client': 1.5, 'colloquy-chat': 1.5 },
      aims: { 'colloquy-query': 1, 'colloquy-client': 1, 'colloquy-chat': 1 },
    },
  },
  runs: 10,
  contestants: [...IN_PROCESS, 'opencode', 'agent-sdk'],
  async run({ load, url }) {
    const contestant = await load();
    let first = 0;
    const talk = await contestant.open({ url, onDelta: () => (first ||= performance.now()) });
    await talk.turn('@emit 20');
    await talk.close();
    return { first };
  },
};
