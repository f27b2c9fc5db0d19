import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  attemptSandbox,
  createNodeHttpSend,
  dataFolder,
  endpointFromEnv,
  endpointHeaders,
  makeFolderSync,
  messagesUrl,
} from 'colloquy/internal';
import { userAgent } from './version.ts';
import { credentialName } from './model-source.ts';

/** One thing that was looked at. A `problem` keeps conversations from working; a `note` is worth knowing. */
export type Finding = { name: string; level: 'ok' | 'note' | 'problem'; detail: string };

const ENDPOINT_TIMEOUT_MS = 5_000;

/** The Node that runs this; older ones do not come so far. */
export function checkNode(): Finding {
  return { name: 'node', level: 'ok', detail: `${process.versions.node}, ${process.execPath}` };
}

/** What runs conversations. */
export function checkEngine(): Finding {
  return {
    name: 'engine',
    level: 'ok',
    detail: 'api: the turn loop of this package; nothing else has to be installed',
  };
}

/** Which variable holds the credential. */
export function checkCredential(env: NodeJS.ProcessEnv): Finding {
  const name = credentialName(env);
  if (name !== undefined) return { name: 'credential', level: 'ok', detail: `${name} is set` };
  return {
    name: 'credential',
    level: 'note',
    detail:
      'none: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN; until then --offline and serve answer with a simulation',
  };
}

/** Does the API answer, and does it take the credential? */
export async function checkEndpoint(env: NodeJS.ProcessEnv): Promise<Finding> {
  const finding = (level: Finding['level'], detail: string): Finding => ({ name: 'endpoint', level, detail });
  const endpoint = endpointFromEnv(env);
  const { baseUrl, credential } = endpoint;
  const status = await statusOf(
    new URL('models?limit=1', messagesUrl(baseUrl)),
    endpointHeaders(endpoint, userAgent()),
  );
  if (status instanceof Error) {
    const level = credential === undefined ? 'note' : 'problem';
    return finding(level, `${baseUrl} cannot be reached: ${status.message}`);
  }
  if (credential !== undefined && (status === 401 || status === 403)) {
    return finding('problem', `${baseUrl} answers, but refuses the credential (${status})`);
  }
  return finding('ok', `${baseUrl} answers${status < 400 ? '' : ` (with ${status} to a question about models)`}`);
}

/** Where sessions are kept, with what, and whether they can be. */
export async function checkStore(env: NodeJS.ProcessEnv): Promise<Finding> {
  const folder = dataFolder(env);
  const driver = await sqliteDriver();
  try {
    makeFolderSync(folder, 0o700);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name: 'store', level: 'problem', detail: `${folder} cannot be written: ${why}; name another with --data` };
  }
  return { name: 'store', level: 'ok', detail: `${driver}, ${folder}` };
}

/** Whether commands are confined, found out by running one that tries to get out. */
export async function checkSandbox(env: NodeJS.ProcessEnv): Promise<Finding> {
  const tried = await attemptSandbox(env);
  if (!tried.works) {
    const detail = `none: ${tried.why}. Commands run as you, and are asked about first, unless a rule allows them`;
    return { name: 'sandbox', level: 'note', detail };
  }
  const { bwrap, socat } = tried.parts;
  const held = `tried with ${bwrap}: a command could write in its folder, but saw and wrote nothing outside, no process and no network`;
  const hosts = socat === undefined ? '; to allow hosts, install the package socat' : '';
  return { name: 'sandbox', level: 'ok', detail: `${held}${hosts}` };
}

/** The browser that tests use. */
export function checkBrowser(env: NodeJS.ProcessEnv): Finding {
  const chromium = findProgram('chromium', env) ?? findProgram('google-chrome', env);
  return {
    name: 'chromium',
    level: chromium === undefined ? 'note' : 'ok',
    detail: chromium ?? 'not found; only the tests of the web page need it',
  };
}

async function sqliteDriver(): Promise<string> {
  try {
    const { default: Database } = await import('better-sqlite3');
    new Database(':memory:').close();
    return 'better-sqlite3';
  } catch {
    // Not installed, or not built for this machine: the store does without it, too.
    return 'node:sqlite';
  }
}

async function statusOf(url: URL, headers: Record<string, string>): Promise<number | Error> {
  const http = createNodeHttpSend();
  const timeout = new AbortController();
  const error = new Error(`no answer within ${ENDPOINT_TIMEOUT_MS / 1000} s`);
  const timer = setTimeout(() => timeout.abort(error), ENDPOINT_TIMEOUT_MS);
  try {
    const response = await http({ method: 'GET', url: url.href, headers, signal: timeout.signal });
    return response.status;
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  } finally {
    clearTimeout(timer);
    http.close();
  }
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
