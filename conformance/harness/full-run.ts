import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Seen } from './judge.ts';
import type { Column, Program } from './program.ts';
import type { SeenById } from './run-programs.ts';

const FILE = join(import.meta.dirname, '../full-run.json');

type Kept = Partial<Record<Column, boolean>>;

/**
 * What the last full run by hand came to, for the rows that a usual run leaves out because the official CLI waits by the clock in them:
 * whether each column was as the official one.
 */
export function addLastFullRun(seen: SeenById, leftOut: readonly Program[]): void {
  const kept = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Kept>;
  const toSeen = (isEqual: boolean): Seen => ({
    text: isEqual ? 'as in the last full run' : 'not as the official one',
  });
  for (const id of leftOut.flatMap(({ ids }) => ids)) {
    const one = kept[id];
    if (one === undefined) continue;
    const columns = Object.entries(one).map(([column, isEqual]) => [column, toSeen(isEqual)]);
    seen.set(id, { official: toSeen(true), ...Object.fromEntries(columns) });
  }
}

/** Keeps what this full run came to. */
export function keepFullRun(seen: SeenById, programs: readonly Program[]): void {
  const ids = programs.filter(({ waits }) => waits === true).flatMap((program) => program.ids);
  const kept = ids.flatMap((id) => {
    const { official, cli, api } = seen.get(id) ?? {};
    if (official === undefined || 'error' in official) return [];
    const isEqual = (ours: Seen | undefined): boolean | undefined =>
      ours === undefined ? undefined : 'text' in ours && ours.text === official.text;
    return [[id, { cli: isEqual(cli), api: isEqual(api) }]];
  });
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(kept), undefined, 2)}\n`);
}
