import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { APIConnectionError } from '../errors.ts';
import type { HttpRequest, HttpResponse, HttpSend } from './http-send.ts';
import { ResponseBody } from './response-body.ts';

// An idle connection older than this may have been forgotten by a gateway on the way.
const IDLE_CONNECTION_MS = 60_000;
const AGENT_OPTIONS = { keepAlive: true, noDelay: true, timeout: IDLE_CONNECTION_MS };

// An `import` of node:http also loads the WebSocket client that it re-exports: 24 ms instead of 2 (measured with Node 24.21).
const http = process.getBuiltinModule('node:http');

/** What carries a request: the function for its protocol, and the pool of connections. */
type Carrier = { request: typeof http.request; agent: Agent };
/** Where a request goes, as `node:http` wants to have it. */
type Target = { url: URL; options: { protocol: string; hostname: string; port: string; path: string } };

/**
 * A `send` over `node:http` and `node:https`, with a pool of kept-alive connections, which do not keep the process alive.
 * Redirects are not followed, no bound in time is set: the caller's signal does that. `close()` drops the idle connections.
 */
export function createNodeHttpSend(): HttpSend & { close(): void } {
  const plain: Carrier = { request: http.request, agent: new http.Agent(AGENT_OPTIONS) };
  let secure: Carrier | undefined;
  /** Most requests go where the one before went. */
  let last: { address: string; target: Target } | undefined;

  const targetOf = (address: string): Target => {
    if (last?.address !== address) last = { address, target: toTarget(new URL(address)) };
    return last.target;
  };
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    request.signal?.throwIfAborted();
    const target = targetOf(request.url);
    const carrier = target.options.protocol === 'http:' ? plain : (secure ??= secureCarrier());
    try {
      return await exchange(carrier, target, request);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      // The other idle connections to this host are as old: without them the pool must open a new one.
      for (const socket of carrier.agent.freeSockets[error.pool] ?? []) socket.destroy();
      return exchange(carrier, target, request);
    }
  };
  return Object.assign(send, {
    close(): void {
      plain.agent.destroy();
      secure?.agent.destroy();
    },
  });
}

function secureCarrier(): Carrier {
  const https = process.getBuiltinModule('node:https');
  return { request: https.request, agent: new https.Agent(AGENT_OPTIONS) };
}

/** The pool that everything in this process shares unless it is given a `send` of its own. */
export const nodeHttpSend: HttpSend & { close(): void } = createNodeHttpSend();
/** What there is in Node, as `#default-send` names it. */
export const defaultHttpSend: HttpSend = (request) => nodeHttpSend(request);

/** The server had closed a pooled connection before it saw the request: the one case in which a POST can be sent again. */
class StaleConnection extends APIConnectionError {
  readonly pool: string;
  constructor(message: string, pool: string, options: ErrorOptions) {
    super(message, options);
    this.pool = pool;
  }
}

function toTarget(url: URL): Target {
  const { protocol, hostname, port, pathname, search } = url;
  return { url, options: { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: pathname + search } };
}

function exchange(carrier: Carrier, { url, options: where }: Target, request: HttpRequest): Promise<HttpResponse> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const options = { ...where, method: request.method, headers: withLength(request), agent: carrier.agent };
    const req = carrier.request(options);
    let bytesBefore = 0;
    let isAnswered = false;
    const onAbort = (): void => {
      reject(signal?.reason);
      req.destroy();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    req.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      // An error takes 16 µs to make, and nearly every request has its answer.
      if (isAnswered) return;
      // Nothing, if there was an error. Neither comes of a change to another protocol, which nobody has asked for.
      reject(new APIConnectionError(`No answer from ${url.origin}: it closed the connection without one`));
    });
    req.once('socket', (socket) => {
      bytesBefore = socket.bytesRead;
      // The bound of an idle connection; while it is in use, it would be moved with every chunk.
      socket.setTimeout(0);
    });
    req.once('response', (response) => {
      isAnswered = true;
      resolve({
        status: response.statusCode ?? 0,
        headers: flatHeaders(response),
        body: new ResponseBody(response, url, signal),
      });
    });
    // Stays for the life of the request: an error after the response is told by the body.
    req.on('error', (cause) => {
      const message = `No answer from ${url.origin}: ${cause.message || codeOf(cause)}`;
      if (isStale(req, cause, bytesBefore))
        reject(new StaleConnection(message, carrier.agent.getName(options), { cause }));
      else reject(new APIConnectionError(message, { cause }));
    });
    req.end(request.body);
  });
}

function withLength({ headers, body }: HttpRequest): Record<string, string | number> {
  if (body === undefined) return headers;
  return { ...headers, 'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength };
}

function isStale(req: ClientRequest, cause: Error, bytesBefore: number): boolean {
  const code = codeOf(cause);
  return req.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE') && req.socket?.bytesRead === bytesBefore;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Only `set-cookie` is a list, and hardly any answer has it. */
function flatHeaders({ headers }: IncomingMessage): Record<string, string> {
  const { 'set-cookie': cookies } = headers;
  // The values of all others are texts.
  if (cookies === undefined) return headers as Record<string, string>;
  return { ...(headers as Record<string, string>), 'set-cookie': cookies.join(', ') };
}
