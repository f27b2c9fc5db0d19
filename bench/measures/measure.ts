import type { Contestant } from '../contestants/contestant.ts';

/** What is measured: one number from one run in a fresh process; smaller is better. */
export type Measure = {
  title: string;
  unit: 'ms' | 'KB';
  /** Runs of each contestant; the median counts. */
  runs: number;
  /** Highest ratio to raw fetch for each contestant that has one, or with `absolute`, the highest value itself. */
  gates: Record<string, number>;
  absolute?: boolean | undefined;
  /** The environment that the process is started with. */
  env?: Record<string, string> | undefined;
  nodeFlags?: string[] | undefined;
  run(load: () => Promise<Contestant>, url: string): Promise<number>;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
