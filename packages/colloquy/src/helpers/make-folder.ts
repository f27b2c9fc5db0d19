import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

// By hand, because Node's own recursive `mkdir` never comes back (24.21 and earlier) where a file system says that there is no such
// file although the parent is there: below /proc, and where folders come and go by themselves.

/** Makes a folder, with those above it that are missing. @throws the system's error, also when a file is in the way */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path)
      return acceptFolder(await stat(path).catch(() => undefined), error);
    await makeFolder(dirname(path), mode);
    await mkdir(path, { mode }).catch(async (again: unknown) =>
      acceptFolder(await stat(path).catch(() => undefined), again),
    );
  }
}

/** `makeFolder`, at once. */
export function makeFolderSync(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) return acceptFolder(found(path), error);
    makeFolderSync(dirname(path), mode);
    try {
      mkdirSync(path, { mode });
    } catch (again) {
      acceptFolder(found(path), again);
    }
  }
}

/** Whatever was said, a folder that is there is what was wanted. */
function acceptFolder(there: { isDirectory(): boolean } | undefined, error: unknown): void {
  if (there?.isDirectory() !== true) throw error;
}

function found(path: string): { isDirectory(): boolean } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A file above it: what was said before tells more.
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
