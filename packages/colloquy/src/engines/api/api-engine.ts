import { join } from 'node:path';
import type { Store } from '../../log/store.ts';
import type { HttpSend } from '../../messages-api/http-send.ts';
import { modelOf } from '../../options/resolve-options.ts';
import { OPTION_NAMES, validateOptions } from '../../options/validate.ts';
import type { Engine, HostedSession, SessionFunctions } from '../engine.ts';
import type { HostedOptions } from '../hosted-options.ts';
import type { ApiSession } from './api-session.ts';
import { splitHosted } from './check-hosted.ts';
import { chooseSession } from './choose-session.ts';
import { connect } from './connect.ts';
import { loadSession } from './load-session.ts';
import { checkThinking } from './request-extras.ts';
import { sessionFunctions } from './session-functions.ts';
import { SessionPermissions, withNamedSettings } from './session-permissions.ts';
import { SessionSetup } from './session-setup.ts';
import { collectTools } from './collect-tools.ts';

export type ApiEngineOptions = {
  /** Where sessions are kept. Default: the SQLite store in the data folder, opened at first use. */
  store?: Store | undefined;
  /** Replaces the network for sessions whose options do not. */
  send?: HttpSend | undefined;
  /**
   * For servers: a call that must be asked becomes a `permission_request` in the log and waits for the control `answer`; settings
   * changed earlier in a session still hold; a turn that `close()` finds running is left to the session's next owner.
   */
  askThroughLog?: boolean | undefined;
  /** Whether several people use the server, asked at each command: without a sandbox it is asked about then, whatever rules say. Default false. */
  severalUsers?: boolean | (() => boolean) | undefined;
  /** Who is named in the log as the writer of inputs. Default `sdk`. */
  by?: string | undefined;
};

/** Our own agent loop, in this process. One engine serves any number of sessions. */
export type ApiEngine = Omit<Engine, 'open'> & {
  open(options: HostedOptions): Promise<HostedSession>;
  /** The store of persistent sessions. */
  store(): Promise<Store>;
  /** Closes every open session, and the stores that the engine has opened itself. */
  close(): Promise<void>;
};

/** Makes an engine. Nothing is opened before the first session. */
export function createApiEngine(o: ApiEngineOptions = {}): ApiEngine {
  const stores = new EngineStores(o.store);
  const open = new Set<ApiSession>();
  return {
    kind: 'api',
    supports: OPTION_NAMES,
    sessions: lazySessionFunctions(() => stores.persistent()),
    store: () => stores.persistent(),
    async open(wanted) {
      const hosted = o.askThroughLog === true;
      const { options: given, ...hosting } = splitHosted(wanted, hosted);
      validateOptions(given);
      checkThinking(given, modelOf(given));
      if (given.sandbox?.enabled === true && given.sandbox.failIfUnavailable !== false)
        (await import('../../tools/sandbox/find-parts.ts')).requireParts();
      const { client, apiKeySource } = connect(given, o.send);
      const [{ options, base }, tools] = await Promise.all([
        withNamedSettings(given),
        collectTools(given, hosting.toolset),
      ]);
      const setup = new SessionSetup(options, {
        client,
        apiKeySource,
        tools,
        ...hosting,
        permissions: await SessionPermissions.load(options, { hosted, tools, base }),
        hosted,
        severalUsers: () => (typeof o.severalUsers === 'function' ? o.severalUsers() : o.severalUsers === true),
        by: o.by ?? 'sdk',
      });
      const isKept = options.persistSession !== false;
      const store = isKept ? await stores.persistent() : await stores.memory(options.resume ?? options.sessionId);
      const log = await chooseSession(store, options);
      const session = await loadSession(log, store, setup);
      open.add(session);
      if (!isKept) stores.remember(session.id, store);
      setup.onClose(() => {
        open.delete(session);
        stores.forget(session.id);
      });
      session.start();
      return session;
    },
    async close() {
      await Promise.allSettled([...open].map((session) => session.close()));
      await stores.close();
    },
  };
}

/** The stores of one engine: one that persists, opened when it is first needed, and one in memory for each session that is not to be kept. */
class EngineStores {
  readonly #given: Store | undefined;
  readonly #memory = new Map<string, Store>();
  #createMemory: (() => Store) | undefined;
  #persistent: Promise<Store> | undefined;

  constructor(given: Store | undefined) {
    this.#given = given;
  }

  persistent(): Promise<Store> {
    if (this.#given !== undefined) return Promise.resolve(this.#given);
    // A failure is not kept: the next session tries again.
    return (this.#persistent ??= openDefaultStore().catch((error: unknown) => {
      this.#persistent = undefined;
      throw error;
    }));
  }

  /** The store of an open session in memory, to fork it; else a new one. It is gone when nobody holds the session any longer. */
  async memory(sessionId: string | undefined): Promise<Store> {
    const known = sessionId === undefined ? undefined : this.#memory.get(sessionId);
    if (known !== undefined) return known;
    // An import takes 20 µs, however often it was made before.
    this.#createMemory ??= (await import('../../log/memory-store.ts')).createMemoryStore;
    return this.#createMemory();
  }

  remember(sessionId: string, store: Store): void {
    this.#memory.set(sessionId, store);
  }

  forget(sessionId: string): void {
    this.#memory.delete(sessionId);
  }

  async close(): Promise<void> {
    const persistent = await this.#persistent?.catch(() => undefined);
    this.#persistent = undefined;
    await persistent?.[Symbol.asyncDispose]();
  }
}

async function openDefaultStore(): Promise<Store> {
  const [{ openSqliteStore }, { dataFolder }] = await Promise.all([
    import('../../log/sqlite-store.ts'),
    import('../../log/data-folder.ts'),
  ]);
  return openSqliteStore({ path: join(dataFolder(process.env), 'colloquy.db') });
}

function lazySessionFunctions(store: () => Promise<Store>): SessionFunctions {
  const ready = async (): Promise<SessionFunctions> => sessionFunctions(await store());
  return {
    list: async (o) => (await ready()).list(o),
    get: async (id) => (await ready()).get(id),
    messages: async (id, o) => (await ready()).messages(id, o),
    fork: async (id, o) => (await ready()).fork(id, o),
    rename: async (id, title) => (await ready()).rename(id, title),
    tag: async (id, tag) => (await ready()).tag(id, tag),
    delete: async (id) => (await ready()).delete(id),
  };
}
