import { withLineFeeds } from './edit-text.ts';

/** One changed place, with three lines around it. `lines` begin with a space, `-` or `+`. */
export type Hunk = { oldStart: number; oldLines: number; newStart: number; newLines: number; lines: string[] };

/** A comparison that takes longer is given up: it runs on the thread that everything else waits for. */
const MAX_DIFF_MS = 200;
const CONTEXT_LINES = 3;

/** What changed from one text to another; empty when nothing did, or when finding out would take too long. */
export async function structuredPatch(before: string, after: string): Promise<Hunk[]> {
  const diff = await import('diff');
  const patch = diff.structuredPatch('', '', withLineFeeds(before), withLineFeeds(after), undefined, undefined, {
    context: CONTEXT_LINES,
    timeout: MAX_DIFF_MS,
  });
  return (patch?.hunks ?? []).map(({ oldStart, oldLines, newStart, newLines, lines }) => ({
    oldStart,
    oldLines,
    newStart,
    newLines,
    lines,
  }));
}
