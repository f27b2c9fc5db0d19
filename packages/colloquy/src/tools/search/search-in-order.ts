import { runSearch, type SearchOutcome } from './run-search.ts';
import type { MatchQuery } from './search-query.ts';

/** Up to here, matches are collected as they are found and then put in order; more are sought in order from the start. */
const MAX_COLLECTED_CHARS = 2_000_000;

/**
 * As `runSearch`, in the order of paths. ripgrep itself puts files in order only on a single thread, so that is done where it
 * pays: when so much is found that a search in order can end early.
 */
export async function searchInOrder(
  query: MatchQuery,
  o: Omit<Parameters<typeof runSearch>[1], 'sorted'>,
): Promise<SearchOutcome> {
  const files = new Map<string, string[]>();
  let chars = 0;
  let isParted = false;
  let newest: string[] = [];
  const collect = (record: string): boolean => {
    chars += record.length;
    // Between passages; the one between files is put in again below.
    if (record === '--') isParted = true;
    const end = record.indexOf('\0');
    const path = end === -1 && query.mode === 'files_with_matches' ? record : record.slice(0, Math.max(end, 0));
    if (end === -1 && query.mode !== 'files_with_matches') newest.push(record);
    else {
      newest = files.get(path) ?? [];
      newest.push(record);
      files.set(path, newest);
    }
    return chars <= MAX_COLLECTED_CHARS;
  };
  const outcome = await runSearch(query, { ...o, sorted: false, take: collect });
  if (outcome.cut) return runSearch(query, { ...o, sorted: true });
  const inOrder = [...files].toSorted(([a], [b]) => comparePaths(a, b));
  for (const [index, [, records]] of inOrder.entries()) {
    if (records.at(-1) === '--') records.pop();
    if (isParted && index > 0 && !o.take('--')) return { ...outcome, cut: true };
    for (const record of records) if (!o.take(record)) return { ...outcome, cut: true };
  }
  return outcome;
}

/** Folder by folder, as ripgrep does. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return left < right ? -1 : left > right ? 1 : 0;
}
