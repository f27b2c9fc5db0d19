import { once } from 'node:events';
import { type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConfigurationError } from 'colloquy';
import { WebSocketServer } from 'ws';
import type { AppOptions } from './app-options.ts';
import { LOOPBACK_HOSTS } from './auth/host-check.ts';
import { createAppOn } from './create-app.ts';
import { writeDirectly } from './live/sse-body.ts';
import { mindUpgrades, UPGRADE_OPTIONS } from './http/upgrades.ts';

/** How long answers that have been given may take to reach their clients when the server closes. */
const FLUSH_WITHIN_MS = 1_000;

/** Of a message that a client says over a socket, which it need not. */
const MAX_SAID_BYTES = 4_096;

export type ServeOptions = Omit<AppOptions, 'port'> & {
  /** Default `127.0.0.1`; `localhost` and `::1` as well. Another machine can be let in only with `publicOrigin`, which says how it reaches us. */
  host?: string | undefined;
  /** Default 0: any free port. */
  port?: number | undefined;
};

export type RunningServer = AsyncDisposable & {
  /** The origin that browsers use. */
  url: string;
  /** Signs one browser in: good once, within ten minutes. For the terminal, not for logs. */
  link: string;
  port: number;
  /** Another link. */
  createLink(): string;
  /** Resolves when sessions that a dead process left in the middle of something have been taken up. */
  readonly recovered: Promise<void>;
  /** Lets the turns that are at work come to their end before the server is closed. */
  drain(withinMs: number): Promise<void>;
  /** Stops accepting, ends the streams, closes the sessions; within five seconds. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Runs a server on Node.
 * @throws ConfigurationError for an address beyond this machine without `publicOrigin`, and the system's error when the port is taken.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const loopback = LOOPBACK_HOSTS.get(host);
  if (loopback === undefined && options.publicOrigin === undefined) {
    throw new ConfigurationError(
      `Listening on ${host} lets other machines in: say how they reach this server with publicOrigin ("https://chat.example.org"), or listen on 127.0.0.1`,
    );
  }
  let port: number | undefined;
  const origin = (): string => options.publicOrigin ?? `http://${loopback}:${port}`;
  const app = createAppOn(options, { port: () => port, origin });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_SAID_BYTES, perMessageDeflate: false });
  const accepted = new WeakSet<Duplex>();
  sockets.on('connection', (_, request) => accepted.add(request.socket));
  // Without `createServer` of another kind, the adaptor makes a plain HTTP server.
  const server = createAdaptorServer({
    fetch: async (request, env) => {
      const response = await app.fetch(request, env);
      const isWritten = env.outgoing instanceof ServerResponse && writeDirectly(response, env.outgoing);
      return isWritten ? RESPONSE_ALREADY_SENT : response;
    },
    // The adaptor's type wants `noServer` to be told, which the one of ws leaves open.
    websocket: { server: sockets as unknown as WebSocketServerLike },
    serverOptions: UPGRADE_OPTIONS,
    overrideGlobalObjects: false,
  }) as Server;
  const endUpgraded = mindUpgrades(server, (socket) => accepted.has(socket));
  try {
    port = await listen(server, host, options.port ?? 0);
  } catch (error) {
    await app.close();
    throw error;
  }
  // Whoever cannot be told of it where we are can still be told by hand.
  await app.announce().catch((error: unknown) => options.onError?.(error, undefined));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= shutDown(server, { closeApp: () => app.close(), endUpgraded }));
  return {
    url: origin(),
    link: app.createLink(),
    port,
    createLink: () => app.createLink(),
    recovered: app.recovered,
    drain: (withinMs) => app.drain(withinMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ port, host });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return address.port;
}

/** Every answer has been given when the app has closed; what is left are bytes on their way, and sockets that browsers opened in advance. */
async function shutDown(
  server: Server,
  { closeApp, endUpgraded }: { closeApp: () => Promise<void>; endUpgraded: () => void },
): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  try {
    await closeApp();
  } finally {
    server.closeIdleConnections();
    const cut = setTimeout(() => {
      server.closeAllConnections();
      endUpgraded();
    }, FLUSH_WITHIN_MS);
    await ended;
    clearTimeout(cut);
  }
}
