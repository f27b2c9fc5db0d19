import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { HttpError } from '../http/http-error.ts';

/** The folders in which the tools of sessions may work. */
export type Workspaces = {
  /** The real path of the folder that a session asked for, or of the server's own. @throws HttpError 400 */
  choose(requested: string | undefined): Promise<string>;
};

/** @param roots the server's own folder first; a session may work in any of them, and below. */
export function createWorkspaces(roots: readonly [string, ...string[]]): Workspaces {
  return {
    async choose(requested) {
      const [own] = roots;
      if (requested === undefined) return realpath(own);
      const folder = await realFolder(isAbsolute(requested) ? requested : resolve(own, requested));
      const allowed = await Promise.all(roots.map((root) => realpath(root)));
      // Checked after links are resolved, and before whether it exists is told.
      if (folder !== undefined && allowed.some((root) => folder === root || folder.startsWith(withSeparator(root))))
        return folder;
      throw new HttpError(400, `options.cwd: ${requested} is not a folder inside ${roots.join(' or ')}`);
    },
  };
}

async function realFolder(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
