import { join } from 'node:path';
import { createApiEngine } from 'colloquy/internal';
import { Hono } from 'hono';
import type { App, AppEnv } from './app-env.ts';
import { type AppOptions, checkAppOptions } from './app-options.ts';
import { requireCredential } from './auth/authenticate.ts';
import { folderCredentials, memoryCredentials } from './auth/credentials.ts';
import { addExchange } from './auth/exchange.ts';
import type { KnownHosts } from './auth/host-check.ts';
import { LoginLinks } from './auth/login-links.ts';
import { refuseForeign } from './auth/request-origin.ts';
import { addConversation } from './doors/native/conversation.ts';
import { addInfo } from './doors/native/info.ts';
import { addReading } from './doors/native/reading.ts';
import { addSessions } from './doors/native/sessions.ts';
import { HttpError } from './http/http-error.ts';
import { newRequestId, respondError, toHttpError } from './http/respond-error.ts';
import { setSecurityHeaders } from './http/security-headers.ts';
import { isPagePath, servePage } from './http/static-page.ts';
import { recoverSessions } from './live/recover.ts';
import { SessionHost } from './live/session-host.ts';
import { createWorkspaces } from './resources/workspaces.ts';

const IDLE_SESSION_MS = 60_000;
const MAX_OPEN_SESSIONS = 1_000;
const CLOSE_WITHIN_MS = 5_000;

/** A server as a web-standard handler, to be mounted in whatever speaks HTTP. */
export type ServerApp = AsyncDisposable & {
  /** Answers a request. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** A link that signs one browser in: good once, within ten minutes. Do not log it. */
  createLink(): string;
  /** Resolves when sessions that a dead process left in the middle of something have been taken up. Requests need not wait for it. */
  readonly recovered: Promise<void>;
  /** Ends the streams and closes the sessions, within five seconds; their turns are taken up at the next start. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Makes a server over a store or an engine. It listens nowhere; see `serve`.
 * Every route but `/healthz` and the page's files asks for a credential, on this machine too.
 * @throws ConfigurationError
 */
export function createApp(options: AppOptions): ServerApp {
  return createAppOn(options, () => options.port);
}

/** `createApp` for a server that learns its port only when it listens. */
export function createAppOn(options: AppOptions, port: () => number | undefined): ServerApp {
  checkAppOptions(options);
  const closing = new AbortController();
  const onError = options.onError ?? (() => undefined);
  const engine = options.engine ?? createApiEngine({ store: options.store, askThroughLog: true });
  const host = new SessionHost({
    engine,
    sessionDefaults: options.sessionDefaults ?? {},
    idleMs: options.idleSessionMs ?? IDLE_SESSION_MS,
    maxOpen: options.maxOpenSessions ?? MAX_OPEN_SESSIONS,
    onError: (error) => onError(error, undefined),
  });
  const app: App = {
    options,
    engine,
    host,
    workspaces: createWorkspaces([options.cwd, ...(options.roots ?? [])]),
    closing: closing.signal,
  };
  const links = new LoginLinks();
  const hono = createRoutes(app, links, knownHosts(options, port));
  const busy = new Set<Promise<unknown>>();
  const recovered = engine
    .store()
    .then((store) =>
      recoverSessions(host, store, { signal: closing.signal, onError: (error) => onError(error, undefined) }),
    )
    .catch((error: unknown) => onError(error, undefined));

  const shutDown = async (): Promise<void> => {
    closing.abort();
    await Promise.allSettled([...busy, recovered]);
    await host.close();
    if (options.engine === undefined) await engine.close();
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= within(shutDown(), CLOSE_WITHIN_MS));

  return {
    recovered,
    async fetch(request) {
      if (closing.signal.aborted)
        return respondError(new HttpError(503, 'The server is shutting down'), newRequestId());
      const answer = Promise.resolve(hono.fetch(request));
      busy.add(answer);
      try {
        return await answer;
      } finally {
        busy.delete(answer);
      }
    },
    createLink: () => `${options.publicOrigin ?? `http://127.0.0.1:${port() ?? 80}`}/#token=${links.create()}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createRoutes(app: App, links: LoginLinks, hosts: () => KnownHosts): Hono<AppEnv> {
  const { options } = app;
  const credentials =
    options.dataFolder === undefined ? memoryCredentials() : folderCredentials(join(options.dataFolder, 'credentials'));
  const hono = new Hono<AppEnv>();
  hono.use(async (c, next) => {
    c.set('requestId', newRequestId());
    await next();
    c.res.headers.set('request-id', c.get('requestId'));
    setSecurityHeaders(c.res.headers, isPagePath(c.req.path) ? 'page' : 'data');
  });
  hono.onError((error, c) => {
    const told = toHttpError(error);
    if (told.status === 500) options.onError?.(error, c.get('requestId'));
    return respondError(told, c.get('requestId'));
  });
  hono.notFound((c) =>
    respondError(new HttpError(404, `There is no ${c.req.method} ${c.req.path.slice(0, 200)}`), c.get('requestId')),
  );
  hono.use(refuseForeign({ hosts, publicOrigin: options.publicOrigin }));

  // Open to everybody: they hold no data and start nothing.
  hono.get('/healthz', (c) => c.json({ status: 'ok' }));
  addExchange(hono, { links, credentials, isSecure: options.publicOrigin?.startsWith('https:') === true });
  hono.get('*', (c, next) => (isPagePath(c.req.path) ? servePage(c.req.path, options.webRoot) : next()));

  // Everything else, unknown paths too, asks for a credential first.
  hono.use(requireCredential(credentials));
  addInfo(hono, app);
  addSessions(hono, app);
  addConversation(hono, app);
  addReading(hono, app);
  return hono;
}

function knownHosts(options: AppOptions, port: () => number | undefined): () => KnownHosts {
  const names = new Set((options.allowedHosts ?? []).map((name) => name.toLowerCase()));
  if (options.publicOrigin !== undefined) names.add(new URL(options.publicOrigin).host);
  return () => ({ port: port(), names });
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
