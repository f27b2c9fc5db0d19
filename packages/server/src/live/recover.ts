import { SessionBusyError, SessionNotFoundError } from 'colloquy';
import { emptyState, foldEntry, fromCheckpoint, type SessionRow, type Store } from 'colloquy/internal';
import type { Sessions } from '../resources/sessions.ts';
import type { SessionHost } from './session-host.ts';

/** The sessions that are looked at, newest activity first. */
const MAX_LOOKED_AT = 1_000;
const LIST_PAGE = 100;
const LOG_PAGE = 1_000;

/**
 * Opens the sessions that a dead process left in the middle of something, so that what it had accepted runs on without anybody asking:
 * open turns, and prompts that no turn has taken. One after the other; sessions that a living process holds are left to it.
 */
export async function recoverSessions(
  o: { host: SessionHost; sessions: Sessions; store: Store },
  { signal, onError }: { signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  let next: number | undefined = 0;
  for (let seen = 0; next !== undefined && seen < MAX_LOOKED_AT; seen += LIST_PAGE) {
    const page = await o.sessions.all({ limit: LIST_PAGE, offset: next });
    next = page.next;
    for (const { row } of page.sessions) {
      if (signal.aborted) return;
      if (row.running || (await hasWaitingPrompts(o.store, row))) await open(o.host, row.id, onError);
    }
  }
}

/** Whether a prompt was accepted that no turn has taken: told by the newest checkpoint and the few entries behind it. */
async function hasWaitingPrompts(store: Store, listed: SessionRow): Promise<boolean> {
  // Lists leave the checkpoint out.
  const row = await store.sessions.get(listed.id);
  const state = fromCheckpoint(row?.checkpoint) ?? emptyState();
  while (state.seq < listed.head) {
    const entries = await store.read(listed.id, { after: state.seq, upTo: listed.head, limit: LOG_PAGE });
    if (entries.length === 0) break;
    for (const entry of entries) foldEntry(state, entry);
  }
  return state.queue.length > 0;
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
