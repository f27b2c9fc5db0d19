import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { isInside } from '../../permissions/paths.ts';

/** The program of that name on a PATH; folders that are not absolute are passed over, since they may be anybody's. */
export function findProgram(name: string, path: string | undefined): string | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The same, but not in a folder that an agent may write: of the project that we run in, or of installed packages. */
export function findTrustedProgram(name: string, path: string | undefined): string | undefined {
  const cwd = process.cwd();
  const folders = (path ?? '').split(delimiter).filter((folder) => {
    const isOfProject = cwd !== sep && isInside(cwd, folder);
    return isAbsolute(folder) && !isOfProject && !folder.split(sep).includes('node_modules');
  });
  return findProgram(name, folders.join(delimiter));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there, or not to be looked at, which is the same to us.
    return false;
  }
}
