import { withLineFeeds } from './edit-text.ts';

const MAX_SHOWN_LINES = 20;
const MAX_SHOWN_CHARS = 2000;
const LINE_NUMBER = /^\s*\d+\t/;

/**
 * Why a passage does not occur in a text, as far as it can be told: what to do, in a sentence, with the lines that were probably
 * meant. Pure; takes time linear in the text.
 */
export function explainMissing(text: string, passage: string): string {
  const lines = withLineFeeds(text).split('\n');
  const wanted = withLineFeeds(passage).split('\n');
  if (hasLineNumbers(lines, wanted))
    return 'It begins lines with the numbers that reading shows, which are not part of the file: leave them and the tabs out.';
  const alike = wanted.map(simplify);
  while (alike.length > 1 && alike.at(-1) === '') alike.pop();
  while (alike.length > 1 && alike[0] === '') alike.shift();
  if (alike.every((line) => line === '')) return 'It is nothing but white space, which must match exactly.';
  const simple = lines.map(simplify);
  const at = findLines(simple, alike, alike.length);
  if (at !== -1) {
    return `${where(at, alike.length)} alike but for white space, quotes or dashes. The file has exactly this:\n${show(lines, at, alike.length)}`;
  }
  const first = alike.length > 1 ? findLines(simple, alike, 1) : -1;
  if (first !== -1)
    return `Its first line is line ${first + 1}, but what follows is different. The file has there:\n${show(lines, first, alike.length)}`;
  return 'It must match exactly, white space included; the line numbers and tabs that reading shows are not part of the file.';
}

function hasLineNumbers(lines: readonly string[], wanted: readonly string[]): boolean {
  if (!wanted.every((line) => line === '' || LINE_NUMBER.test(line))) return false;
  const bare = wanted.map((line) => line.replace(LINE_NUMBER, ''));
  return `\n${lines.join('\n')}\n`.includes(bare.join('\n'));
}

/** Where so many of the wanted lines stand one after another; -1 if nowhere. */
function findLines(lines: readonly string[], wanted: readonly string[], count: number): number {
  // A passage of many equal lines in a text of equal lines would be compared again and again.
  let comparisons = lines.length * 4 + 100;
  return lines.findIndex((_, at) => {
    for (let below = 0; below < count; below++) {
      if (comparisons-- < 0 || lines[at + below] !== wanted[below]) return false;
    }
    return true;
  });
}

/** What is left of a line when one does not look closely. */
function simplify(line: string): string {
  return line
    .normalize('NFC')
    .replaceAll(/[‘’‛′]/g, "'")
    .replaceAll(/[“”‟″]/g, '"')
    .replaceAll(/[‐‑‒–—−]/g, '-')
    .replaceAll(/[\s\u200B\uFEFF]+/g, ' ')
    .trim();
}

function where(at: number, count: number): string {
  return count === 1 ? `Line ${at + 1} is` : `Lines ${at + 1} to ${at + count} are`;
}

function show(lines: readonly string[], at: number, count: number): string {
  const shown = lines.slice(at, at + Math.min(count, MAX_SHOWN_LINES)).join('\n');
  return shown.length > MAX_SHOWN_CHARS ? `${shown.slice(0, MAX_SHOWN_CHARS)} [cut]` : shown;
}
