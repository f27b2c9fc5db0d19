import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, rename, rm } from 'node:fs/promises';
import type { HeldFolder } from './held-folder.ts';

/**
 * Gives a file new content in one step: whoever reads it meanwhile sees the old or the new, and a failure leaves the old.
 * Mode and owner are kept as far as the system lets us. What has the name by then is replaced, never followed.
 * @throws Error of the file system, for instance for a file that may not be written to.
 */
export async function replaceFile(
  folder: HeldFolder,
  name: string,
  data: string | Uint8Array,
  o: { signal?: AbortSignal | undefined; beforeSwap: () => Promise<void> },
): Promise<void> {
  o.signal?.throwIfAborted();
  const existing = await folder.look(name);
  // The swap needs leave for the folder only; a file that is protected against writing must stay so.
  if (existing !== undefined) await access(folder.at(name), constants.W_OK);
  const temporary = `.${randomUUID()}.tmp`;
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  const handle = await folder.open(temporary, flags, existing === undefined ? 0o666 : 0o600);
  try {
    try {
      await handle.writeFile(data);
      if (existing !== undefined) await keepOwnerAndMode(handle, existing);
      await folder.confirm(temporary, handle);
    } finally {
      await handle.close();
    }
    await o.beforeSwap();
    o.signal?.throwIfAborted();
    await rename(folder.at(temporary), folder.at(name));
  } catch (error) {
    await rm(folder.at(temporary), { force: true });
    throw error;
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
  // New content has no claim to run with the rights of the owner.
  await handle.chmod(existing.mode & 0o777);
}
