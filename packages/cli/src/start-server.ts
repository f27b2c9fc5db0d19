import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningServer, ServeOptions } from '@colloquy/server';
import { dataFolder, endpointFromEnv, modelOf } from 'colloquy/internal';
import { emulatedSend, hasModel } from './model-source.ts';
import type { ServeFlags } from './serve.ts';

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_PORT = 4680;
// The pace at which a person reads along.
const PERSON_GAP_MS = 20;

/** A server with everything that was opened for it; disposing of it closes all. */
export type StartedServer = AsyncDisposable & {
  server: RunningServer;
  model: string;
  endpoint: string;
  simulated: boolean;
};

/** Opens the sessions and starts the server that the flags describe. `onError` hears of faults that clients do not get to see. */
export async function startServer(flags: ServeFlags, onError: (error: unknown) => void): Promise<StartedServer> {
  const { serve } = await import('@colloquy/server');
  const simulated = flags.offline === true || !hasModel(process.env);
  const endpoint = simulated ? 'simulated in this process' : new URL(endpointFromEnv(process.env).baseUrl).origin;
  const model = modelOf({ model: flags.model });
  const folder = dataFolder(process.env);
  const options: ServeOptions = {
    cwd: flags.cwd,
    model,
    simulated,
    endpoint,
    permissionMode: flags.permissionMode,
    requireSandbox: flags.requireSandbox,
    allowUnsandboxed: flags.allowUnsandboxed,
    sessionDefaults: simulated ? { send: await emulatedSend(PERSON_GAP_MS) } : {},
    adminKey: takeAdminKey(process.env),
    dataFolder: folder,
    deleteAfterMs: flags.deleteAfter === undefined ? undefined : flags.deleteAfter * DAY_MS,
    webRoot: builtPage(),
    publicOrigin: flags.publicOrigin,
    host: flags.host,
    onError,
  };
  const server = await listen(serve, options, flags.port);
  return { server, model, endpoint, simulated, [Symbol.asyncDispose]: () => server.close() };
}

/** Takes the key out of the environment too: what agents run inherits that. */
function takeAdminKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env['COLLOQUY_API_KEY'];
  delete env['COLLOQUY_API_KEY'];
  return key === undefined || key === '' ? undefined : key;
}

async function listen(
  serve: (options: ServeOptions) => Promise<RunningServer>,
  options: ServeOptions,
  port: number | undefined,
): Promise<RunningServer> {
  if (port !== undefined) return serve({ ...options, port });
  try {
    // The same port each time, so that a browser stays signed in over a restart.
    return await serve({ ...options, port: DEFAULT_PORT });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return serve({ ...options, port: 0 });
  }
}

// Published, the page lies beside the server's code; in the repository, where vite puts it.
function builtPage(): string | undefined {
  const server = fileURLToPath(import.meta.resolve('@colloquy/server'));
  const places = [join(server, '../page'), join(server, '../../../web/dist')];
  return places.find((folder) => existsSync(join(folder, 'index.html')));
}
