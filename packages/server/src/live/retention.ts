import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app-env.ts';
import { deleteSession } from '../resources/delete-session.ts';

const LOOK_EVERY_MS = 60 * 60_000;
const LIST_PAGE = 100;

/** Deletes sessions that have been quiet for so long, now and every hour, until the signal. Never rejects. */
export async function keepRetention(
  app: App,
  o: { deleteAfterMs: number; signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  while (!o.signal.aborted) {
    await deleteOlderThan(app, { ...o, before: new Date(Date.now() - o.deleteAfterMs).toISOString() }).catch(o.onError);
    await delay(LOOK_EVERY_MS, undefined, { signal: o.signal, ref: false }).catch(() => undefined);
  }
}

/** Deletes the sessions of this server whose last activity was before a moment (ISO 8601); those in the middle of a turn are left. */
export async function deleteOlderThan(
  app: App,
  o: { before: string; signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  const old: string[] = [];
  let next: number | undefined = 0;
  while (next !== undefined) {
    const page: Awaited<ReturnType<App['sessions']['all']>> = await app.sessions.all({
      limit: LIST_PAGE,
      offset: next,
    });
    next = page.next;
    for (const { row } of page.sessions) if (row.updatedAt < o.before && !row.running) old.push(row.id);
  }
  for (const id of old) {
    if (o.signal.aborted) return;
    // One that cannot be deleted, because another process holds it for instance, is tried again the next time.
    await deleteSession(app, id).catch(o.onError);
  }
}
