import { join } from 'node:path';
import { RipgrepMissingError, runRipgrep, type SearchEnd } from './ripgrep.ts';
import { SearchGate } from './search-gate.ts';
import { recordEnd, ripgrepArguments, type SearchQuery } from './search-query.ts';

export type SearchOutcome = SearchEnd & {
  /** Files in which something was found that is not shown unasked. */
  withheld: number;
  /** There was no ripgrep: what was done instead knows fewer patterns, and leaves out more. */
  withoutRipgrep: boolean;
};

/**
 * Answers a query record by record until `take` answers false: paths of files, or for matches a path, a NUL and the rest of the
 * line. Records of one file come together; `sorted` matches come in the order of paths.
 * @throws Error for a query that cannot be answered; the signal's reason when it aborts; TimeoutError.
 */
export async function runSearch(
  query: SearchQuery,
  o: {
    cwd: string;
    /** What to search: `.`, or `./` and a file's name. */
    path: string;
    sorted: boolean;
    /** Real paths that are not shown, and counted nowhere. */
    hides?: ((path: string) => boolean) | undefined;
    take: (record: string) => boolean;
    signal: AbortSignal;
  },
): Promise<SearchOutcome> {
  const isPath = query.kind === 'files' || query.mode === 'files_with_matches';
  const gate = new SearchGate(o.cwd);
  // Names are no content, and a file that was asked for by its name was judged by it.
  const isOpen = query.kind === 'files' || o.path !== '.';
  const take = (found: string): boolean => {
    // ripgrep puts ./ before paths.
    const record = found.startsWith('./') ? found.slice(2) : found;
    const end = isPath ? record.length : record.indexOf('\0');
    if (end !== -1 && o.path === '.' && o.hides?.(join(o.cwd, record.slice(0, end))) === true) return true;
    return !isOpen && end !== -1 && !gate.isShown(record.slice(0, end)) ? true : o.take(record);
  };
  try {
    const end = await runRipgrep(ripgrepArguments(query, o), { ...o, separator: recordEnd(query), take });
    return { ...end, withheld: gate.withheld, withoutRipgrep: false };
  } catch (error) {
    if (!(error instanceof RipgrepMissingError)) throw error;
    const { searchWithoutRipgrep } = await import('./search-without-ripgrep.ts');
    const end = await searchWithoutRipgrep(query, { ...o, take });
    return { ...end, withheld: gate.withheld, withoutRipgrep: true };
  }
}
