import type { Measure } from './measure.ts';

/** Files of this folder, in the order of the tables. */
export const MEASURES = [
  'cold-start',
  'warm-session',
  'warm-turn',
  'many-deltas',
  'turns-at-once',
  'paced-streams',
  'few-paced-streams',
  'lag-of-streams',
  'tool-calls',
  'parallel-tools',
  'late-turns',
  'five-hundred-turns',
  'resume',
  'idle-sessions',
  'streaming-sessions',
  'ten-thousand-sessions',
  'installed-size',
  'server-load',
] as const;

export async function loadMeasure(name: string): Promise<Measure> {
  return ((await import(`./${name}.ts`)) as { measure: Measure }).measure;
}
