import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../helpers/make-folder.ts';
import { unlessMissing } from './real-path.ts';

/**
 * Gives a file new content in one step: whoever reads it meanwhile sees the old or the new, and a failure leaves the old.
 * Mode and owner are kept as far as the system lets us. `path` must be a real path.
 * @throws Error of the file system, for instance for a file that may not be written to.
 */
export async function replaceFile(
  path: string,
  data: string | Uint8Array,
  o: { signal?: AbortSignal | undefined; beforeSwap: () => Promise<void> },
): Promise<void> {
  o.signal?.throwIfAborted();
  const folder = dirname(path);
  await makePlace(folder);
  const existing = await unlessMissing(stat(path));
  // The swap needs leave for the folder only; a file that is protected against writing must stay so.
  if (existing !== undefined) await access(path, constants.W_OK);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx', existing === undefined ? 0o666 : 0o600);
  try {
    try {
      await handle.writeFile(data);
      if (existing !== undefined) await keepOwnerAndMode(handle, existing);
    } finally {
      await handle.close();
    }
    await o.beforeSwap();
    o.signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function makePlace(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new Error(`${folder} cannot be made a folder: a file of this name, or above it, is in the way.`, {
      cause: error,
    });
  }
}

async function keepOwnerAndMode(
  handle: FileHandle,
  existing: { uid: number; gid: number; mode: number },
): Promise<void> {
  const created = await handle.stat();
  if (created.uid !== existing.uid || created.gid !== existing.gid) {
    try {
      await handle.chown(existing.uid, existing.gid);
    } catch (error) {
      // Only root may give a file away; the mode still applies.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
    }
  }
  await handle.chmod(existing.mode & 0o7777);
}
