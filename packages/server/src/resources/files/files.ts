import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { maySee, mustWrite } from '../../auth/ownership.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError, OtherRequestError } from '../../http/http-error.ts';
import type { PageRequest } from '../../http/page.ts';
import { inPage, listedFor } from '../../store/read-page.ts';
import type { FileTable } from '../../store/resource-tables.ts';
import type { Tables } from '../../store/tables.ts';
import { idFrom } from '../ids.ts';
import type { FileBlobs } from './file-blobs.ts';
import { mimeTypeOf, plainFilename } from './file-name.ts';

export const MAX_FILE_BYTES = 500 * 1024 * 1024;
export const MAX_BYTES_PER_USER = 10 * 1024 * 1024 * 1024;
/** A repeat of an upload, marked as such by its client, is told by its content for so long. */
const SAME_UPLOAD_MS = 10 * 60_000;

export type FileRow = FileTable;

/** Where files are: their rows, and their bytes. */
export type FileStore = { tables: Tables; blobs: FileBlobs };

export type Upload = {
  filename: string | undefined;
  contentType: string | undefined;
  body: AsyncIterable<Uint8Array>;
};

export type UploadOptions = {
  /** Of the request: done twice, it makes one file. */
  nonce: string;
  /** The client marks it as a repeat, so that an upload of the same bytes just now is this one. */
  isRepeat: boolean;
  maxFileBytes: number;
  maxBytesPerUser: number;
};

/** A file whose bytes are on the disk; `keep` makes it known. */
export type Received = { keep: (expiresInSeconds: number | undefined) => Promise<FileRow>; drop: () => Promise<void> };

/**
 * Receives the bytes of a file. Nothing of it is known before `keep`.
 * @throws HttpError 413 for one that is too large, 400 `storage_quota_exceeded`, 403
 */
export async function receiveFile(
  { tables, blobs }: FileStore,
  principal: Principal,
  upload: Upload,
  o: UploadOptions,
): Promise<Received> {
  mustWrite(principal);
  const id = idFrom('file', o.nonce);
  const before = await tables.selectFrom('file').selectAll().where('id', '=', id).executeTakeFirst();
  if (before !== undefined) return receiveAgain(before, upload);
  const left = o.maxBytesPerUser - (await usedBytes(tables, principal.user));
  const { size, sha256 } = await blobs.write(id, upload.body, {
    onPiece(bytes) {
      if (bytes > o.maxFileBytes) throw new HttpError(413, `file: is larger than ${o.maxFileBytes} bytes`);
      if (bytes > left) throw overQuota(o.maxBytesPerUser);
    },
  });
  const mime_type = mimeTypeOf(upload.contentType, upload.filename ?? '');
  const filename = plainFilename(upload.filename, mime_type);
  const drop = (): Promise<void> => blobs.remove(id);
  return {
    drop,
    async keep(expiresInSeconds) {
      const same = o.isRepeat ? await sameUpload(tables, principal.user, { filename, size, sha256 }) : undefined;
      if (same !== undefined) {
        if (same.id !== id) await drop();
        return same;
      }
      const now = Date.now();
      const row: FileRow = {
        id,
        owner: principal.user,
        filename,
        mime_type,
        size,
        sha256,
        session: null,
        path: null,
        created_at: now,
        expires_at: expiresInSeconds === undefined ? null : now + expiresInSeconds * 1_000,
        gone_at: null,
      };
      if (await insertWithin(tables, row, o.maxBytesPerUser)) return row;
      await drop();
      throw overQuota(o.maxBytesPerUser);
    },
  };
}

/**
 * The file was made by this very request, before a kill or a failure swallowed its answer.
 * @throws OtherRequestError when it is another file that comes
 */
async function receiveAgain(before: FileRow, { filename, contentType, body }: Upload): Promise<Received> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of body) {
    size += piece.byteLength;
    if (size > before.size) break;
    hash.update(piece);
  }
  const mime_type = mimeTypeOf(contentType, filename ?? '');
  const isSame =
    size === before.size &&
    hash.digest('hex') === before.sha256 &&
    mime_type === before.mime_type &&
    plainFilename(filename, mime_type) === before.filename;
  if (!isSame) throw new OtherRequestError();
  return {
    drop: async () => undefined,
    async keep(expiresInSeconds) {
      const lifetime = before.expires_at === null ? undefined : (before.expires_at - before.created_at) / 1_000;
      if (lifetime !== expiresInSeconds) throw new OtherRequestError();
      return before;
    },
  };
}

