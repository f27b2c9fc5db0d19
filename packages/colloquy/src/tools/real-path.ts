import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, parse, sep } from 'node:path';

/** As many links as Linux follows. */
const MAX_LINKS = 40;
/** Links whose targets are long could make a long way of a short path. */
const MAX_STEPS = 10_000;

/**
 * The real path of what an absolute path names: links followed, also one that points to nothing yet, and `..` taken from where a
 * link leads, as the system does it. What does not exist is placed below its nearest existing parent.
 * @throws Error of the file system, such as EACCES, or ELOOP for links in a circle; Error for a path with a NUL character.
 */
export async function realPath(path: string): Promise<string> {
  if (path.includes('\0')) throw new Error('A path cannot hold a NUL character.');
  return (await unlessMissing(realpath(path))) ?? (await inRealFolder(path)) ?? (await follow(path));
}

/** Most often only the last name does not exist: two looks instead of one for each name. Undefined: it is not so. */
async function inRealFolder(path: string): Promise<string | undefined> {
  const name = path.slice(path.lastIndexOf(sep) + 1);
  if (name === '' || name === '.' || name === '..') return undefined;
  const folder = await unlessMissing(realpath(dirname(path)));
  if (folder === undefined) return undefined;
  const real = join(folder, name);
  return (await unlessMissing(lstat(real))) === undefined ? real : undefined;
}

/** Name by name, for a path whose end does not exist. */
async function follow(path: string): Promise<string> {
  const { root } = parse(path);
  const ahead = namesOf(path.slice(root.length));
  let real = root;
  for (let links = 0, steps = 0; ;) {
    const name = ahead.pop();
    if (name === undefined) return real;
    if (++steps > MAX_STEPS) throw tooManyLinks(path);
    if (name === '' || name === '.') continue;
    if (name === '..') {
      real = dirname(real);
      continue;
    }
    const next = join(real, name);
    const target = await linkTarget(next);
    if (target === undefined) {
      real = next;
      continue;
    }
    if (++links > MAX_LINKS) throw tooManyLinks(path);
    const targetRoot = parse(target).root;
    if (targetRoot !== '') real = targetRoot;
    ahead.push(...namesOf(target.slice(targetRoot.length)));
  }
}

/** The names of a path, the first one last. */
function namesOf(path: string): string[] {
  return path.split(process.platform === 'win32' ? /[\\/]/ : '/').toReversed();
}

/** Where a link leads; undefined when the path is no link, or nothing. */
async function linkTarget(path: string): Promise<string | undefined> {
  const found = await unlessMissing(lstat(path));
  return found?.isSymbolicLink() === true ? readlink(path) : undefined;
}

function tooManyLinks(path: string): Error {
  return Object.assign(new Error(`${path} leads through too many links`), { code: 'ELOOP' });
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
