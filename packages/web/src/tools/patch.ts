import { isRecord } from '../is-record.ts';

/** One line of a change, with its number in the old and the new file where it is in them. */
export type PatchLine = {
  sign: ' ' | '+' | '-';
  text: string;
  oldLine: number | undefined;
  newLine: number | undefined;
};

/** A stretch of changed lines with some around them. Line numbers are unknown when only the edit itself is known. */
export type Hunk = { lines: readonly PatchLine[] };

const CONTEXT_LINES = 3;

/** Reads the hunks of a tool's structured output; undefined when it has none. */
export function hunksFromStructured(structured: unknown): readonly Hunk[] | undefined {
  const patch = isRecord(structured) ? structured['structuredPatch'] : undefined;
  if (!Array.isArray(patch) || patch.length === 0) return undefined;
  return patch.filter(isRecord).map(toHunk);
}

function toHunk(hunk: Record<string, unknown>): Hunk {
  let oldLine = Number(hunk['oldStart']);
  let newLine = Number(hunk['newStart']);
  const lines = Array.isArray(hunk['lines']) ? hunk['lines'].filter((line) => typeof line === 'string') : [];
  return {
    lines: lines
      // "\ No newline at end of file" is a remark, not a line.
      .filter((line) => !line.startsWith('\\'))
      .map((line) => {
        const text = line.slice(1);
        if (line.startsWith('+')) return { sign: '+', text, oldLine: undefined, newLine: newLine++ };
        if (line.startsWith('-')) return { sign: '-', text, oldLine: oldLine++, newLine: undefined };
        return { sign: ' ', text, oldLine: oldLine++, newLine: newLine++ };
      }),
  };
}

/** The change that replacing one text by another makes: the lines they share at either end stay as context. */
export function hunkFromTexts(oldText: string, newText: string): Hunk {
  const before = toLines(oldText);
  const after = toLines(newText);
  const head = commonCount(before, after);
  const tail = commonCount(before.slice(head).toReversed(), after.slice(head).toReversed());
  const line = (sign: PatchLine['sign']) => (text: string) => ({ sign, text, oldLine: undefined, newLine: undefined });
  return {
    lines: [
      ...before.slice(Math.max(0, head - CONTEXT_LINES), head).map(line(' ')),
      ...before.slice(head, before.length - tail).map(line('-')),
      ...after.slice(head, after.length - tail).map(line('+')),
      ...before.slice(before.length - tail, before.length - tail + CONTEXT_LINES).map(line(' ')),
    ],
  };
}

/** How many lines a change adds and removes. */
export function countChanges(hunks: readonly Hunk[]): { added: number; removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    added: lines.filter((line) => line.sign === '+').length,
    removed: lines.filter((line) => line.sign === '-').length,
  };
}

function commonCount(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

/** Lines of a text; a newline at its end does not begin another one. */
function toLines(text: string): string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}