/** @throws HttpError 404, for one of somebody else as for one that is not there; 404 `file_expired` */
export async function getFile({ tables }: FileStore, principal: Principal, id: string): Promise<FileRow> {
  const row = await tables.selectFrom('file').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined && maySee(principal, row.owner)) {
    if (isExpired(row)) {
      throw new HttpError(404, `The file ${id} has expired`, { details: { error_code: 'file_expired' } });
    }
    if (row.gone_at === null) return row;
  }
  throw new HttpError(404, `There is no file ${id.slice(0, 100)}`);
}

/** Uploads, newest first; one more than the limit where there are more. @param session lists the outputs of this one, by its UUID */
export async function listFiles(
  { tables }: FileStore,
  principal: Principal,
  o: { request: PageRequest; session: string | undefined },
): Promise<FileRow[]> {
  return visible(tables, principal)
    .where('session', o.session === undefined ? 'is' : '=', o.session ?? null)
    .where(inPage('created_at', 'id', o.request))
    .orderBy('created_at', o.request.order)
    .orderBy('id', o.request.order)
    .limit(o.request.limit + 1)
    .execute();
}

/** Those of the ids that the principal sees, in the order of the list. */
export async function filesByIds(
  { tables }: FileStore,
  principal: Principal,
  ids: readonly string[],
): Promise<FileRow[]> {
  return visible(tables, principal)
    .where('id', 'in', ids)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Removes the bytes and the row of an upload. Noted first, so that what a kill leaves is removed at the next start. */
export async function removeUpload({ tables, blobs }: FileStore, id: string): Promise<void> {
  await tables.updateTable('file').set({ gone_at: Date.now() }).where('id', '=', id).execute();
  await blobs.remove(id);
  await tables.deleteFrom('file').where('id', '=', id).execute();
}

/** What is known of a session's outputs; its workspace is another's to remove. */
export async function forgetOutputs(tables: Tables, session: string): Promise<void> {
  await tables.deleteFrom('file').where('session', '=', session).execute();
}

export function isExpired({ expires_at }: FileRow): boolean {
  return expires_at !== null && expires_at <= Date.now();
}

function visible(tables: Tables, principal: Principal) {
  return tables
    .selectFrom('file')
    .selectAll()
    .where(listedFor('file', principal))
    .where('gone_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', Date.now())]));
}

async function usedBytes(tables: Tables, owner: string): Promise<number> {
  const { used } = await tables
    .selectFrom('file')
    .select(({ fn }) => fn.coalesce(fn.sum<number>('size'), sql<number>`0`).as('used'))
    .where('owner', '=', owner)
    .where('session', 'is', null)
    .where('gone_at', 'is', null)
    .executeTakeFirstOrThrow();
  return used;
}

/** In one statement, so that uploads at once do not pass the bound together. */
async function insertWithin(tables: Tables, row: FileRow, maxBytes: number): Promise<boolean> {
  return tables.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows: made } = await transaction
      .insertInto('file')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (made === 0n || (await usedBytes(transaction, row.owner)) <= maxBytes) return true;
    await transaction.deleteFrom('file').where('id', '=', row.id).execute();
    return false;
  });
}

function sameUpload(
  tables: Tables,
  owner: string,
  { filename, size, sha256 }: { filename: string; size: number; sha256: string },
): Promise<FileRow | undefined> {
  return tables
    .selectFrom('file')
    .selectAll()
    .where('owner', '=', owner)
    .where('filename', '=', filename)
    .where('size', '=', size)
    .where('sha256', '=', sha256)
    .where('gone_at', 'is', null)
    .where('created_at', '>', Date.now() - SAME_UPLOAD_MS)
    .executeTakeFirst();
}

function overQuota(maxBytes: number): HttpError {
  return new HttpError(400, `file: together, your files may have ${maxBytes} bytes; delete some`, {
    details: { error_code: 'storage_quota_exceeded' },
  });
}
