import { lstat, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/**
 * The real path of what an absolute path names: links followed, also one that points to nothing yet. What does not exist is
 * placed below its nearest existing parent.
 * @throws Error of the file system, such as EACCES, or ELOOP for links in a circle.
 */
export async function realPath(path: string): Promise<string> {
  const missing: string[] = [];
  let current = resolve(path);
  for (let links = 0; ;) {
    const real = await unlessMissing(realpath(current));
    if (real !== undefined) return join(real, ...missing);
    const target = await linkTarget(current);
    if (target !== undefined) {
      if (++links > MAX_LINKS)
        throw Object.assign(new Error(`${path} leads through too many links`), { code: 'ELOOP' });
      current = target;
      continue;
    }
    const parent = dirname(current);
    if (parent === current) return join(current, ...missing);
    missing.unshift(basename(current));
    current = parent;
  }
}

/** Where a link that leads nowhere would lead; undefined when the path is no link. */
async function linkTarget(path: string): Promise<string | undefined> {
  const found = await unlessMissing(lstat(path));
  if (found?.isSymbolicLink() !== true) return undefined;
  // The link's own folder exists, so that it is known what the target is relative to.
  return resolve(await realpath(dirname(path)), await readlink(path));
}

/** Undefined instead of an error when there is nothing at that path. */
export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
