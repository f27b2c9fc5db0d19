import type { Options } from 'colloquy';
import { createApiEngine, giveWay, type Store } from 'colloquy/internal';
import type { App } from './app-env.ts';
import { type AppOptions, checkAppOptions } from './app-options.ts';
import { type Auth, createAuth } from './auth/auth.ts';
import type { KnownHosts } from './auth/host-check.ts';
import { createSessionEvents } from './doors/managed/events/session-events.ts';
import { managedOptions } from './doors/managed/sessions/managed-options.ts';
import { createWebhooks } from './doors/managed/webhooks/create-webhooks.ts';
import { createWork } from './doors/managed/work/create-work.ts';
import { HttpError } from './http/http-error.ts';
import { newRequestId, respondError } from './http/respond-error.ts';
import { keepRetention } from './live/retention.ts';
import { recoverSessions, watchForOrphans } from './live/recover.ts';
import { AnswerRecords } from './idempotency/answer-records.ts';
import { type HostEngine, SessionHost } from './live/session-host.ts';
import { Viewers } from './live/viewers.ts';
import { finishDeletions } from './resources/delete-session.ts';
import { FileBlobs } from './resources/files/file-blobs.ts';
import { keepFilesTidy } from './resources/files/tidy-files.ts';
import { createSessionFolders } from './resources/own-folders.ts';
import { Sessions } from './resources/sessions.ts';
import { createWorkspaces, type Workspaces } from './resources/workspaces.ts';
import { createRoutes } from './routes.ts';
import { withSandboxRules } from './sandbox-state.ts';
import { TranscriptIndex } from './search/transcript-index.ts';
import { announce } from './store/listening.ts';
import { openTables } from './store/tables.ts';

const IDLE_SESSION_MS = 60_000;
const MAX_OPEN_SESSIONS = 1_000;
const CLOSE_WITHIN_MS = 4_000;
const FINISH_REQUESTS_WITHIN_MS = 1_000;

