import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { HttpError } from '../http/http-error.ts';

/** The folders in which the tools of sessions may work. */
export type Workspaces = {
  /** The real path of the folder that a session asked for, or of the server's own. @throws HttpError 400 */
  choose(requested: string | undefined): Promise<string>;
  /** Whether a real path, as `choose` gave it, lies in one of them. */
  contain(folder: string): Promise<boolean>;
};

/**
 * @param roots the server's own folder first; a session may work in any of them, and below.
 * @param o.closed folders that are no session's to choose, with all below them: the server's data, and the sessions' own folders. A root
 * inside of one is there because the operator says so.
 */
export function createWorkspaces(
  roots: readonly [string, ...string[]],
  o: { closed: readonly (string | undefined)[] } = { closed: [] },
): Workspaces {
  const [own] = roots;
  const closed = o.closed.filter((folder) => folder !== undefined);
  // Resolved once: where a root is does not change while the server runs.
  const resolved = new Map<string, Promise<string | undefined>>();
  const realRoot = async (root: string): Promise<string | undefined> => {
    const real = resolved.get(root) ?? realFolder(root);
    resolved.set(root, real);
    // One that does not exist yet may come to.
    if ((await real) === undefined) resolved.delete(root);
    return real;
  };
  const existing = async (folders: readonly string[]): Promise<string[]> =>
    (await Promise.all(folders.map(realRoot))).filter((real) => real !== undefined);
  const contain = async (folder: string): Promise<boolean> => {
    const [allowed, refused] = await Promise.all([existing(roots), existing(closed)]);
    const within = allowed.filter((root) => isWithin(folder, root));
    const isClosed = refused.some((area) => isWithin(folder, area) && !within.some((root) => isWithin(root, area)));
    return within.length > 0 && !isClosed;
  };
  return {
    contain,
    async choose(requested) {
      const folder = await realFolder(requested === undefined ? own : resolve(own, requested));
      // Checked after links are resolved. What lies outside and what does not exist are told alike.
      if (folder !== undefined && (await contain(folder))) return folder;
      throw new HttpError(400, `options.cwd: ${requested ?? own} is not a folder inside ${roots.join(' or ')}`);
    },
  };
}

async function realFolder(path: string): Promise<string | undefined> {
  // Where the server keeps sessions' own folders is often not there yet, and is looked for with every session: that must cost little.
  if (!existsSync(path)) return undefined;
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch (error) {
    // Absent, not readable, or no path at all.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function isWithin(folder: string, root: string): boolean {
  return folder === root || folder.startsWith(withSeparator(root));
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
