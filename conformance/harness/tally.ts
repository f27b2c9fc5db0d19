import type { Judged, Verdict } from './judge.ts';

export type Share = { equal: number; of: number };
export type TableTally = { official: Share; cli: Share; api: Share; apiBuilt: Share };

/** Of all rows, Claude Code behind our interface has to be equal in so many; and our loop, of those whose feature is built. */
export const GATES = { cli: 0.98, apiBuilt: 0.95 } as const;

/** What has been reached, and is not given up again: a run that comes to less fails. Raised with what is reached, up to the gates. */
const FLOORS = { cli: 0.98, apiBuilt: 0.95 } as const;

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

/** What breaks a run: less than was reached before. Rows that differ are failures of their own. */
export function missedFloors({ cli, apiBuilt }: TableTally): string[] {
  return [
    ...below('cli', 'of all rows', cli, FLOORS.cli),
    ...below('api', 'of the rows that are built', apiBuilt, FLOORS.apiBuilt),
  ];
}

/** The gates that are not reached yet. */
export function missedGates({ cli, apiBuilt }: TableTally): string[] {
  return [
    ...below('cli', 'of all rows', cli, GATES.cli),
    ...below('api', 'of the rows that are built', apiBuilt, GATES.apiBuilt),
  ];
}

function below(column: string, what: string, reached: Share, least: number): string[] {
  if (reached.equal >= least * reached.of) return [];
  return [`${column}: ${share(reached)} ${what}, at least ${percent(least)}`];
}
