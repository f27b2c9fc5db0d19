import { mkdir, rmdir } from 'node:fs/promises';

/** Folders that commands count on, how many of them, and whether we have made them. */
const held = new Map<string, { users: number; made: Promise<boolean> }>();

/**
 * Makes an empty folder where there is nothing, so that it can be made read-only for a command: a name that is not there cannot.
 * Gives back how to take it away again, which happens when no command needs it any longer and nobody has put anything into it.
 * Undefined where it cannot be made, by a command as little as by us.
 */
export async function reserveFolder(path: string): Promise<(() => Promise<void>) | undefined> {
  const entry = held.get(path) ?? { users: 0, made: makeFolder(path) };
  entry.users += 1;
  held.set(path, entry);
  try {
    await entry.made;
    return () => releaseFolder(path);
  } catch {
    await releaseFolder(path);
    return undefined;
  }
}

/** Whether a folder is held for a command that runs. */
export const isReserved = (path: string): boolean => held.has(path);

/** False: it has come to be meanwhile, and is somebody else's. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function releaseFolder(path: string): Promise<void> {
  const entry = held.get(path);
  if (entry === undefined) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  held.delete(path);
  try {
    if (await entry.made) await rmdir(path);
  } catch {
    // It could not be made, or somebody has put something into it: then it is theirs.
  }
}
