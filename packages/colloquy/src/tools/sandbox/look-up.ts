import { lstat, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What a path leads to, and the links on the way. */
export type Found = { real: string; isFolder: boolean; links: Link[] };
export type Link = { at: string; to: string };

/** Undefined for what is not there, or cannot be reached by us, which a command cannot either. */
export async function lookUp(path: string): Promise<Found | undefined> {
  try {
    const real = await realpath(path);
    const [stats, links] = await Promise.all([stat(real), real === path ? [] : linksOf(path)]);
    return { real, isFolder: stats.isDirectory(), links };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** Every link that is followed on the way, by its real place, outer ones first. */
async function linksOf(path: string): Promise<Link[]> {
  const links: Link[] = [];
  let at: string = sep;
  for (const name of path.split(sep).filter((part) => part !== '')) {
    at = join(at, name);
    if (!(await lstat(at)).isSymbolicLink()) continue;
    const to = await realpath(at);
    links.push({ at, to });
    at = to;
  }
  return links;
}
