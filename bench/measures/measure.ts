import type { Contestant } from '../contestants/contestant.ts';
import type { ContestantName } from '../contestants/roster.ts';

export type Unit = 'ms' | 's' | 'KB' | 'MB' | 'bytes' | '%' | '/s' | '×' | 'packages';

/** One number that a measure comes to. */
export type Figure = {
  title: string;
  unit: Unit;
  /** Highest ratio to raw fetch that is allowed, for each contestant that has one; with `absolute`, the value itself. */
  gates?: Limits | undefined;
  /** What we want to reach, told in the same way. */
  aims?: Limits | undefined;
  /** Ratios to raw fetch mean nothing. */
  absolute?: true;
  /** Gates and aims are about what it is above raw fetch's. */
  above?: true;
  /** The higher the better; gates are then lowest values. */
  more?: true;
};

export type Limits = Partial<Record<ContestantName, number>>;

/** What is measured, in one run in a fresh process. */
export type Measure = {
  title: string;
  figures: Readonly<Record<string, Figure>>;
  /** Runs of ours and of raw fetch; the others have a third as many, slow ones at most two. The median counts. */
  runs: number;
  /** Who takes part. */
  contestants: readonly ContestantName[];
  /** Only those that can offer a tool of the program take part. */
  withTool?: true;
  nodeFlags?: readonly string[];
  run(task: Task): Promise<Record<string, number>>;
};

export type Task = {
  name: ContestantName;
  /** Loads the contestant, and with that Colloquy or what else it imports. */
  load: () => Promise<Contestant>;
  url: string;
  /** What the emulator was last asked, oldest first. */
  requests: () => Promise<readonly { bytes: number; usage: Usage | undefined }[]>;
  /** So many, or fewer where the bench is only tried out. */
  count: (full: number) => number;
};

export type Usage = {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
};

/** Everybody whose conversations live in the program's own process. */
export const IN_PROCESS: readonly ContestantName[] = [
  'node-http',
  'raw-fetch',
  'anthropic-sdk',
  'pi-agent-core',
  'ai-sdk',
  'langgraph',
  'colloquy-chat',
  'colloquy-query',
  'colloquy-client',
  'colloquy-durable',
];

/** The same without those of ours that differ only in how they are opened, or kept. */
export const MAIN: readonly ContestantName[] = IN_PROCESS.filter(
  (name) => name !== 'colloquy-query' && name !== 'colloquy-durable',
);

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Between the two values nearest to it. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Times of `once`, done `count` times after `warmUp` times that do not count. After `mostMs`, by default 2 s, it is enough: then half
 * of what there is counts as warming up.
 */
export async function sample(
  o: { warmUp: number; count: number; mostMs?: number },
  once: (index: number) => Promise<number>,
): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + (o.mostMs ?? 2_000);
  while (times.length < o.warmUp + o.count && (times.length < 2 || performance.now() < until)) {
    times.push(await once(times.length));
  }
  return times.slice(Math.min(o.warmUp, times.length >> 1));
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
