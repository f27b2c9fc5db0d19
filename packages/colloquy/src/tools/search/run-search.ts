import { RipgrepMissingError, runRipgrep, type SearchEnd } from './ripgrep.ts';
import { ripgrepArguments, type SearchQuery } from './search-query.ts';

export type SearchOutcome = SearchEnd & {
  /** There was no ripgrep: what was done instead knows fewer patterns, and leaves out more. */
  withoutRipgrep: boolean;
};

/**
 * Answers a query record by record until `take` answers false: paths of files, or for matches a path, a NUL and the rest of the
 * line. Records of one file come together; `sorted` files come in the order of their paths.
 * @throws Error for a query that cannot be answered; the signal's reason when it aborts; TimeoutError.
 */
export async function runSearch(
  query: SearchQuery,
  o: {
    cwd: string;
    /** What to search: `.`, or `./` and a file's name. */
    path: string;
    sorted: boolean;
    take: (record: string) => boolean;
    signal: AbortSignal;
  },
): Promise<SearchOutcome> {
  const isPath = query.kind === 'files' || query.mode === 'files_with_matches';
  const separator = isPath ? '\0' : '\n';
  // ripgrep puts ./ before paths.
  const take = (record: string): boolean => o.take(record.startsWith('./') ? record.slice(2) : record);
  try {
    return { ...(await runRipgrep(ripgrepArguments(query, o), { ...o, separator, take })), withoutRipgrep: false };
  } catch (error) {
    if (!(error instanceof RipgrepMissingError)) throw error;
    const { searchWithoutRipgrep } = await import('./search-without-ripgrep.ts');
    return { ...(await searchWithoutRipgrep(query, o)), withoutRipgrep: true };
  }
}
