import { constants, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type HeldFolder, replacedError } from './held-folder.ts';
import type { FileStat } from './tool.ts';

/** Whether a file is still in the state it was in: the same file, its size and the time of its last change. */
export function isSameState(then: FileStat | 'absent', now: FileStat | undefined): boolean {
  if (then === 'absent' || now === undefined) return then === 'absent' && now === undefined;
  const isSameFile = then.ino === undefined || now.ino === undefined || (then.ino === now.ino && then.dev === now.dev);
  return isSameFile && then.kind === now.kind && then.size === now.size && then.mtimeMs === now.mtimeMs;
}

/**
 * Opens a file to read it. Looked at before, because opening a device may do something; opened without waiting, because a FIFO
 * put there in between would wait for a writer; looked at again, because only what is open can no longer be exchanged.
 * @throws Error for what is no regular file, or has several names without leave
 */
export async function openRegularFile(
  path: string,
  folder: HeldFolder | undefined,
  name: string,
  { mayBeLinked }: { mayBeLinked: boolean },
): Promise<{ handle: FileHandle; opened: FileStat }> {
  const found = toStat(path, await folder?.look(name));
  if (folder === undefined || found === undefined)
    throw Object.assign(new Error(`${path} does not exist.`), { code: 'ENOENT' });
  refuseUnlessFile(path, found);
  const handle = await folder.open(name, constants.O_RDONLY);
  try {
    const opened = toFileStat(await handle.stat());
    refuseUnlessFile(path, opened);
    if (!mayBeLinked) refuseLinked(path, opened);
    return { handle, opened };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refuseUnlessFile(path: string, { kind }: FileStat): void {
  if (kind !== 'file') throw new Error(`${path} is ${describeKind(kind)}, not a file that can be read.`);
}

/** Another name of the file may lie outside, and nothing tells where. */
export function refuseLinked(path: string, { links = 1 }: FileStat): void {
  if (links > 1) throw new Error(`${path} has several hard links, and there is no leave to touch such a file.`);
}

export function describeKind(kind: 'directory' | 'other'): string {
  return kind === 'directory' ? 'a directory' : 'a device, pipe or socket';
}

/** @throws Error for a link: the path was followed before, so that it has been put there since */
export function toStat(path: string, found: Stats | undefined): FileStat | undefined {
  if (found?.isSymbolicLink() === true) throw replacedError(path);
  return found === undefined ? undefined : toFileStat(found);
}

function toFileStat(found: Stats): FileStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  return { kind, size: found.size, mtimeMs: found.mtimeMs, dev: found.dev, ino: found.ino, links: found.nlink };
}
