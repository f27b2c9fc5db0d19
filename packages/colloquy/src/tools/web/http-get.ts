import type { IncomingMessage } from 'node:http';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib';
import { VERSION } from '../../helpers/version.ts';

// See messages-api/node-http-send.ts: an `import` of node:http would load more.
const http = process.getBuiltinModule('node:http');

const MAX_HEADER_BYTES = 32_768;
const ACCEPT = 'text/markdown, text/html, application/xhtml+xml, text/plain, application/json;q=0.9, */*;q=0.5';

/** One answer, its body decompressed and as far as it was read. */
export type HttpAnswer = {
  status: number;
  statusText: string;
  headers: IncomingMessage['headers'];
  body: Uint8Array;
  /** Why the body is not whole. */
  cut: 'size' | 'time' | 'connection' | undefined;
};

export type GetOptions = {
  maxBytes: number;
  /** Ends the reading; what has come of a body by then is kept if `isTimeUp` says so. */
  signal: AbortSignal;
  /** Called with every piece that comes, so that the bound on silence begins anew. */
  onPiece(): void;
  isTimeUp(): boolean;
};

/** Whether this answer's body is worth reading. */
type WantsBody = (status: number, headers: IncomingMessage['headers']) => boolean;

/**
 * Makes one GET request over a connection, which it closes. No redirect is followed, no cookie kept or sent, no proxy asked.
 * @throws Error when there is no answer, or when it is not HTTP
 */
export async function httpGet(url: URL, connection: Duplex, wantsBody: WantsBody, o: GetOptions): Promise<HttpAnswer> {
  const destroy = (): void => void connection.destroy();
  o.signal.addEventListener('abort', destroy, { once: true });
  try {
    return await answerTo(url, connection, o.signal, async (response) => {
      o.onPiece();
      const { headers, statusCode: status = 0, statusMessage: statusText = '' } = response;
      const nothing = { body: new Uint8Array(0), cut: undefined };
      const read = wantsBody(status, headers) ? await readBody(url, response, o) : nothing;
      return { status, statusText, headers, ...read };
    });
  } finally {
    o.signal.removeEventListener('abort', destroy);
    connection.destroy();
  }
}

/** `read` is called as the answer begins, in that very moment: a moment later its connection may be gone, and what had come with it. */
function answerTo<T>(
  url: URL,
  connection: Duplex,
  signal: AbortSignal,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: 'GET',
      path: url.pathname + url.search,
      setHost: false,
      headers: { host: url.host, 'user-agent': `Colloquy/${VERSION}`, accept: ACCEPT, 'accept-encoding': 'gzip, br' },
      createConnection: () => connection,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    let hasAnswer = false;
    request.once('response', (response) => {
      hasAnswer = true;
      // A body that is not read may still break.
      response.on('error', () => undefined);
      read(response).then(resolve, reject);
    });
    request.once('close', () => {
      if (!hasAnswer) reject(new Error(`${url.host} closed the connection without an answer.`));
    });
    // Stays: an error after the answer has begun is told by its body.
    request.on('error', (cause) => {
      if (!hasAnswer) reject(signal.aborted ? signal.reason : new Error(whyNoAnswer(url, cause), { cause }));
    });
    request.end();
  });
}

function whyNoAnswer(url: URL, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') return `The headers of ${url.host} are longer than ${MAX_HEADER_BYTES} bytes.`;
  if (code.startsWith('HPE_')) return `${url.host} did not answer in HTTP.`;
  return `${url.host} did not answer: ${error.message}`;
}

type ReadBody = Pick<HttpAnswer, 'body' | 'cut'>;

/** By events, because what has come must not be lost with the connection. */
function readBody(url: URL, response: IncomingMessage, o: GetOptions): Promise<ReadBody> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const stream = decompressed(response);
  return new Promise((resolve, reject) => {
    const end = (cut: HttpAnswer['cut']): void => {
      resolve({ body: Buffer.concat(pieces).subarray(0, o.maxBytes), cut });
      response.destroy();
    };
    const broken = (cause?: Error): void => {
      if (o.signal.aborted && (bytes === 0 || !o.isTimeUp())) reject(o.signal.reason);
      else if (bytes === 0) reject(new Error(`The connection to ${url.host} broke before its page came.`, { cause }));
      else end(o.signal.aborted ? 'time' : 'connection');
    };
    // The pieces of a stream without an encoding are buffers.
    stream.on('data', (piece: Uint8Array) => {
      o.onPiece();
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes > o.maxBytes) end('size');
    });
    stream.once('end', () => end(response.complete ? undefined : 'connection'));
    stream.on('error', broken);
    // After an end or an error nothing more comes of it.
    stream.once('close', broken);
  });
}

function decompressed(response: IncomingMessage): Readable {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  switch (encoding) {
    case 'identity':
    case '':
      return response;
    case 'gzip':
    case 'x-gzip':
      // What was cut short is decompressed as far as it goes.
      return through(response, createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }));
    case 'br':
      return through(response, createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }));
    default:
      throw new Error(`The page is compressed in a way that was not asked for (${encoding.slice(0, 50)}).`);
  }
}

/** Either end of the pipe ends the other; who reads is told of errors by the pipe's end. */
function through(response: Readable, decompressor: Duplex): Readable {
  return pipeline(response, decompressor, () => undefined);
}
