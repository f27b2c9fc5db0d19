import { Readable } from 'node:stream';
import type { FileHandle } from 'node:fs/promises';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { mustWrite } from '../../auth/ownership.ts';
import { HttpError } from '../../http/http-error.ts';
import { type FormPart, readForm } from '../../http/multipart.ts';
import { pageFields, pageRequest, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { listOf, parseQuery, wholeNumber } from '../../http/query.ts';
import {
  filesByIds,
  type FileRow,
  type FileStore,
  getFile,
  listFiles,
  MAX_BYTES_PER_USER,
  MAX_FILE_BYTES,
  type Received,
  receiveFile,
  removeUpload,
} from '../../resources/files/files.ts';
import { indexOutputs, openOutput, removeOutput } from '../../resources/files/session-outputs.ts';
import { uuidToId } from '../../resources/ids.ts';
import { emptyWal } from '../../store/open-database.ts';

const MAX_FIELD_BYTES = 100;
const MAX_IDS = 100;
/** What the parts of a form have around the file. */
const FORM_BYTES = 65_536;

const ListQuery = z.strictObject({
  ...pageFields,
  scope_id: z.string().max(100).optional(),
  ids: listOf(z.string().max(100), 10 * MAX_IDS).optional(),
});
const UploadFields = z.strictObject({ expires_in_seconds: wholeNumber(3_600, 7_776_000).optional() });

/** `/v1/files`: uploads, and what the agents of sessions have written for their people. */
export function addFiles(hono: Hono<AppEnv>, app: App): void {
  const store = async (): Promise<FileStore> => ({ tables: await app.tables(), blobs: app.blobs });

  hono.post('/v1/files', async (c) => c.json(toObject(await upload(c, app, await store()))));

  hono.get('/v1/files', async (c) => {
    const query = parseQuery(ListQuery, c.req.raw);
    const { principal } = c.var;
    if (query.ids !== undefined) {
      const rows = await filesByIds(await store(), principal, idsOf({ ...query, ids: query.ids }));
      return c.json({ data: rows.map(toObject), next_page: null });
    }
    const session = query.scope_id === undefined ? undefined : await app.sessions.get(principal, query.scope_id);
    if (session !== undefined) {
      const { row, owner } = session;
      await indexOutputs(await app.tables(), { uuid: row.id, owner, workspace: row.cwd });
    }
    const request = pageRequest(query, { list: `files ${session?.row.id ?? ''}`, order: 'desc' });
    const rows = await listFiles(await store(), principal, { request, session: session?.row.id });
    return c.json(toPage(request, rows, { placeOf: ({ created_at, id }) => [created_at, id], toObject }));
  });

  hono.get('/v1/files/:id', async (c) =>
    c.json(toObject(await getFile(await store(), c.get('principal'), c.req.param('id')))),
  );

  hono.get('/v1/files/:id/content', async (c) => {
    const row = await getFile(await store(), c.get('principal'), c.req.param('id'));
    return answerWith(row, await open(app, row), c.req.raw.method === 'HEAD');
  });

  hono.delete('/v1/files/:id', async (c) => {
    const row = await getFile(await store(), c.get('principal'), c.req.param('id'));
    mustWrite(c.get('principal'));
    if (row.session !== null && row.path !== null) {
      const { row: session } = await app.sessions.stored(row.session);
      await removeOutput(session.cwd, row.path);
    }
    await removeUpload(await store(), row.id);
    await (await app.answers()).forget([row.id]);
    await emptyWal(await app.tables());
    return c.json({ id: row.id, type: 'file_deleted' });
  });
}

async function upload(c: Context<AppEnv>, { options }: App, store: FileStore): Promise<FileRow> {
  const maxFileBytes = options.files?.maxFileBytes ?? MAX_FILE_BYTES;
  const maxBytesPerUser = options.files?.maxBytesPerUser ?? MAX_BYTES_PER_USER;
  const isRepeat = Number(c.req.header('x-stainless-retry-count') ?? 0) > 0;
  if (Number(c.req.header('content-length') ?? 0) > maxFileBytes + FORM_BYTES) {
    throw new HttpError(413, `file: is larger than ${maxFileBytes} bytes`);
  }
  const { principal, nonce } = c.var;
  const fields: Record<string, string> = {};
  let received: Received | undefined;
  try {
    for await (const part of readForm(c.req.raw, c.get('formDigest'))) {
      if (part.name !== 'file') {
        fields[part.name.slice(0, MAX_FIELD_BYTES)] = await fieldText(part);
        continue;
      }
      if (received !== undefined) throw new HttpError(400, 'file: one file at a time');
      received = await receiveFile(store, principal, part, { nonce, isRepeat, maxFileBytes, maxBytesPerUser });
    }
    const { expires_in_seconds } = parse(UploadFields, fields);
    if (received === undefined) throw new HttpError(400, 'file: is missing');
    return await received.keep(expires_in_seconds);
  } catch (error) {
    await received?.drop();
    throw error;
  }
}

async function fieldText({ name, body }: FormPart): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.byteLength;
    if (size > MAX_FIELD_BYTES) throw new HttpError(400, `${name.slice(0, MAX_FIELD_BYTES)}: is too long`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function idsOf(query: {
  ids: string[];
  page?: string | undefined;
  limit?: number | undefined;
  scope_id?: string | undefined;
}): string[] {
  if (query.page !== undefined || query.limit !== undefined || query.scope_id !== undefined) {
    throw new HttpError(400, 'ids: cannot be given with page, limit or scope_id');
  }
  const ids = [...new Set(query.ids)];
  if (ids.length > MAX_IDS) throw new HttpError(400, `ids: are more than ${MAX_IDS}`);
  return ids;
}

async function open(app: App, row: FileRow): Promise<FileHandle> {
  if (row.session === null || row.path === null) return app.blobs.read(row.id);
  const { row: session } = await app.sessions.stored(row.session);
  return openOutput(session.cwd, row.path);
}

/** Whatever its type says, a browser saves it and shows nothing of it. */
async function answerWith({ filename, mime_type }: FileRow, handle: FileHandle, isHead: boolean): Promise<Response> {
  const { size } = await handle.stat();
  const headers = {
    'content-type': mime_type,
    'content-length': String(size),
    'content-disposition': `attachment; filename="${asciiName(filename)}"; filename*=UTF-8''${percentEncoded(filename)}`,
    'content-security-policy': "sandbox; default-src 'none'",
  };
  // Nobody reads the body of a HEAD: its stream would never close the file.
  if (size === 0 || isHead) {
    await handle.close();
    return new Response(null, { headers });
  }
  // What is written to it meanwhile is not part of this answer. The stream closes the file, also when nobody reads on.
  const bytes = Readable.toWeb(handle.createReadStream({ end: size - 1 }));
  // Node's own type of the same stream.
  return new Response(bytes as ReadableStream<Uint8Array<ArrayBuffer>>, { headers });
}

function asciiName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
}

function percentEncoded(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}

function toObject({ id, filename, mime_type, size, session, created_at, expires_at }: FileRow) {
  return {
    id,
    type: 'file',
    filename,
    mime_type,
    size_bytes: size,
    downloadable: true,
    expires_at: expires_at === null ? null : new Date(expires_at).toISOString(),
    scope: session === null ? null : { type: 'session', id: uuidToId('sesn', session) },
    created_at: new Date(created_at).toISOString(),
  };
}