/** A server as a web-standard handler, to be mounted in whatever speaks HTTP. */
export type ServerApp = AsyncDisposable & {
  /** Answers a request. Never rejects. `env` is what Hono's adapter for Node hands over, for WebSockets. */
  fetch(request: Request, env?: object): Promise<Response>;
  /** A link that signs one browser in: good once, within ten minutes. Do not log it. */
  createLink(): string;
  /** Resolves when sessions that a dead process left in the middle of something have been taken up. Requests need not wait for it. */
  readonly recovered: Promise<void>;
  /**
   * Lets the turns that are at work come to their end, for a time; resolves when they have. Meanwhile the server serves. Those that wait
   * for somebody are not waited for, nor is what is asked of it from now on: it is accepted, and taken up at the next start at the latest.
   */
  drain(withinMs: number): Promise<void>;
  /** Ends the streams and closes the sessions, within five seconds; their turns are taken up at the next start. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Makes a server over a store or an engine. It listens nowhere; see `serve`.
 * Every route but `/healthz` and the page's files asks for a credential, on this machine too.
 * @throws ConfigurationError
 */
export function createApp(options: AppOptions): ServerApp {
  const { port, publicOrigin } = options;
  return createAppOn(options, { port: () => port, origin: () => publicOrigin ?? `http://127.0.0.1:${port ?? 80}` });
}

/** `createApp` for a server that learns only when it listens where it is. */
export function createAppOn(
  options: AppOptions,
  at: { port: () => number | undefined; origin: () => string },
): ServerApp & { announce(): Promise<void> } {
  checkAppOptions(options);
  const closing = new AbortController();
  const tellFault = (error: unknown): void => options.onError?.(error, undefined);
  const watch = { signal: closing.signal, onError: tellFault };
  const store = (): Promise<Store> => engine.store();
  const workspaces = workspacesOf(options);
  const { tables, answers, search } = openStores(options.dataFolder, store);
  const auth = createAuth({ options, tables: tables.open, closing: closing.signal, onError: tellFault });
  const { engine, closeEngine } = engineOf(options, auth);
  const folders = createSessionFolders(foldersRoot(options));
  const sessions = new Sessions({ store, workspaces, folders });
  const host = new SessionHost({
    engine,
    optionsOf: (id) => optionsOf(app, id),
    idleMs: options.idleSessionMs ?? IDLE_SESSION_MS,
    maxOpen: options.maxOpenSessions ?? MAX_OPEN_SESSIONS,
    onError: tellFault,
  });
  const events = createSessionEvents({ host, sessions, store, onError: tellFault });
  const webhooks = createWebhooks(options, { tables: tables.open, store, sessions, log: events.log, ...watch });
  const app: App = {
    options,
    events,
    folders,
    auth,
    engine,
    host,
    sessions,
    workspaces,
    tables: tables.open,
    answers: answers.open,
    search: search.open,
    viewers: new Viewers((id, viewers) => host.tell(id, { kind: 'viewers', viewers })),
    webhooks,
    work: createWork(options, { tables: tables.open, store, sessions, events, auth, onError: tellFault }),
    blobs: new FileBlobs(options.dataFolder),
    closing: closing.signal,
  };
  const tidying = keepFilesTidy(app, tellFault);
  const hono = createRoutes(app, knownHosts(options, at.port));
  const busy = new Set<Promise<unknown>>();
  const recovered = takeUp(app, watch).catch(tellFault);

  let withdraw = (): Promise<void> => Promise.resolve();
  const shutDown = async (): Promise<void> => {
    closing.abort();
    // A request that never ends its body must not keep the sessions from being closed well.
    await within(
      Promise.allSettled([...busy, recovered, tidying(), webhooks.settled(), app.work.settled()]),
      FINISH_REQUESTS_WITHIN_MS,
    );
    await withdraw().catch(tellFault);
    await host.close();
    await closeEngine();
    await Promise.all([tables.close(), answers.close(), search.close(), app.blobs.close()]);
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= within(shutDown(), CLOSE_WITHIN_MS));

  return {
    recovered,
    fetch: answering(hono, busy, closing.signal),
    createLink: () => `${at.origin()}/#token=${auth.links.create()}`,
    async announce() {
      if (options.dataFolder !== undefined) withdraw = await announce(await tables.open(), at.origin());
    },
    drain: (withinMs) => host.untilQuiet(AbortSignal.any([closing.signal, AbortSignal.timeout(withinMs)])),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a dead process has left is gone on with, and what no longer shall be is deleted. */
async function takeUp(app: App, watch: { signal: AbortSignal; onError: (error: unknown) => void }): Promise<void> {
  const { host, sessions } = app;
  const store = await app.engine.store();
  if (app.options.dataFolder !== undefined) await finishDeletions(app, watch.onError);
  await recoverSessions({ host, sessions, store }, watch);
  void watchForOrphans({ host, sessions, store }, watch);
  const { deleteAfterMs } = app.options;
  if (deleteAfterMs !== undefined) void keepRetention(app, { deleteAfterMs, ...watch });
}

/** Answers requests, noting those that are at work, until the server closes. */
function answering(
  hono: ReturnType<typeof createRoutes>,
  busy: Set<Promise<unknown>>,
  closing: AbortSignal,
): ServerApp['fetch'] {
  return async (request, env) => {
    // Hundreds may come at once, and streams are not to stand still for all of them.
    const pause = giveWay();
    if (pause !== undefined) await pause;
    if (closing.aborted) return respondError(new HttpError(503, 'The server is shutting down'), newRequestId());
    const answer = Promise.resolve(hono.fetch(request, env));
    busy.add(answer);
    try {
      return await answer;
    } finally {
      busy.delete(answer);
    }
  };
}

/** The tables, the answers and the search, each opened when it is first asked for. */
function openStores(dataFolder: string | undefined, store: () => Promise<Store>) {
  const tables = lazy(
    () => openTables(dataFolder),
    (opened) => opened.destroy(),
  );
  const answers = lazy(
    () => AnswerRecords.open(dataFolder),
    (opened) => opened.close(),
  );
  const search = lazy(
    async () => TranscriptIndex.open(dataFolder, await store()),
    (opened) => opened.close(),
  );
  return { tables, answers, search };
}

/** The options to open a stored session with. @throws SessionNotFoundError */
async function optionsOf({ options, auth, sessions, tables, events, folders }: App, id: string): Promise<Options> {
  await auth.countUsers();
  const session = await sessions.stored(id);
  const { managed } = session;
  const defaults = sessionDefaults(options);
  const own =
    managed === undefined
      ? session.options
      : await managedOptions(session, managed, { tables: await tables(), events, folders, defaults });
  return withSandboxRules({ ...defaults, ...own }, options);
}

function workspacesOf(options: AppOptions): Workspaces {
  const { cwd, roots = [], dataFolder } = options;
  return createWorkspaces([cwd, ...roots], { closed: [dataFolder, foldersRoot(options)] });
}

function foldersRoot({ sessionFolders, dataFolder }: AppOptions): string | undefined {
  return sessionFolders ?? (dataFolder === undefined ? undefined : `${dataFolder}-workspaces`);
}

/** An engine that was given is its maker's to close. */
function engineOf(
  { engine, store }: AppOptions,
  auth: Auth,
): {
  engine: HostEngine;
  closeEngine: () => Promise<void>;
} {
  if (engine !== undefined) return { engine, closeEngine: () => Promise.resolve() };
  const own = createApiEngine({ store, askThroughLog: true, severalUsers: () => auth.hasSeveralUsers(), by: 'server' });
  return { engine: own, closeEngine: () => own.close() };
}

/** Something that is opened at first use; a failure is not kept, the next request tries again. */
function lazy<T>(
  open: () => Promise<T>,
  close: (opened: T) => Promise<void>,
): { open: () => Promise<T>; close: () => Promise<void> } {
  let opening: Promise<T> | undefined;
  return {
    open: () =>
      (opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      })),
    async close() {
      const opened = await opening?.catch(() => undefined);
      if (opened !== undefined) await close(opened);
    },
  };
}

function sessionDefaults({ sessionDefaults: given, allowUnsandboxed }: AppOptions): Options {
  return { ...given, ...(allowUnsandboxed === true ? { allowDangerouslySkipPermissions: true } : {}) };
}

function knownHosts(options: AppOptions, port: () => number | undefined): () => KnownHosts {
  const names = new Set((options.allowedHosts ?? []).map((name) => name.toLowerCase()));
  if (options.publicOrigin !== undefined) names.add(new URL(options.publicOrigin).host);
  return () => ({ port: port(), names });
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
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
