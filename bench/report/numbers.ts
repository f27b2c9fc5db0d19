import type { Row } from './rows.ts';

/** Three figures are more than the noise leaves. */
export function toText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** How a row is judged: by itself, by what it is above raw fetch's, or by its ratio to that. */
export function judgedText(row: Pick<Row, 'absolute' | 'aboveFloor' | 'toFloor' | 'median'>): string {
  const { absolute, aboveFloor, toFloor, median } = row;
  if (absolute === true) return toText(median);
  return signOf(row) + toText(aboveFloor ?? toFloor);
}

export function signOf({ absolute, aboveFloor }: Pick<Row, 'absolute' | 'aboveFloor'>): '' | '+' | '×' {
  if (absolute === true) return '';
  return aboveFloor === undefined ? '×' : '+';
}
