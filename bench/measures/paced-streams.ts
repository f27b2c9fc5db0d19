import { streamPaced } from '../paced-streams.ts';
import { MAIN, type Measure, quantile } from './measure.ts';

const GATES = { 'colloquy-client': 1.2, 'colloquy-chat': 1.2, 'colloquy-server': 2 };
const AIMS = { 'colloquy-client': 0.8, 'colloquy-chat': 0.8, 'colloquy-server': 1.5 };

/** Two hundred answers at the pace of a model: what they cost, and how late their deltas come. */
export const measure: Measure = {
  title: '200 paced streams',
  figures: {
    cpu: { title: 'CPU of 200 paced streams', unit: 's', gates: GATES, aims: AIMS },
    p50: { title: '200 paced streams: lag, p50', unit: 'ms', absolute: true },
    p99: { title: '200 paced streams: lag, p99', unit: 'ms', absolute: true },
    stall: {
      title: '200 paced streams: longest stall of the event loop',
      unit: 'ms',
      absolute: true,
      gates: { 'colloquy-client': 20, 'colloquy-chat': 20 },
    },
  },
  runs: 10,
  contestants: [...MAIN, 'bare-proxy', 'colloquy-server'],
  async run({ load, url, count }) {
    const o = { url, streams: count(200), deltas: count(24), gapMs: 50 };
    const { cpu, lags, stallMs } = await streamPaced(await load(), o);
    return { cpu, p50: quantile(lags, 0.5), p99: quantile(lags, 0.99), stall: stallMs };
  },
};
