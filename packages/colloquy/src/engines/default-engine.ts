import { CLI_OPTION_NAMES } from '../options/validate.ts';
import type { Options } from '../options/options.ts';
import { createApiEngine } from './api/api-engine.ts';
import type { CliEngine } from './cli/cli-engine.ts';
import type { SpareProcess } from './cli/spare-process.ts';
import type { Engine, EngineSession, SessionFunctions } from './engine.ts';

let shared: ReturnType<typeof createApiEngine> | undefined;

/** The engine behind `query()`, clients, conversations and the session functions: one a process, over the store in the data folder. */
export function defaultEngine(): ReturnType<typeof createApiEngine> {
  return (shared ??= createApiEngine());
}

/** The engine that the options choose. */
export function engineFor({ engine, verbose }: Pick<Options, 'engine' | 'verbose'>): Engine {
  const chosen = engine === 'cli' ? CLI_ENGINE : defaultEngine();
  return verbose === true ? { ...chosen, open: (options) => openAloud(chosen, options) } : chosen;
}

/** Opens a session that says on the error output what goes on in it. */
async function openAloud(engine: Pick<Engine, 'open'>, options: Options): Promise<EngineSession> {
  const [session, { sayAloud }] = await Promise.all([engine.open(options), import('./say-aloud.ts')]);
  sayAloud(session);
  return session;
}

const cliEngine = async (): Promise<CliEngine> => (await import('./cli/cli-engine.ts')).cliEngine();
const cliSessions = async (): Promise<SessionFunctions> => (await cliEngine()).sessions;

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
  sessions: {
    list: async (o) => (await cliSessions()).list(o),
    get: async (id) => (await cliSessions()).get(id),
    messages: async (id, o) => (await cliSessions()).messages(id, o),
    fork: async (id, o) => (await cliSessions()).fork(id, o),
    rename: async (id, title) => (await cliSessions()).rename(id, title),
    tag: async (id, tag) => (await cliSessions()).tag(id, tag),
    delete: async (id) => (await cliSessions()).delete(id),
  },
};
