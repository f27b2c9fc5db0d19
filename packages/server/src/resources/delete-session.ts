import type { App } from '../app-env.ts';
import { forgetOutputs } from './files/files.ts';
import { uuidToId } from './ids.ts';
import { forgetWork } from './work/work-items.ts';

/** Erases a session with all that was made of it: its log, its folder, its words in the search, and what was answered about it. */
export async function deleteSession(app: App, uuid: string): Promise<void> {
  // Whoever has a stream of it open is told before there is nothing left to be read.
  await app.events.streams.deleted(uuid);
  await app.webhooks.whileErasing(uuid, () => app.host.remove(uuid, () => app.engine.sessions.delete(uuid)));
  app.events.log.forget(uuid);
  await app.folders.remove(uuid);
  // Nobody finds these any longer. Should the process end here, their age or the next search takes them away.
  await (await app.search()).forget(uuid);
  await forgetOutputs(await app.tables(), uuid);
  await forgetWork(await app.tables(), uuid);
  const answers = await app.answers();
  for (const name of [uuid, uuidToId('sesn', uuid)]) {
    await answers.forget(`/v1/sessions/${name}`);
    await answers.forget(`/v1/native/sessions/${name}`);
  }
}
