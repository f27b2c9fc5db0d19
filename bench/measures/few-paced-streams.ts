import { streamPaced } from '../paced-streams.ts';
import { MAIN, type Measure } from './measure.ts';

const ours = (limit: number) => ({ 'colloquy-client': limit, 'colloquy-chat': limit });

/** A handful of quick answers, where what a process costs by itself counts. */
export const measure: Measure = {
  title: '8 paced streams',
  figures: { cpu: { title: 'CPU of 8 paced streams', unit: 's', gates: ours(1.2), aims: ours(0.8) } },
  runs: 10,
  contestants: [...MAIN, 'opencode', 'agent-sdk', 'colloquy-server'],
  async run({ load, url, count }) {
    const { cpu } = await streamPaced(await load(), { url, streams: 8, deltas: count(160), gapMs: 5 });
    return { cpu };
  },
};
