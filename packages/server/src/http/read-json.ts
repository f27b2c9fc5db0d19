import { BrokenBodyError, HttpError } from './http-error.ts';
import { shapeProblem } from './json-shape.ts';

/** Bytes of a request's body: room for the images of one prompt, as the Messages API allows. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** What bodies hold that were asked for before. */
const parsed = new WeakMap<Buffer, unknown>();

/**
 * The JSON of a request's body; the same value however often it is asked, which nobody may change.
 * @throws HttpError 415 when it is not declared as JSON, 413 past the limit, 400 when it is not JSON, nested too deeply, or breaks off.
 */
export async function readJson(request: Request, maxBytes: number = MAX_BODY_BYTES): Promise<unknown> {
  // Demanding this type also keeps out forms of other sites, which cannot send it unasked.
  if (!isJsonType(request.headers.get('content-type'))) {
    throw new HttpError(415, 'Send the body as JSON, with the header content-type: application/json');
  }
  const bytes = await readBytes(request, maxBytes);
  if (parsed.has(bytes)) return parsed.get(bytes);
  const problem = shapeProblem(bytes);
  if (problem !== undefined) throw new HttpError(400, `The body is not taken: ${problem}`);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    parsed.set(bytes, value);
    return value;
  } catch (cause) {
    // JSON that does not parse, or bytes that are not UTF-8.
    if (cause instanceof SyntaxError || cause instanceof TypeError) {
      throw new HttpError(400, `The body is not JSON: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

function isJsonType(contentType: string | null): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}

/** A body that is declared to be no larger is read in one piece. */
const SMALL_BYTES = 64 * 1024;

/** Bodies that have been read: a body comes once, and the route wants what was read before it. */
const known = new WeakMap<Request, Buffer<ArrayBuffer>>();

/**
 * The bytes of a request's body, the same ones however often it is asked.
 * @param onPiece told the size so far, and may throw an HttpError
 * @throws HttpError 413 past the limit, 400 when it breaks off
 */
export async function readBytes(
  request: Request,
  maxBytes: number,
  onPiece?: (size: number) => void,
): Promise<Buffer<ArrayBuffer>> {
  const read = known.get(request);
  if (read !== undefined && read.length > maxBytes) throw tooLarge(maxBytes);
  if (read !== undefined) return read;
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  const isSmall = declared !== null && Number(declared) <= Math.min(SMALL_BYTES, maxBytes);
  const bytes = isSmall ? await readWhole(request) : await readPieces(request, maxBytes, onPiece);
  known.set(request, bytes);
  return bytes;
}

async function readWhole(request: Request): Promise<Buffer<ArrayBuffer>> {
  try {
    return Buffer.from(await request.arrayBuffer());
  } catch (cause) {
    throw new BrokenBodyError({ cause });
  }
}

async function readPieces(
  request: Request,
  maxBytes: number,
  onPiece: ((size: number) => void) | undefined,
): Promise<Buffer<ArrayBuffer>> {
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // The types of the platform leave the chunks open; the body of a request is bytes.
    for await (const chunk of request.body as ReadableStream<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      onPiece?.(size);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new BrokenBodyError({ cause });
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes`);
}
