import type { App } from '../app-env.ts';
import { emptyWal } from '../store/open-database.ts';
import { forgetOutputs } from './files/files.ts';
import { uuidToId } from './ids.ts';
import { forgetWork } from './work/work-items.ts';

/**
 * Erases a session with all that was made of it: its log, its folder, its words in the search, and what was answered about it. What has
 * begun is noted, so that a process that dies in the middle leaves nothing lying for good.
 */
export async function deleteSession(app: App, uuid: string): Promise<void> {
  const tables = await app.tables();
  await tables
    .insertInto('deletion')
    .values({ session: uuid, begun_at: Date.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const isOver = (): Promise<unknown> => tables.deleteFrom('deletion').where('session', '=', uuid).execute();
  // Whoever has a stream of it open is told before there is nothing left to be read.
  await app.events.streams.deleted(uuid);
  try {
    await app.webhooks.whileErasing(uuid, () => app.host.remove(uuid, () => app.engine.sessions.delete(uuid)));
  } catch (error) {
    // It stays: another process has it open, for instance. One that is gone is being deleted by somebody else.
    if (await app.sessions.has(uuid)) await isOver();
    throw error;
  }
  await eraseTraces(app, uuid);
  await isOver();
  await emptyWal(tables);
}

/** Goes on with deletions in the middle of which a process has ended. */
export async function finishDeletions(app: App, onError: (error: unknown) => void): Promise<void> {
  const tables = await app.tables();
  const store = await app.engine.store();
  for (const { session, begun_at } of await tables.selectFrom('deletion').selectAll().execute()) {
    try {
      const row = await store.sessions.get(session);
      if (row === undefined) await eraseTraces(app, session);
      // A newer session may have its id.
      else if (Date.parse(row.createdAt) <= begun_at) await deleteSession(app, session);
      await tables.deleteFrom('deletion').where('session', '=', session).execute();
    } catch (error) {
      onError(error);
    }
  }
}

/** What there is of a session beside its log. Done twice, it does nothing more. */
async function eraseTraces(app: App, uuid: string): Promise<void> {
  app.events.log.forget(uuid);
  await app.folders.remove(uuid);
  await (await app.search()).forget(uuid);
  await forgetOutputs(await app.tables(), uuid);
  await forgetWork(await app.tables(), uuid);
  const names = [uuid, uuidToId('sesn', uuid)];
  const paths = names.flatMap((name) => [`/v1/sessions/${name}`, `/v1/native/sessions/${name}`]);
  await (await app.answers()).forget(names, paths);
}
