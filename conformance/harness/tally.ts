import type { Judged, Verdict } from './judge.ts';

export type Share = { equal: number; of: number };
export type TableTally = { official: Share; cli: Share; api: Share; apiBuilt: Share };

/** Of all rows, Claude Code behind our interface has to be equal in so many; and our loop, of those whose feature is built. */
export const GATES = { cli: 0.98, apiBuilt: 0.95 } as const;

/** How many of these rows are equal. A row that nothing observes counts as not equal. */
export function tally(judged: readonly Judged[]): TableTally {
  const count = (rows: readonly Judged[], of: (one: Judged) => Verdict): Share => ({
    equal: rows.filter((one) => of(one) === 'equal').length,
    of: rows.filter((one) => of(one) !== 'none').length,
  });
  const shown = judged.filter(({ seen }) => seen.official !== undefined && 'text' in seen.official).length;
  return {
    official: { equal: shown, of: judged.length },
    cli: count(judged, ({ cli }) => cli),
    api: count(judged, ({ api }) => api),
    apiBuilt: count(
      judged.filter(({ row }) => row.api === 'built'),
      ({ api }) => api,
    ),
  };
}

export const share = ({ equal, of }: Share): string => (of === 0 ? '-' : `${equal}/${of} ${percent(equal / of)}`);
const percent = (part: number): string => `${(Math.floor(part * 1000) / 10).toFixed(1)} %`;

/** What breaks a run: gates that are missed. Rows that differ are failures of their own. */
export function missedGates({ cli, apiBuilt }: TableTally): string[] {
  const missed: string[] = [];
  if (cli.equal < GATES.cli * cli.of) missed.push(`cli: ${share(cli)} of all rows, gate ${percent(GATES.cli)}`);
  if (apiBuilt.equal < GATES.apiBuilt * apiBuilt.of)
    missed.push(`api: ${share(apiBuilt)} of the rows that are built, gate ${percent(GATES.apiBuilt)}`);
  return missed;
}
