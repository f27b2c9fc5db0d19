import type { Entry, Json, NewEntry, Thread } from './entries.ts';
import type { LogAppended, SessionLog } from './session-log.ts';
import type { Sync } from './store.ts';

/** A session's log as one of its threads writes it. */
export type ThreadLog = Pick<SessionLog, 'id' | 'lost' | 'feed' | 'subscribe' | 'durable'> & {
  append(
    entries: readonly NewEntry[],
    o?: { sync?: Sync | undefined; checkpoint?: Json | undefined },
  ): Promise<LogAppended>;
};

/** The log in which everything is a subagent's: entries carry its thread. The session's checkpoint is none of its business. */
export function threadLog(log: ThreadLog, thread: Thread): ThreadLog {
  return {
    id: log.id,
    lost: log.lost,
    feed: log.feed,
    subscribe: (listener: (entry: Entry) => void) => log.subscribe(listener),
    durable: (upTo) => log.durable(upTo),
    append: (entries, o = {}) =>
      log.append(
        entries.map((entry) => ({ ...entry, thread })),
        { sync: o.sync },
      ),
  };
}
