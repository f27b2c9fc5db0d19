import type { App } from '../../app-env.ts';
import { type FileStore, removeUpload } from './files.ts';

const EVERY_MS = 10 * 60_000;
/** For so long after its end, an expired file is told from one that never was. */
const REMEMBER_MS = 30 * 24 * 60 * 60_000;

/**
 * Removes, now and from time to time, the bytes of expired files, and what dead processes have left; ends when the server closes.
 * @returns what waits for the run that is at work
 */
export function keepFilesTidy(app: App, onError: (error: unknown) => void): () => Promise<void> {
  const { blobs, closing } = app;
  const tidy = async (): Promise<void> => {
    try {
      await tidyFiles({ tables: await app.tables(), blobs });
    } catch (error) {
      onError(error);
    }
  };
  // Without a data folder there is nothing yet.
  let running = app.options.dataFolder === undefined ? Promise.resolve() : tidy();
  const timer = setInterval(() => (running = tidy()), EVERY_MS);
  timer.unref();
  closing.addEventListener('abort', () => clearInterval(timer), { once: true });
  return () => running;
}

export async function tidyFiles(store: FileStore): Promise<void> {
  const { tables, blobs } = store;
  const now = Date.now();
  const begun = await tables
    .selectFrom('file')
    .select('id')
    .where('gone_at', 'is not', null)
    .where('filename', '!=', '')
    .execute();
  for (const { id } of begun) await removeUpload(store, id);
  const expired = await tables
    .selectFrom('file')
    .select('id')
    .where('expires_at', '<=', now)
    .where('gone_at', 'is', null)
    .execute();
  for (const { id } of expired) {
    await blobs.remove(id);
    // Its name is not kept any longer than its bytes.
    await tables.updateTable('file').set({ gone_at: now, filename: '', sha256: null }).where('id', '=', id).execute();
  }
  await tables
    .deleteFrom('file')
    .where('expires_at', '<', now - REMEMBER_MS)
    .execute();
  await blobs.removeLeftovers(async (id) => {
    const row = await tables.selectFrom('file').select('id').where('id', '=', id).executeTakeFirst();
    return row !== undefined;
  });
}
