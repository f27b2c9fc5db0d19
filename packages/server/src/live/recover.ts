import { setTimeout as delay } from 'node:timers/promises';
import { SessionBusyError, SessionNotFoundError } from 'colloquy';
import { hasWaitingWork, type SessionRow, type Store } from 'colloquy/internal';
import { stateOf } from '../resources/session-state.ts';
import type { Sessions } from '../resources/sessions.ts';
import type { SessionHost } from './session-host.ts';

/** The sessions that are looked at, newest activity first. */
const MAX_LOOKED_AT = 1_000;
const LIST_PAGE = 100;
const WATCH_EVERY_MS = 15_000;

type Recovery = { host: SessionHost; sessions: Sessions; store: Store };
type Watch = { signal: AbortSignal; onError: (error: unknown) => void };

/**
 * Opens the sessions that a dead process left in the middle of something, so that what it had accepted runs on without anybody asking:
 * open turns, and prompts that no turn has taken. One after the other; sessions that a living process holds are left to it.
 */
export async function recoverSessions(o: Recovery, watch: Watch): Promise<void> {
  await takeUpTurns(o, watch);
  let next: number | undefined = 0;
  for (let seen = 0; next !== undefined && seen < MAX_LOOKED_AT; seen += LIST_PAGE) {
    const page = await o.sessions.all({ limit: LIST_PAGE, offset: next });
    next = page.next;
    for (const { row } of page.sessions) {
      if (watch.signal.aborted) return;
      if (!row.running && (await isWaiting(o.store, row))) await open(o.host, row.id, watch.onError);
    }
  }
}

/**
 * Goes on doing so while other processes work on the same store, and die: now and then looks for what nobody holds. Ends with the
 * signal; never rejects.
 */
export async function watchForOrphans(o: Recovery, watch: Watch, everyMs: number = WATCH_EVERY_MS): Promise<void> {
  let since = new Date().toISOString();
  for (;;) {
    await delay(everyMs, undefined, { signal: watch.signal, ref: false }).catch(() => undefined);
    if (watch.signal.aborted) return;
    // What was accepted right before the last look may not have been seen by it.
    const from = new Date(Date.parse(since) - everyMs).toISOString();
    since = new Date().toISOString();
    try {
      await takeUpTurns(o, watch);
      await takeUpPrompts(o, watch, from);
    } catch (error) {
      watch.onError(error);
    }
  }
}

/** Turns that run, as the log has it, while nobody holds their session. */
async function takeUpTurns({ host, sessions, store }: Recovery, { signal, onError }: Watch): Promise<void> {
  // Held ones come by each time: their number is bounded by what all processes have open.
  const rows: SessionRow[] = [];
  for (let offset = 0; ; offset += LIST_PAGE) {
    const page = await store.sessions.list({ running: true, limit: LIST_PAGE, offset });
    rows.push(...page.filter(({ owner }) => owner === undefined));
    if (page.length < LIST_PAGE) break;
  }
  for (const { id } of rows) {
    if (signal.aborted) return;
    if (await sessions.has(id)) await open(host, id, onError);
  }
}

/** Prompts that were accepted since, in sessions that nobody holds. */
async function takeUpPrompts(o: Recovery, { signal, onError }: Watch, since: string): Promise<void> {
  for (let offset = 0; ; offset += LIST_PAGE) {
    const rows = await o.store.sessions.list({ limit: LIST_PAGE, offset });
    for (const row of rows) {
      if (signal.aborted || row.updatedAt < since) return;
      if (row.owner !== undefined || row.running || !(await isWaiting(o.store, row))) continue;
      if (await o.sessions.has(row.id)) await open(o.host, row.id, onError);
    }
    if (rows.length < LIST_PAGE) return;
  }
}

/** Whether something waits to be gone on with, such as a prompt that no turn has taken: told by the newest checkpoint and the few entries behind it. */
async function isWaiting(store: Store, listed: SessionRow): Promise<boolean> {
  return hasWaitingWork(await stateOf(store, listed));
}

async function open(host: SessionHost, id: string, onError: (error: unknown) => void): Promise<void> {
  try {
    const { release } = await host.hold(id);
    release();
  } catch (error) {
    if (error instanceof SessionBusyError || error instanceof SessionNotFoundError) return;
    onError(error);
  }
}
