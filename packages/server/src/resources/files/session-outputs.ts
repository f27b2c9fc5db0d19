import { constants } from 'node:fs';
import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { basename } from 'node:path/posix';
import { type HeldFolder, holdFolder } from 'colloquy/internal';
import { HttpError } from '../../http/http-error.ts';
import type { Tables } from '../../store/tables.ts';
import { uuidFrom, uuidToId } from '../ids.ts';
import { mimeTypeOf, plainFilename } from './file-name.ts';
import type { FileRow } from './files.ts';
import { inWorkspace, OUTPUTS } from './session-folders.ts';

/** Outputs of a session that are listed; further ones are in its workspace all the same. */
const MAX_OUTPUTS = 1_000;
const MAX_LEVELS = 10;

type Output = { path: string; size: number; mtimeMs: number };
type SessionPlace = { uuid: string; owner: string; workspace: string };

/** Notes what a session's agent has written under `/mnt/session/outputs`, so that each has an id; the bytes stay where they are. */
export async function indexOutputs(tables: Tables, session: SessionPlace): Promise<void> {
  const outputs = await findOutputs(session.workspace);
  const rows = outputs.map(({ path, size, mtimeMs }): FileRow => {
    const mime_type = mimeTypeOf(undefined, path);
    return {
      id: uuidToId('file', uuidFrom(session.uuid, `output:${path}`)),
      owner: session.owner,
      filename: plainFilename(basename(path), mime_type),
      mime_type,
      size,
      sha256: null,
      session: session.uuid,
      path,
      created_at: Math.floor(mtimeMs),
      expires_at: null,
      gone_at: null,
    };
  });
  await tables.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('file').where('session', '=', session.uuid).execute();
    for (const row of rows) await transaction.insertInto('file').values(row).execute();
  });
}

/** Opens an output to be read. @throws HttpError 404 when it is there no longer */
export async function openOutput(workspace: string, path: string): Promise<FileHandle> {
  const real = inWorkspace(workspace, `${OUTPUTS}/${path}`);
  try {
    await using folder = await holdFolder(workspace, dirname(real));
    const handle = await folder?.open(basename(path), constants.O_RDONLY);
    const found = await handle?.stat();
    if (handle !== undefined && found?.isFile() === true && found.nlink === 1) return handle;
    await handle?.close();
  } catch (cause) {
    // Gone, or a link by now, which is not followed.
    if (!(cause instanceof Error)) throw cause;
  }
  throw new HttpError(404, `The file ${path} is no longer in the workspace of its session`);
}

/** Takes an output away; one that is not there is no error. */
export async function removeOutput(workspace: string, path: string): Promise<void> {
  const real = inWorkspace(workspace, `${OUTPUTS}/${path}`);
  await using folder = await holdFolder(workspace, dirname(real)).catch(() => undefined);
  const found = await folder?.look(basename(path));
  if (folder !== undefined && found?.isFile() === true) await rm(folder.at(basename(path)), { force: true });
}

async function findOutputs(workspace: string): Promise<Output[]> {
  const found: Output[] = [];
  const visit = async (folderPath: string, level: number): Promise<void> => {
    const real = inWorkspace(workspace, join(OUTPUTS, folderPath));
    // A link, or a file in the place of the folder, holds no outputs.
    await using folder = await holdFolder(workspace, real).catch(() => undefined);
    if (folder === undefined) return;
    for (const name of (await readdir(folder.at('.'))).toSorted()) {
      if (found.length >= MAX_OUTPUTS) return;
      const path = folderPath === '' ? name : `${folderPath}/${name}`;
      const kind = await look(folder, name);
      if (kind === 'folder' && level < MAX_LEVELS) await visit(path, level + 1);
      else if (typeof kind === 'object') found.push({ path, ...kind });
    }
  };
  await visit('', 1);
  return found;
}

/** Links are no outputs, and neither is a file of several names: it may be another's. */
async function look(
  folder: HeldFolder,
  name: string,
): Promise<'folder' | { size: number; mtimeMs: number } | undefined> {
  const found = await folder.look(name);
  if (found?.isDirectory() === true) return 'folder';
  return found?.isFile() === true && found.nlink === 1 ? { size: found.size, mtimeMs: found.mtimeMs } : undefined;
}
