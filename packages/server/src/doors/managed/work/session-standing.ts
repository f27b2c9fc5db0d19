import { SessionNotFoundError } from 'colloquy';
import type { Store } from 'colloquy/internal';
import type { Sessions, StoredSession } from '../../../resources/sessions.ts';
import type { Standing } from '../../../resources/work/work-queue.ts';
import { ManagedRow } from '../../../resources/managed-session.ts';
import type { SessionEvents } from '../events/session-events.ts';
import { statusOf } from '../events/events-state.ts';

const LIST_PAGE = 100;
/** Where a turn has ended, and nothing was said since, its end is among the newest entries. */
const NEWEST_ENTRIES = 50;

type Places = { sessions: Sessions; events: SessionEvents; store: () => Promise<Store> };

/** What a session needs of a worker; undefined for one that is gone, and for one that needs none. */
export async function standingOf(o: Places, uuid: string): Promise<Standing | undefined> {
  const session = await findSession(o.sessions, uuid);
  if (session?.managed?.isSelfHosted !== true) return undefined;
  const { row, managed, owner } = session;
  const state = await o.events.stateOf(session);
  const isArchived = managed.archivedAt !== null || state.isArchived;
  const hasWork = !isArchived && (state.core.turn !== undefined || statusOf(state) === 'running');
  return {
    head: row.head,
    user: owner,
    environment: managed.environmentId,
    hasWork,
    isEnded: isArchived || (!hasWork && (await wasInterrupted(await o.store(), uuid, row.head))),
  };
}

/** The sessions of an environment whose turns are open, held by a process or not. */
export async function runningIn({ store }: Pick<Places, 'store'>, environment: string): Promise<string[]> {
  const opened = await store();
  const running: string[] = [];
  for (let offset = 0; ; offset += LIST_PAGE) {
    const rows = await opened.sessions.list({ running: true, limit: LIST_PAGE, offset });
    for (const { id, data } of rows) {
      const managed = ManagedRow.safeParse(data['managed']);
      if (managed.success && managed.data.isSelfHosted && managed.data.environmentId === environment) running.push(id);
    }
    if (rows.length < LIST_PAGE) return running;
  }
}

async function findSession(sessions: Sessions, uuid: string): Promise<StoredSession | undefined> {
  try {
    return await sessions.stored(uuid);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}

/** Whether somebody has stopped the newest turn. */
async function wasInterrupted(store: Store, uuid: string, head: number): Promise<boolean> {
  const entries = await store.read(uuid, {
    after: Math.max(0, head - NEWEST_ENTRIES),
    upTo: head,
    limit: NEWEST_ENTRIES,
  });
  const end = entries.findLast((entry) => entry.kind === 'turn_end' && entry.thread === 'main');
  return end?.kind === 'turn_end' && end.reason.startsWith('aborted_');
}
