import { bytesAnswer, jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { fileName } from '../files/file-name.ts';
import { checkExpiry, type StoredFile } from '../files/file-store.ts';
import type { HttpResponse } from '../http-send.ts';
import { refuse } from '../refusals/refusal.ts';
import { parseForm, type FormPart } from './multipart.ts';
import { limitOf, valuesOf } from './page-by-id.ts';

const MIN_LIFE_SECONDS = 3600;
const MAX_LIFE_SECONDS = 90 * 24 * 3600;
const MAX_IDS = 100;

/** `POST /v1/files`: a form with the part `file`, and `expires_in_seconds` if wanted. */
export function uploadFile({ body, http, state, caller, recorded }: Context): HttpResponse {
  const parts = parseForm(body.raw, http.headers['content-type']);
  const unknown = parts.find(({ name }) => name !== 'file' && name !== 'expires_in_seconds');
  if (unknown) refuse(`${unknown.name}: Extra inputs are not permitted`);
  const file = parts.find(({ name }) => name === 'file') ?? refuse('file: Field required');
  const mimeType = (file.contentType ?? 'application/octet-stream').replace(/;.*$/s, '').trim().toLowerCase();
  const lifeSeconds = lifeOf(parts.find(({ name }) => name === 'expires_in_seconds'));
  const nowMs = recorded.receivedAtMs;
  const stored = state.files.add({
    id: state.ids.next('file', 0),
    workspaceId: caller.workspaceId,
    filename: fileName(file.filename, mimeType),
    mimeType,
    // A copy: the part is a view of the whole body, which would be kept with it.
    bytes: Uint8Array.from(file.bytes),
    createdAtMs: nowMs,
    expiresAtMs: lifeSeconds === undefined ? undefined : nowMs + lifeSeconds * 1000,
    downloadable: false,
  });
  return jsonAnswer(200, toMetadata(stored), recorded.requestId);
}

/** `GET /v1/files`: newest first, page by page, or those of the ids given. */
export function listFiles({ state, caller, recorded }: Context): HttpResponse {
  const query = new URLSearchParams(recorded.query);
  const ids = new Set(valuesOf(query, 'ids'));
  // No file here belongs to a session, which is what a scope is.
  const all = query.has('scope_id') ? [] : state.files.list(caller.workspaceId);
  if (ids.size > 0) {
    if (query.has('page') || query.has('limit')) refuse('ids: cannot be combined with page or limit');
    if (ids.size > MAX_IDS) refuse(`ids: at most ${MAX_IDS} ids are allowed`);
    const data = all.filter(({ id }) => ids.has(id)).map(toMetadata);
    return jsonAnswer(200, { data, next_page: null }, recorded.requestId);
  }
  const before = cursorOf(query.get('page'));
  const rest = all.filter(({ number }) => number < before);
  const page = rest.slice(0, limitOf(query.get('limit')));
  const next = rest.length > page.length ? toCursor(page.at(-1)) : null;
  return jsonAnswer(200, { data: page.map(toMetadata), next_page: next }, recorded.requestId);
}

/** `GET /v1/files/{id}`. */
export function showFile(context: Context, id: string): HttpResponse {
  return jsonAnswer(200, toMetadata(fileOf(context, id)), context.recorded.requestId);
}

/** `GET /v1/files/{id}/content`. */
export function downloadFile(context: Context, id: string): HttpResponse {
  const file = fileOf(context, id);
  if (!file.downloadable) {
    refuse(`The file ${id} cannot be downloaded: only files made by tools can`, {
      details: { error_code: 'file_not_downloadable' },
    });
  }
  checkExpiry(file, context.recorded.receivedAtMs);
  const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`;
  const headers = { 'content-type': file.mimeType, 'content-disposition': disposition };
  return bytesAnswer(file.bytes, headers, context.recorded.requestId);
}

/** `DELETE /v1/files/{id}`. */
export function deleteFile(context: Context, id: string): HttpResponse {
  context.state.files.delete(fileOf(context, id));
  return jsonAnswer(200, { id, type: 'file_deleted' }, context.recorded.requestId);
}

function fileOf({ state, caller }: Context, id: string): StoredFile {
  return state.files.get(id, caller.workspaceId) ?? refuse(`File not found: ${id}`, { status: 404 });
}

/** A file as the API shows it. */
export function toMetadata(file: StoredFile): FileMetadata {
  return {
    id: file.id,
    type: 'file',
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.bytes.byteLength,
    created_at: new Date(file.createdAtMs).toISOString(),
    expires_at: file.expiresAtMs === undefined ? null : new Date(file.expiresAtMs).toISOString(),
    downloadable: file.downloadable,
  };
}

export type FileMetadata = {
  id: string;
  type: 'file';
  filename: string;
  mime_type: string;
  size_bytes: number;
  created_at: string;
  expires_at: string | null;
  downloadable: boolean;
};

function lifeOf(part: FormPart | undefined): number | undefined {
  if (part === undefined) return undefined;
  const seconds = Number(Buffer.from(part.bytes).toString('utf8') || Number.NaN);
  return Number.isInteger(seconds) && seconds >= MIN_LIFE_SECONDS && seconds <= MAX_LIFE_SECONDS
    ? seconds
    : refuse(`expires_in_seconds: Input should be a whole number from ${MIN_LIFE_SECONDS} to ${MAX_LIFE_SECONDS}`);
}

/** The cursor holds the number of the page's last file, so that uploads and deletions between two pages move nothing. */
function toCursor(file: StoredFile | undefined): string | null {
  return file === undefined ? null : `page_${Buffer.from(String(file.number)).toString('base64url')}`;
}

function cursorOf(page: string | null): number {
  if (page === null) return Number.POSITIVE_INFINITY;
  const number = Number(Buffer.from(page.replace(/^page_/, ''), 'base64url').toString('latin1') || Number.NaN);
  return Number.isInteger(number) ? number : refuse('page: not a cursor of this list');
}
