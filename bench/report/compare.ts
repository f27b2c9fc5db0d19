import { quantile } from '../measures/measure.ts';
import { toText } from './numbers.ts';
import type { Row } from './rows.ts';

/** Less than this is never told: two runs of the same build differ by as much. */
const NOISE = 0.15;

/**
 * What of ours got worse since the committed run, a line each: by more than 15 %, and by more than the runs of either differ among
 * themselves (from quarter to quarter). Ratios to raw fetch are compared, where they mean something. Pure.
 */
export function whatGotWorse(before: readonly Row[], now: readonly Row[]): string[] {
  return now.flatMap((row) => {
    if (row.kind !== 'ours') return [];
    const old = before.find(
      ({ measure, figure, contestant }) =>
        measure === row.measure && figure === row.figure && contestant === row.contestant,
    );
    if (old === undefined) return [];
    const [was, is] = [comparable(old), comparable(row)];
    if (was === undefined || is === undefined || was <= 0 || is <= 0) return [];
    const worse = row.more === true ? was / is : is / was;
    const noise = Math.max(NOISE, spread(old) + spread(row));
    if (worse <= 1 + noise) return [];
    const sign = row.absolute === true ? '' : '×';
    const by = `worse by ${Math.round((worse - 1) * 100)} % (noise ${Math.round(noise * 100)} %)`;
    return [`${row.title}, ${row.contestant}: ${sign}${toText(was)} before, ${sign}${toText(is)} now: ${by}`];
  });
}

function comparable({ absolute, toFloor, median }: Row): number | undefined {
  return absolute === true ? median : toFloor;
}

/** Between the quarters, as a share of the median. */
function spread({ values, median }: Row): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / Math.abs(median);
}
