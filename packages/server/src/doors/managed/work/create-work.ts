import type { Store } from 'colloquy/internal';
import type { AppOptions } from '../../../app-options.ts';
import type { Auth } from '../../../auth/auth.ts';
import type { Sessions } from '../../../resources/sessions.ts';
import { WorkQueue } from '../../../resources/work/work-queue.ts';
import type { Tables } from '../../../store/tables.ts';
import type { SessionEvents } from '../events/session-events.ts';
import { runningIn, standingOf } from './session-standing.ts';

/** A worker is to say twice in this time that it is there. */
const DEFAULT_LEASE_SECONDS = 30;

/** The work queue of a server; sessions that are given something are in it from then on. */
export function createWork(
  { workLeaseSeconds }: AppOptions,
  o: {
    tables: () => Promise<Tables>;
    store: () => Promise<Store>;
    sessions: Sessions;
    events: SessionEvents;
    auth: Auth;
    onError: (error: unknown) => void;
  },
): WorkQueue {
  const queue = new WorkQueue({
    tables: o.tables,
    leaseSeconds: workLeaseSeconds ?? DEFAULT_LEASE_SECONDS,
    tokens: o.auth.sessionTokens,
    standingOf: (session) => standingOf(o, session),
    runningIn: (environment) => runningIn(o, environment),
    endStreams: () => o.auth.streams.recheck(),
    onError: o.onError,
  });
  o.events.workListeners.add(({ row, managed }) => {
    if (managed?.isSelfHosted === true) queue.given(row.id);
  });
  return queue;
}
