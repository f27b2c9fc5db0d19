import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contestant } from './contestants/contestant.ts';
import { cpuSeconds } from './process-tree.ts';

const AT_ONCE = 100;
/** How finely the event loop is watched, in milliseconds. */
const RESOLUTION_MS = 5;

export type Streamed = { cpu: number; lags: number[]; stallMs: number };

/** Turns side by side whose answers come a delta every `gapMs`, begun evenly over one such gap. */
export async function streamPaced(
  contestant: Contestant,
  o: { url: string; streams: number; deltas: number; gapMs: number },
): Promise<Streamed> {
  const arrivals: number[][] = Array.from({ length: o.streams }, () => []);
  const open = (times: number[]) => contestant.open({ url: o.url, onDelta: () => void times.push(performance.now()) });
  const talks = await inPortions(arrivals, async (times) => {
    const talk = await open(times);
    await talk.turn('@emit 2');
    times.length = 0;
    return talk;
  });
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const before = cpuSeconds();
  await Promise.all(
    talks.map(async (talk, index) => {
      await delay((index * o.gapMs) / o.streams);
      await talk.turn(`@emit ${o.deltas} gap=${o.gapMs}`);
    }),
  );
  const cpu = cpuSeconds() - before;
  loop.disable();
  await inPortions(talks, (talk) => talk.close());
  const lags = arrivals.flatMap((times) => lagsOf(times, o.gapMs)).toSorted((a, b) => a - b);
  if (lags.length === 0) throw new Error('No delta arrived');
  return { cpu, lags, stallMs: Math.max(0, loop.max / 1e6 - RESOLUTION_MS) };
}

/** How late each delta came, against the stream's own pace as the quickest of its deltas tells it. */
export function lagsOf(arrivals: readonly number[], gapMs: number): number[] {
  const early = arrivals.reduce((least, at, index) => Math.min(least, at - index * gapMs), Infinity);
  return arrivals.map((at, index) => at - index * gapMs - early);
}

async function inPortions<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE)
    done.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))));
  return done;
}
