import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, SessionNotFoundError, TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import type { SessionStore, SessionStoreEntry } from '../../options/session-store.ts';
import { listOf } from './store-sessions.ts';
import { configFolder, projectKeyOf } from './transcripts.ts';

const LOAD_WITHIN_MS = 60_000;
/** What says of an agent how it was started; a file of its own on this machine. */
const METADATA = 'agent_metadata';
const MAIN_CONFIG = '.claude.json';
/** Parts of a session that a store may name: never a way out of its folder. */
const SUBPATH = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** Options under which a session of a store lies where Claude Code looks for it, and what takes that place away again. */
export type Materialized = { options: Options; leave: () => Promise<void> };

/**
 * Lays the session that is to be resumed out of the program's store into a folder of its own, with the settings of the user's.
 * Undefined when none is to be resumed. @throws SessionNotFoundError; TimeoutError when the store does not answer in time
 */
export async function resumeFromStore(options: Options): Promise<Materialized | undefined> {
  const { sessionStore: store, resume, continue: newest } = options;
  if (store === undefined || (resume === undefined && newest !== true)) return undefined;
  const projectKey = await projectKeyOf(workingDirectoryOf(options));
  const bound = boundOf(options);
  const id = resume ?? (await bound(async () => newestIn(store, projectKey)));
  if (id === undefined) return undefined;
  const transcripts = await loadAll(store, { projectKey, sessionId: id }, bound);
  const root = await mkdtemp(join(tmpdir(), 'colloquy-session-'));
  const leave = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  try {
    await linkConfiguration(environmentOf(options), root);
    const folder = join(root, 'projects', projectKey);
    for (const [subpath, entries] of transcripts) await writeTranscript(folder, join(id, subpath), entries);
  } catch (error) {
    await leave();
    throw error;
  }
  const { continue: _newest, ...others } = options;
  const env = { ...(options.env ?? process.env), CLAUDE_CONFIG_DIR: root };
  return { options: { ...others, resume: id, env }, leave };
}

type Bound = <T>(call: () => Promise<T>) => Promise<T>;

function boundOf({ loadTimeoutMs = LOAD_WITHIN_MS, abortController }: Options): Bound {
  return async (call) => {
    const deadline = new Deadline(abortController?.signal);
    deadline.start(
      loadTimeoutMs,
      () => new TimeoutError(`The session store did not answer within ${loadTimeoutMs} ms`),
    );
    try {
      return await untilAborted(call(), deadline.signal);
    } finally {
      deadline.close();
    }
  };
}

async function newestIn(store: SessionStore, projectKey: string): Promise<string | undefined> {
  return (await listOf(store, projectKey)).toSorted((a, b) => b.mtime - a.mtime)[0]?.sessionId;
}

/** The transcript of the session ('') and those of its parts, by subpath. */
async function loadAll(
  store: SessionStore,
  key: { projectKey: string; sessionId: string },
  bound: Bound,
): Promise<Map<string, SessionStoreEntry[]>> {
  const main = await bound(async () => store.load(key));
  if (main === null || main.length === 0) throw new SessionNotFoundError(key.sessionId);
  const all = new Map([['', main]]);
  const subpaths = await bound(async () => (await store.listSubkeys?.(key)) ?? []);
  for (const subpath of subpaths) {
    if (!SUBPATH.test(subpath))
      throw new ConfigurationError(`The session store names a part ${subpath}, which is no path in a session`);
    all.set(subpath, (await bound(async () => store.load({ ...key, subpath }))) ?? []);
  }
  return all;
}

async function writeTranscript(folder: string, path: string, entries: readonly SessionStoreEntry[]): Promise<void> {
  const file = join(folder, `${path.replace(/\/$/, '')}.jsonl`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const lines = entries.filter(({ type }) => type !== METADATA).map((entry) => `${JSON.stringify(entry)}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  const { type: _type, ...metadata } = entries.findLast(({ type }) => type === METADATA) ?? { type: '' };
  if (Object.keys(metadata).length === 0) return;
  await writeFile(file.replace(/\.jsonl$/, '.meta.json'), JSON.stringify(metadata), { mode: 0o600 });
}

/** Everything of the user's but the sessions: settings, credentials, skills. */
async function linkConfiguration(env: Readonly<Record<string, string | undefined>>, root: string): Promise<void> {
  const from = configFolder(env);
  const names = (await readdir(from).catch(() => [])).filter((name) => name !== 'projects' && name !== MAIN_CONFIG);
  try {
    for (const name of names) await symlink(join(from, name), join(root, name));
  } catch (cause) {
    throw new ConfigurationError(
      `The settings in ${from} cannot be used for a session of a store: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  // It lies beside the folder where nobody has chosen one.
  const isChosen = (env['CLAUDE_CONFIG_DIR'] ?? '') !== '';
  const main = join(isChosen ? from : (env['HOME'] ?? env['USERPROFILE'] ?? homedir()), MAIN_CONFIG);
  await copyFile(main, join(root, MAIN_CONFIG)).catch(() => {});
}
