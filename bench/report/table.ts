import type { Contestant } from '../contestants/contestant.ts';
import { toText } from './numbers.ts';
import type { Row } from './rows.ts';

type Titles = (contestant: Row['contestant']) => Contestant['title'];

/** The rows of one figure for a terminal. Pure. */
export function tableLines(rows: readonly Row[], titleOf: Titles): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  return [
    '',
    `${first.title} (${first.unit})`,
    `  ${''.padEnd(36)}${['min', 'median', 'max', '/ floor', '/ best peer'].map((head) => head.padStart(12)).join('')}`,
    ...rows.map((row) => `  ${titleOf(row.contestant).replaceAll('`', '').padEnd(36)}${cells(row)}`),
  ];
}

function cells({ min, median, max, toFloor, toBestPeer, gate, isMet, aim, isAimMet }: Row): string {
  const numbers = [min, median, max, toFloor, toBestPeer].map((value) => toText(value).padStart(12)).join('');
  const judged = gate === undefined ? '' : `  gate ${gate}: ${isMet === true ? 'met' : 'MISSED'}`;
  const aimed = aim === undefined ? '' : `  aim ${aim}: ${isAimMet === true ? 'met' : 'not met'}`;
  return numbers + judged + aimed;
}
