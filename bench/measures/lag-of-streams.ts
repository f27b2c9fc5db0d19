import { streamPaced } from '../paced-streams.ts';
import type { Figure, Measure } from './measure.ts';
import { quantile } from './measure.ts';

const GATE = { 'colloquy-client': 100 };
const SECONDS = 2;
/** Streams, and deltas a second of each. */
const LEVELS = {
  a: { streams: 400, perSecond: 20, isGated: true },
  b: { streams: 1_000, perSecond: 4, isGated: true },
  c: { streams: 2_000, perSecond: 4, isGated: true },
  // More than one core can do: told, and not judged.
  d: { streams: 2_000, perSecond: 20, isGated: false },
} as const;

/** How late deltas come to a process that holds very many streams. */
export const measure: Measure = {
  title: 'Lag of very many paced streams',
  figures: Object.fromEntries(
    Object.entries(LEVELS).flatMap(([level, { streams, perSecond, isGated }]) => {
      const title = `${streams.toLocaleString('en')} streams at ${perSecond} deltas/s: lag`;
      const figure = (which: string): Figure => ({ title: `${title}, ${which}`, unit: 'ms', absolute: true });
      return [
        [`${level}50`, figure('p50')],
        [`${level}99`, { ...figure('p99'), ...(isGated ? { gates: GATE } : {}) }],
      ] as const;
    }),
  ),
  runs: 1,
  contestants: ['node-http', 'colloquy-client', 'colloquy-server'],
  async run({ name, load, url, count }) {
    const contestant = await load();
    const found: Record<string, number> = {};
    for (const [level, { streams, perSecond, isGated }] of Object.entries(LEVELS)) {
      if (!isGated && name === 'colloquy-server') continue;
      const gapMs = 1_000 / perSecond;
      const o = { url, streams: count(streams), deltas: SECONDS * perSecond, gapMs };
      const { lags } = await streamPaced(contestant, o);
      found[`${level}50`] = quantile(lags, 0.5);
      found[`${level}99`] = quantile(lags, 0.99);
    }
    return found;
  },
};
