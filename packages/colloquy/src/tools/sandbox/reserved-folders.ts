import { mkdir, rmdir } from 'node:fs/promises';

/** Empty folders of ours, and how many running commands count on each. */
const held = new Map<string, number>();

/**
 * Makes an empty folder where there is nothing, so that it can be made read-only for a command: a name that is not there cannot.
 * Gives back how to take it away again, which happens when no command needs it any longer and nobody has put anything into it.
 */
export async function reserveFolder(path: string): Promise<(() => Promise<void>) | undefined> {
  const users = held.get(path);
  if (users === undefined) {
    try {
      await mkdir(path);
    } catch {
      // It has come to be meanwhile, or the folder cannot be written: by a command as little as by us.
      return undefined;
    }
  }
  held.set(path, (held.get(path) ?? 0) + 1);
  return () => releaseFolder(path);
}

/** Whether a folder is there only because of us. */
export const isReserved = (path: string): boolean => held.has(path);

async function releaseFolder(path: string): Promise<void> {
  const users = (held.get(path) ?? 1) - 1;
  if (users > 0) {
    held.set(path, users);
    return;
  }
  held.delete(path);
  try {
    await rmdir(path);
  } catch {
    // Somebody has put something into it, or taken it away: then it is theirs.
  }
}
