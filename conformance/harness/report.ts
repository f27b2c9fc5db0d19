import { diff } from 'node:util';
import { TABLES } from '../rows/all-rows.ts';
import type { Judged, Seen } from './judge.ts';
import type { OurColumn } from './program.ts';
import { share, tally } from './tally.ts';

/** The three columns, a line for each table and one for all. */
export function tableLines(judged: readonly Judged[]): string[] {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(i === 0 ? 26 : 17))
      .join('')
      .trimEnd();
  const numbers = (name: string, of: readonly Judged[]): string => {
    const { official, cli, api, apiBuilt } = tally(of);
    return line([name, share(official), share(cli), share(api), share(apiBuilt)]);
  };
  return [
    line(['table', 'official shows', 'cli equal', 'api equal', 'api, of the built']),
    ...TABLES.map(({ letter, title, rows }) =>
      numbers(
        `(${letter}) ${title}`,
        judged.filter(({ row }) => rows.includes(row)),
      ),
    ),
    numbers('all', judged),
  ];
}

/** A line for every row. */
export function rowLines(judged: readonly Judged[]): string[] {
  return judged.map(({ row, seen, cli, api }) => {
    const official = seen.official === undefined ? '-' : 'text' in seen.official ? 'shown' : 'failed';
    return `${row.id.padEnd(44)} ${official.padEnd(7)} ${cli.padEnd(8)} ${api}`;
  });
}

/** What is not as it has to be: rows that differ and are not listed, and listed ones that do not. */
export function failures(judged: readonly Judged[]): { id: string; column: OurColumn; text: string }[] {
  return judged.flatMap((one) =>
    (['cli', 'api'] as const).flatMap((column) => {
      const { row, seen } = one;
      if (one[column] === 'stale')
        return [
          { id: row.id, column, text: 'is listed as different, and is equal: take it from conformance/differences' },
        ];
      if (one[column] !== 'differs') return [];
      return [{ id: row.id, column, text: `differs:\n${differenceText(seen.official, seen[column])}` }];
    }),
  );
}

const MAX_LINES = 40;

/** The lines of the two that differ, with some around them. */
export function differenceText(official: Seen | undefined, ours: Seen | undefined): string {
  if (official === undefined || ours === undefined) return '  (not run in both)';
  if ('error' in official) return `  the official one failed: ${official.error}`;
  if ('error' in ours) return `  ours failed: ${ours.error}`;
  const lines = diff(official.text.split('\n'), ours.text.split('\n'));
  // 1 stands in the first alone, -1 in the second.
  const marked = lines.map(([kind, text]) => `${kind === 0 ? ' ' : kind === 1 ? '-' : '+'} ${text}`);
  const isNear = (at: number): boolean =>
    marked.slice(Math.max(0, at - 2), at + 3).some((line) => !line.startsWith(' '));
  const near = marked.filter((_, at) => isNear(at));
  const left = near.length - MAX_LINES;
  return [...near.slice(0, MAX_LINES), ...(left > 0 ? [`  ... ${left} more lines`] : [])]
    .map((l) => `  ${l}`)
    .join('\n');
}
