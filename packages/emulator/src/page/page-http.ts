import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../server/read-body.ts';
import { drained } from '../server/serve-exchange.ts';
import { isRecord } from '../request/messages-request.ts';

const MAX_BODY_BYTES = 1024 * 1024;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Something that the page, or who imitates it, asked wrongly. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function sendJson(outgoing: ServerResponse, status: number, value: unknown): void {
  outgoing.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function sendFile(outgoing: ServerResponse, file: { type: string; bytes: Uint8Array }): void {
  outgoing.writeHead(200, { ...HEADERS, 'content-type': file.type }).end(file.bytes);
}

/** Sends events as fast as they are read, until the reader leaves; the feed's signal is then aborted. */
export async function sendEvents(
  outgoing: ServerResponse,
  feed: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  outgoing.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  outgoing.flushHeaders();
  try {
    for await (const text of feed(gone.signal)) {
      if (!outgoing.write(text)) await drained(outgoing, gone.signal);
    }
    outgoing.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

/** The fields of a JSON body. Other sites cannot send this content type without being asked about it first. @throws PageError */
export async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  if (!/^application\/json\b/i.test(incoming.headers['content-type'] ?? ''))
    throw new PageError(415, 'content-type: must be application/json');
  const body = await readBody(incoming, MAX_BODY_BYTES);
  if (body.byteLength > MAX_BODY_BYTES) throw new PageError(413, `More than ${MAX_BODY_BYTES} bytes`);
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (isRecord(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new PageError(400, 'The body must be a JSON object');
}
