import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpSend } from '../http-send.ts';
import { serveExchange } from './serve-exchange.ts';

/** Longer than clients keep idle connections, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

export type ListenOptions = {
  /** Default 0: any free port. */
  port?: number | undefined;
  /** Default `127.0.0.1`. The emulator accepts any key, so bind it to other addresses only in a closed network. */
  host?: string | undefined;
  /**
   * Also serve the page, at `/`: it shows requests as they come, to this machine only. With `beTheModel` requests that are not
   * scripted wait for a person who answers there, from the beginning; the page turns it on and off. Default: no page.
   */
  page?: boolean | { beTheModel?: boolean | undefined } | undefined;
};

/** What is served beside the API. */
export type SideDoor = {
  /** Answers a request that is not the API's; false for all others. Must not throw. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean;
  /** Called once, when the port is being closed. */
  close(): void;
};

/** An emulator that listens. */
export interface Listening extends AsyncDisposable {
  /** For `ANTHROPIC_BASE_URL`; without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Ends open streams and connections at once; resolves when the port is free. Safe to call twice. */
  close(): Promise<void>;
}

/** Serves `send` over HTTP. @throws Error of `node:net` when the port cannot be had. */
export async function listen(
  send: HttpSend,
  o: Omit<ListenOptions, 'page'> = {},
  sideDoor?: SideDoor,
): Promise<Listening> {
  const host = o.host ?? '127.0.0.1';
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (incoming, outgoing) => {
    if (sideDoor?.handle(incoming, outgoing)) return;
    serveExchange(incoming, outgoing, send).catch((error: unknown) =>
      outgoing.destroy(error instanceof Error ? error : undefined),
    );
  });
  await opened(server, o.port ?? 0, host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    if (closed === undefined) sideDoor?.close();
    return (closed ??= closedServer(server));
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function opened(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closedServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
