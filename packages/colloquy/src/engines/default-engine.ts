import { REMOTE_OPTION_NAMES } from '../options/remote-options.ts';
import { CLI_OPTION_NAMES } from '../options/validate.ts';
import type { Options } from '../options/options.ts';
import { createApiEngine } from './api/api-engine.ts';
import type { CliEngine } from './cli/cli-engine.ts';
import type { CliSessionFunctions } from './cli/store-sessions.ts';
import type { SpareProcess } from './cli/spare-process.ts';
import type { Engine, EngineSession, SessionFunctions } from './engine.ts';

let shared: ReturnType<typeof createApiEngine> | undefined;

/** The engine behind `query()`, clients, conversations and the session functions: one a process, over the store in the data folder. */
export function defaultEngine(): ReturnType<typeof createApiEngine> {
  return (shared ??= createApiEngine());
}

/** The engine that the options choose. */
export function engineFor(options: Pick<Options, 'engine' | 'send' | 'server' | 'verbose'>): Engine {
  const { engine, verbose } = options;
  const chosen = engine === 'cli' ? CLI_ENGINE : engine === 'remote' ? lazyRemoteEngine(options) : defaultEngine();
  return verbose === true ? { ...chosen, open: (options) => openAloud(chosen, options) } : chosen;
}

/** Opens a session that says on the error output what goes on in it. */
async function openAloud(engine: Pick<Engine, 'open'>, options: Options): Promise<EngineSession> {
  const [session, { sayAloud }] = await Promise.all([engine.open(options), import('./say-aloud.ts')]);
  sayAloud(session);
  return session;
}

/** The engine of a server, of which nothing is loaded before it is used. */
function lazyRemoteEngine({ server, send }: Pick<Options, 'send' | 'server'>): Engine {
  let loaded: Promise<Engine> | undefined;
  const load = (): Promise<Engine> =>
    (loaded ??= import('./remote/remote-engine.ts').then(({ remoteEngine }) => remoteEngine(server, send)));
  return {
    kind: 'remote',
    supports: REMOTE_OPTION_NAMES,
    open: async (options) => (await load()).open(options),
    sessions: lazySessions(async () => (await load()).sessions),
  };
}

/** Session functions of an engine that is loaded with the first of them. */
function lazySessions(load: () => Promise<SessionFunctions>): SessionFunctions {
  return {
    list: async (o) => (await load()).list(o),
    get: async (id) => (await load()).get(id),
    messages: async (id, o) => (await load()).messages(id, o),
    fork: async (id, o) => (await load()).fork(id, o),
    rename: async (id, title) => (await load()).rename(id, title),
    tag: async (id, tag) => (await load()).tag(id, tag),
    delete: async (id) => (await load()).delete(id),
  };
}

/** As above, with what only Claude Code's sessions have. */
function lazyCliSessions(load: () => Promise<CliSessionFunctions>): CliSessionFunctions {
  return {
    ...lazySessions(load),
    agents: async (id) => (await load()).agents(id),
    agentMessages: async (id, agentId, o) => (await load()).agentMessages(id, agentId, o),
    archive: async (id, isArchived) => (await load()).archive(id, isArchived),
    inStore: (store, dir) => lazyCliSessions(async () => (await load()).inStore(store, dir)),
  };
}

const cliEngine = async (): Promise<CliEngine> => (await import('./cli/cli-engine.ts')).cliEngine();

/** A process of Claude Code started ahead of time, and the way to a session with it. */
export async function prewarmCli(
  options: Options,
): Promise<{ spare: SpareProcess; open(options: Options): Promise<EngineSession> }> {
  const engine = await cliEngine();
  const spare = await engine.prewarm(options);
  return { spare, open: (claimed) => engine.openWith(spare, claimed) };
}

/** Claude Code, of which nothing is loaded before the first session: most programs have none. */
const CLI_ENGINE: Engine = {
  kind: 'cli',
  supports: CLI_OPTION_NAMES,
  open: async (options) => (await cliEngine()).open(options),
  sessions: lazyCliSessions(async () => (await cliEngine()).sessions),
};
