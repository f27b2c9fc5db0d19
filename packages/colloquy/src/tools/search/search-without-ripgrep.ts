import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { fileFilter } from './file-filter.ts';
import { matchRecords } from './match-records.ts';
import { RegexThread } from './regex-thread.ts';
import type { SearchEnd } from './ripgrep.ts';
import type { MatchQuery, SearchQuery } from './search-query.ts';
import { walkFiles } from './walk-files.ts';

const MAX_SEARCH_MS = 30_000;
const MAX_FILES = 100_000;
/** Larger files are left out, and that is said. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** A NUL in its beginning tells that a file is no text. */
const HEAD_BYTES = 8192;

/**
 * Answers a query without ripgrep, in the same records: ten times slower, by regular expressions of JavaScript, and bounded in
 * time, files and their size. @throws Error like `runRipgrep`
 */
export async function searchWithoutRipgrep(
  query: SearchQuery,
  o: { cwd: string; path: string; take: (record: string) => boolean; signal: AbortSignal },
): Promise<SearchEnd> {
  const deadline = new Deadline(o.signal);
  const timedOut = (): Error =>
    new TimeoutError(
      `The search took longer than ${MAX_SEARCH_MS / 1000} s and was ended; search a smaller folder, or use a simpler pattern.`,
    );
  deadline.start(MAX_SEARCH_MS, timedOut);
  const end: SearchEnd = { cut: false, incomplete: false };
  try {
    const onTrouble = (): void => void (end.incomplete = true);
    const files = listFiles(o, { signal: deadline.signal, onTrouble });
    if (query.kind === 'files') {
      const cut = (await newestFirst(files, o.cwd)).some((path) => !o.take(path));
      return { ...end, cut };
    }
    const cut = await searchContents(query, files, { ...o, signal: deadline.signal, onTrouble });
    return { ...end, cut };
  } finally {
    deadline.close();
  }
}

async function* listFiles(
  { cwd, path }: { cwd: string; path: string },
  o: { signal: AbortSignal; onTrouble: () => void },
): AsyncGenerator<string, void, void> {
  // A file that is named is searched whatever any list leaves out.
  if (path !== '.') return yield basename(path);
  let count = 0;
  for await (const file of walkFiles(cwd, o)) {
    if (++count > MAX_FILES) return o.onTrouble();
    yield file;
  }
}

async function newestFirst(files: AsyncIterable<string>, folder: string): Promise<string[]> {
  const changed: { path: string; changedMs: number }[] = [];
  for await (const path of files) {
    const state = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (state !== undefined) changed.push({ path, changedMs: state.mtimeMs });
  }
  return changed.toSorted((a, b) => b.changedMs - a.changedMs).map(({ path }) => path);
}

/** @returns whether `take` wanted no more. */
async function searchContents(
  query: MatchQuery,
  files: AsyncIterable<string>,
  o: { cwd: string; take: (record: string) => boolean; signal: AbortSignal; onTrouble: () => void },
): Promise<boolean> {
  const isWanted = await fileFilter(query);
  await using regex = await RegexThread.start(query.pattern, query);
  // Passages of different files have a line between them as well.
  const isParted = query.mode === 'content' && !query.onlyMatching && query.linesBefore + query.linesAfter > 0;
  let isFirst = true;
  for await (const path of files) {
    if (!isWanted(path)) continue;
    const text = await readText(join(o.cwd, path), o.onTrouble);
    const spans = text === undefined ? [] : await regex.find(text, o.signal);
    if (text === undefined || spans.length === 0) continue;
    if (isParted && !isFirst && !o.take('--')) return true;
    for (const record of matchRecords(path, text, spans, query)) if (!o.take(record)) return true;
    isFirst = false;
  }
  return false;
}

/** Undefined for what is no text, and for what cannot be read, which `onTrouble` is told of. */
async function readText(path: string, onTrouble: () => void): Promise<string | undefined> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) return undefined;
    if (found.size > MAX_FILE_BYTES) onTrouble();
    const bytes = found.size > MAX_FILE_BYTES ? undefined : await handle.readFile();
    if (bytes === undefined || bytes.subarray(0, HEAD_BYTES).includes(0)) return undefined;
    return bytes.toString('utf8');
  } catch {
    onTrouble();
    return undefined;
  }
}
