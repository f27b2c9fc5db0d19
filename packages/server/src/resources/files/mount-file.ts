import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { holdFolder } from 'colloquy/internal';
import { HttpError } from '../../http/http-error.ts';
import type { FileRow, FileStore } from './files.ts';
import { inWorkspace, UPLOADS } from './session-folders.ts';

const MAX_PATH_CHARS = 1_024;
const MAX_NAME_BYTES = 255;

export type Mounted = {
  /** As it is answered: `/mnt/session/uploads/…`. */
  mountPath: string;
  /** Where it really is. */
  path: string;
};

/**
 * Where a file is to be mounted, as it is answered. A path that is not absolute is one below `/mnt/session/uploads`.
 * @throws HttpError 400 for a path that lies elsewhere, or is none
 */
export function mountPathOf(fileId: string, mountPath: string | null | undefined): string {
  if (mountPath === undefined || mountPath === null) return `${UPLOADS}/${fileId}`;
  const path = posix.join(mountPath.startsWith('/') ? '/' : UPLOADS, mountPath);
  const names = mountPath.split('/');
  if (
    mountPath === '' ||
    mountPath.length > MAX_PATH_CHARS ||
    mountPath.includes('\0') ||
    mountPath.includes('\\') ||
    names.some((name) => name === '..' || Buffer.byteLength(name) > MAX_NAME_BYTES) ||
    !path.startsWith(`${UPLOADS}/`) ||
    path.endsWith('/')
  ) {
    throw new HttpError(400, `mount_path: must name a file below ${UPLOADS}/`);
  }
  return path;
}

/**
 * Copies an uploaded file into a session's workspace; on the disk when it resolves. What is there by that name is replaced; a link on the
 * way is refused, never followed.
 * @param workspace the real path of the session's folder
 * @throws HttpError 400 for a path that leads elsewhere
 */
export async function mountFile(
  { blobs }: Pick<FileStore, 'blobs'>,
  file: Pick<FileRow, 'id'>,
  o: { workspace: string; mountPath: string | null | undefined },
): Promise<Mounted> {
  const mountPath = mountPathOf(file.id, o.mountPath);
  const path = inWorkspace(o.workspace, mountPath);
  await using folder = await uploadFolder(o.workspace, path, true);
  if (folder === undefined) throw new Error(`${dirname(path)} could not be made`);
  const name = basename(path);
  const found = await folder.look(name);
  if (found !== undefined && !found.isFile()) throw inTheWay(mountPath);
  const temporary = `.${randomUUID()}.tmp`;
  try {
    const target = await folder.open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
    try {
      await blobs.copyTo(file.id, target);
    } finally {
      await target.close();
    }
    await rename(folder.at(temporary), folder.at(name));
  } catch (error) {
    await rm(folder.at(temporary), { force: true });
    throw error;
  }
  return { mountPath, path };
}

/** Takes a mounted file away; one that is not there is no error. */
export async function unmountFile(workspace: string, mountPath: string): Promise<void> {
  const path = inWorkspace(workspace, mountPath);
  await using folder = await uploadFolder(workspace, path, false);
  const found = await folder?.look(basename(path));
  if (folder !== undefined && found !== undefined && !found.isDirectory()) await rm(folder.at(basename(path)));
}

async function uploadFolder(workspace: string, path: string, make: boolean) {
  try {
    return await holdFolder(workspace, dirname(path), { make });
  } catch (cause) {
    // A link or a file where a folder should be, which a command of the session may have put there.
    throw inTheWay(join('/', path.slice(workspace.length)), cause);
  }
}

function inTheWay(mountPath: string, cause?: unknown): HttpError {
  return new HttpError(400, `mount_path: something else is in the way of ${mountPath} in the session's workspace`, {
    cause,
  });
}
