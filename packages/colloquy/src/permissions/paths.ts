import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Whether a path is a folder itself or lies below it. Both must be real, absolute paths: nothing is resolved here. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * A path made absolute, and otherwise as it is written: whoever takes `..` away before links are followed may end elsewhere than
 * the system does.
 */
export function absolutePath(folder: string, path: string): string {
  return isAbsolute(path) ? path : `${folder}${sep}${path}`;
}

/** Whether a path begins at what is another place for every process, such as `/proc/self/cwd`: what it leads to here tells nothing. */
export function isOfProcess(path: string): boolean {
  return /^[/]proc[/](?:self|thread-self|\d+)(?:[/]|$)/.test(resolve(path));
}

/** Where systems like Linux show processes, devices and themselves as files. */
const SYSTEM_FOLDERS = ['/proc', '/sys', '/dev'];
/** Only memory that is used as a folder. */
const PLAIN_FOLDERS = ['/dev/shm'];

/** Whether a real path leads to the insides of processes and of the system, which no working folder includes, be it `/`. */
export function isSystemPath(path: string): boolean {
  return (
    SYSTEM_FOLDERS.some((folder) => isInside(folder, path)) && !PLAIN_FOLDERS.some((folder) => isInside(folder, path))
  );
}
