import { TABLES, type Row } from '../rows/all-rows.ts';
import type { Difference } from './differences.ts';
import { canonical } from './normalise.ts';
import type { Column, OurColumn } from './program.ts';

/** What a column saw for a row: the canonical text of it, or what went wrong. */
export type Seen = { text: string } | { error: string };

/**
 * - `equal`: as the official one. `listed`: not equal, for a reason that is listed. `differs`: not equal, which is a failure.
 * - `stale`: equal, though a difference is listed: a failure too.
 * - `later`: not equal, and its feature is not built yet. `missing`: no program observes it.
 * - `none`: does not count in this column.
 */
export type Verdict = 'equal' | 'listed' | 'differs' | 'stale' | 'later' | 'missing' | 'none';

export type Judged = { row: Row; official?: Seen; cli: Verdict; api: Verdict; seen: Partial<Record<Column, Seen>> };

/** What was seen of every row, held against the official column and the list of differences. */
export function judge(seen: ReadonlyMap<string, Partial<Record<Column, Seen>>>, list: readonly Difference[]): Judged[] {
  return TABLES.flatMap(({ rows }) =>
    rows.map((row) => {
      const of = seen.get(row.id) ?? {};
      return { row, seen: of, cli: verdict(row, 'cli', of, list), api: verdict(row, 'api', of, list) };
    }),
  );
}

function verdict(
  row: Row,
  column: OurColumn,
  seen: Partial<Record<Column, Seen>>,
  list: readonly Difference[],
): Verdict {
  if (column === 'api' && row.api === 'none') return 'none';
  const isLater = column === 'api' && row.api === 'later';
  const { official, [column]: ours } = seen;
  if (official === undefined || ours === undefined) return isLater ? 'later' : 'missing';
  const isListed = list.some((difference) => difference.id === row.id && difference.column === column);
  const isEqual = 'text' in official && 'text' in ours && official.text === ours.text;
  if (isEqual) return isListed ? 'stale' : 'equal';
  // What the official one could not show proves nothing, and is never excused.
  if ('error' in official) return 'differs';
  if (isListed) return 'listed';
  return isLater ? 'later' : 'differs';
}

/** What a column saw of a row, as text. An observation of nothing is none. */
export function toSeen(value: unknown): Seen {
  const text = canonical(value);
  const isNothing = value === undefined || value === null || text === '{}' || text === '[]' || text === '""';
  return isNothing ? { error: 'The program observed nothing' } : { text };
}
