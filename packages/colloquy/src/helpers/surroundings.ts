import { statSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';

// What is around the program: Node. Browsers have `surroundings-browser.ts` in its place.

export { isIPv4, isIPv6 };

/** What runs conversations when nothing is said. */
export const DEFAULT_ENGINE: 'api' | 'remote' = 'api';

/** There are files and processes to work with. */
export const HAS_PROCESSES: boolean = true;

/** The variables of the process. */
export function processEnvironment(): Record<string, string | undefined> {
  return process.env;
}

/** A path as it is seen from the working folder of the process. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/** Why nobody can work in a folder, after "which "; undefined when it can be worked in. */
export function folderFlaw(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'does not exist';
  return found.isDirectory() ? undefined : 'is not a directory';
}
