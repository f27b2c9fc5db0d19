import type { Store } from 'colloquy/internal';
import type { SessionHost } from '../../../live/session-host.ts';
import { uuidToId } from '../../../resources/ids.ts';
import type { Sessions, StoredSession } from '../../../resources/sessions.ts';
import { EventLog } from './event-log.ts';
import { EventStreams } from './event-streams.ts';
import type { EventsInit, EventsState } from './events-state.ts';

/** The agent of sessions that were made without one, through the native API. */
export const NATIVE_AGENT = { id: 'agent_native', name: 'Native session' } as const;

/** What the server knows of its sessions as events. */
export type SessionEvents = {
  log: EventLog;
  streams: EventStreams;
  /** Where a session stands right now. To be read at once. */
  stateOf(session: StoredSession): Promise<EventsState>;
  /** Told when a session has been given something to do, once that is durable. They must not throw. */
  readonly workListeners: Set<(session: StoredSession) => void>;
  onSessionHasWork(session: StoredSession): void;
};

export function createSessionEvents(o: {
  host: SessionHost;
  sessions: Sessions;
  store: () => Promise<Store>;
  onError: (error: unknown) => void;
}): SessionEvents {
  const log = new EventLog({ store: o.store, initOf: async (id) => initOf(await o.sessions.stored(id)) });
  const streams = new EventStreams({ host: o.host, log, onError: o.onError });
  const workListeners = new Set<(session: StoredSession) => void>();
  return {
    log,
    streams,
    stateOf: ({ row }) => log.newest(row.id, row.head),
    workListeners,
    onSessionHasWork(session) {
      for (const tell of workListeners) tell(session);
    },
  };
}

function initOf({ row, managed }: StoredSession): EventsInit {
  return {
    session: row.id,
    isNative: managed === undefined,
    isSelfHosted: managed?.isSelfHosted === true,
    thread: { id: uuidToId('sthr', row.id), agentName: managed?.agent.name ?? NATIVE_AGENT.name },
    budget: managed?.firstBudget ?? undefined,
  };
}
