import type { Row } from './rows.ts';

/** Three figures are more than the noise leaves. */
export function toText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** What a gate or an aim is compared with. */
export function judgedText({ absolute, toFloor, median }: Row): string {
  return absolute === true ? toText(median) : `×${toText(toFloor)}`;
}
