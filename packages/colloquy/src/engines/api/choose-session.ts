import { randomUUID } from 'node:crypto';
import { SessionLog } from '../../log/session-log.ts';
import type { Store } from '../../log/store.ts';
import type { Options } from '../../options/options.ts';
import { workingDirectoryOf } from '../../options/resolve-options.ts';
import { copySession } from './copy-session.ts';

/** Opens the session that the options name: a new one, an earlier one, or a copy of an earlier one. */
export async function chooseSession(store: Store, options: Options): Promise<SessionLog> {
  const cwd = workingDirectoryOf(options);
  const earlier = options.resume ?? (options.continue === true ? await newestIn(store, cwd) : undefined);
  if (earlier !== undefined && options.forkSession === true) {
    return SessionLog.open(store, await copySession(store, earlier, { id: options.sessionId, title: options.title }));
  }
  if (earlier !== undefined) return SessionLog.open(store, earlier);
  const id = options.sessionId ?? randomUUID();
  await store.sessions.create({ id, cwd, title: options.title });
  return SessionLog.open(store, id);
}

async function newestIn(store: Store, cwd: string): Promise<string | undefined> {
  return (await store.sessions.list({ cwd, limit: 1 }))[0]?.id;
}
