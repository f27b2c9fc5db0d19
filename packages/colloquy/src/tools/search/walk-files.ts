import { type Dirent, lstatSync, readFileSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Ignore } from 'ignore';
import { LEFT_OUT } from './search-query.ts';

/** Lists of what to leave out, the later ones stronger. */
const IGNORE_FILES = ['.gitignore', '.ignore', '.rgignore'];
const MAX_IGNORE_FILE_BYTES = 1_000_000;
const MAX_DEPTH = 200;

/** What one folder's lists leave out, of what lies below it. */
type IgnoreRules = { folder: string; rules: Ignore };

/**
 * The files below a folder that ripgrep would list, without ripgrep: hidden ones too, links not followed, without those that
 * .gitignore and the like leave out. Paths are relative to the folder. `onTrouble` is told of each folder that cannot be read.
 */
export async function* walkFiles(
  folder: string,
  o: { signal: AbortSignal; onTrouble: () => void },
): AsyncGenerator<string, void, void> {
  const { default: makeIgnore } = await import('ignore');
  const above: IgnoreRules[] = [];
  for (let at = dirname(folder); ; at = dirname(at)) {
    above.unshift(...readRules(makeIgnore, at));
    if (at === dirname(at)) break;
  }
  const walk = async function* (
    at: string,
    inherited: readonly IgnoreRules[],
    depth: number,
  ): AsyncGenerator<string, void, void> {
    const rules = [...inherited, ...readRules(makeIgnore, at)];
    for (const entry of await listFolder(at, o.onTrouble)) {
      o.signal.throwIfAborted();
      const path = join(at, entry.name);
      if (LEFT_OUT.includes(entry.name) || isIgnored(path, entry.isDirectory(), rules)) continue;
      if (entry.isFile()) yield relative(folder, path);
      else if (entry.isDirectory() && depth < MAX_DEPTH) yield* walk(path, rules, depth + 1);
    }
  };
  yield* walk(folder, above, 0);
}

async function listFolder(folder: string, onTrouble: () => void): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    // Leaving the loop closes the folder.
    for await (const entry of await opendir(folder)) entries.push(entry);
  } catch {
    onTrouble();
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readRules(makeIgnore: () => Ignore, folder: string): IgnoreRules[] {
  const rules = makeIgnore();
  let any = false;
  for (const name of IGNORE_FILES) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || found.size > MAX_IGNORE_FILE_BYTES) continue;
    try {
      rules.add(readFileSync(path, 'utf8'));
      any = true;
    } catch {
      // A list that cannot be read leaves out nothing.
    }
  }
  return any ? [{ folder, rules }] : [];
}

/** The list of the nearest folder that says anything about a path counts. */
function isIgnored(path: string, isFolder: boolean, lists: readonly IgnoreRules[]): boolean {
  for (const { folder, rules } of lists.toReversed()) {
    const verdict = rules.test(relative(folder, path) + (isFolder ? '/' : ''));
    if (verdict.ignored || verdict.unignored) return verdict.ignored;
  }
  return false;
}
