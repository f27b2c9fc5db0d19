import { APIConnectionError, ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { HttpRequest, HttpResponse, HttpSend } from '../messages-api/http-send.ts';

const IDLE_CONNECTION_MS = 60_000;

/** The part of undici that is used. It is an optional peer, so its own types may not be there. */
export type Undici = {
  Agent: new (options: object) => Dispatcher;
  ProxyAgent: new (options: object) => Dispatcher;
};
type Dispatcher = {
  request(options: object): Promise<{
    statusCode: number;
    headers: Record<string, string | string[] | undefined>;
    body: AsyncIterable<Uint8Array> & { on(event: 'error', listener: () => void): unknown };
  }>;
  destroy(): Promise<void>;
};

export type UndiciSendOptions = {
  proxy: string | undefined;
  http2: boolean;
  keepAlive: boolean;
  /** For tests: where undici comes from, and what its connections trust. */
  load?: (() => Promise<unknown>) | undefined;
  ca?: string | undefined;
};

/**
 * A `send` over undici: through a proxy, or over HTTP/2 where the endpoint offers it. Redirects are not followed, no bound in time is
 * set: the caller's signal does that.
 * @throws ConfigurationError when undici is not installed
 */
export async function createUndiciSend(o: UndiciSendOptions): Promise<HttpSend & { close(): Promise<void> }> {
  const dispatcher = dispatcherOf(await loadUndici(o), o);
  const send: HttpSend = (request) => exchange(dispatcher, request, o.proxy);
  return Object.assign(send, { close: () => dispatcher.destroy() });
}

async function loadUndici({ proxy, load = importUndici }: UndiciSendOptions): Promise<Undici> {
  const option = proxy === undefined ? 'http2' : 'proxy';
  let found: unknown;
  try {
    found = await load();
  } catch (cause) {
    throw new ConfigurationError(
      `Option \`${option}\` needs the package undici, which cannot be loaded; run \`npm install undici\`, or leave the option out`,
      { cause },
    );
  }
  if (isUndici(found)) return found;
  throw new ConfigurationError(
    `Option \`${option}\` needs a newer undici: this one has no Agent and ProxyAgent; run \`npm install undici@latest\``,
  );
}

// Not as a literal: bundlers and the compiler would want a package that most do without.
const importUndici = (name: string = 'undici'): Promise<unknown> => import(name);

function isUndici(found: unknown): found is Undici {
  return isRecord(found) && typeof found['Agent'] === 'function' && typeof found['ProxyAgent'] === 'function';
}

function dispatcherOf(undici: Undici, { proxy, http2, keepAlive, ca }: UndiciSendOptions): Dispatcher {
  const tls = { allowH2: http2, ...(ca === undefined ? {} : { ca }) };
  const options = {
    allowH2: http2,
    // Bounds in time are the caller's, by its signal.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    ...(keepAlive ? {} : { pipelining: 0 }),
    connect: tls,
  };
  if (proxy === undefined) return new undici.Agent(options);
  return new undici.ProxyAgent({ ...options, uri: proxy, requestTls: tls });
}

async function exchange(
  dispatcher: Dispatcher,
  { url, method, headers, body, signal }: HttpRequest,
  proxy: string | undefined,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  const way = proxy === undefined ? '' : ` through ${new URL(proxy).host}`;
  try {
    const answer = await dispatcher.request({
      origin,
      path: pathname + search,
      method,
      headers: sent(headers),
      body,
      signal,
    });
    // A body that is never read, or is left before it breaks, must not end the process by an error nobody hears.
    answer.body.on('error', () => {});
    return {
      status: answer.statusCode,
      headers: flatHeaders(answer.headers),
      body: bodyOf(answer.body, origin, signal),
    };
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new APIConnectionError(`No answer from ${origin}${way}: ${messageOf(cause)}`, { cause });
  }
}

// HTTP/2 knows no such header, and undici closes connections by itself.
function sent(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection'));
}

async function* bodyOf(
  body: AsyncIterable<Uint8Array>,
  origin: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new APIConnectionError(`The connection to ${origin} broke before the answer was whole`, { cause });
  }
  signal?.throwIfAborted();
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}
