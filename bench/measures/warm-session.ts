import { IN_PROCESS, type Measure, median, sample } from './measure.ts';

/** A session more in a process that has had some: from its opening to the first delta of its first answer. */
export const measure: Measure = {
  title: 'Another session in a warm process',
  figures: {
    first: {
      title: 'another session in a warm process, open to first delta',
      unit: 'ms',
      gates: { 'colloquy-query': 1.5, 'colloquy-client': 1.5, 'colloquy-chat': 1.5 },
      aims: { 'colloquy-query': 1, 'colloquy-client': 1, 'colloquy-chat': 1 },
    },
  },
  runs: 10,
  contestants: [...IN_PROCESS, 'bare-proxy', 'opencode', 'agent-sdk', 'colloquy-server'],
  async run({ load, url, count }) {
    const contestant = await load();
    const times = await sample({ warmUp: count(150), count: count(100) }, async () => {
      let first = 0;
      const startedMs = performance.now();
      const talk = await contestant.open({ url, onDelta: () => (first ||= performance.now()) });
      await talk.turn('@emit 20');
      await talk.close();
      return first - startedMs;
    });
    return { first: median(times) };
  },
};
