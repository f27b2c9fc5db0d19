import { type Api, isNotFound } from '../api/api.ts';
import { explainError } from '../api/http-error.ts';
import type { SessionSummary } from '../api/wire.ts';
import { createObservable, type Observable } from '../observable.ts';

export type SessionListState = {
  sessions: readonly SessionSummary[];
  /** True once the first page has come. */
  loaded: boolean;
  nextPage: string | undefined;
  error: string | undefined;
};

/** The stored conversations, newest activity first. */
export type SessionList = {
  state: Observable<SessionListState>;
  /** Reads the newest page again; what was read of older pages stays. A failure shows in `error`. */
  refresh(): Promise<void>;
  /** Reads the next older page. */
  more(): Promise<void>;
  /** Brings a conversation into the list that is older than what was read of it. One that does not exist stays out. */
  ensure(id: string): Promise<void>;
  /** @throws HttpError | UnreachableError */
  rename(id: string, title: string): Promise<void>;
  /** @throws HttpError | UnreachableError */
  remove(id: string): Promise<void>;
};

export function createSessionList(api: Api): SessionList {
  const state = createObservable<SessionListState>({
    sessions: [],
    loaded: false,
    nextPage: undefined,
    error: undefined,
  });
  const patch = (change: Partial<SessionListState>): void => state.set({ ...state.get(), ...change });

  return {
    state,
    async refresh() {
      try {
        const { data, next_page: next } = await api.listSessions();
        const { sessions, loaded, nextPage } = state.get();
        const older = olderThan(sessions, data);
        patch({
          sessions: [...data, ...older],
          loaded: true,
          error: undefined,
          nextPage: loaded && older.length > 0 ? nextPage : (next ?? undefined),
        });
      } catch (error) {
        patch({ error: explainError(error) });
      }
    },
    async more() {
      const { nextPage } = state.get();
      if (nextPage === undefined) return;
      try {
        const { data, next_page: next } = await api.listSessions({ page: nextPage });
        const known = new Set(state.get().sessions.map((session) => session.id));
        const sessions = [...state.get().sessions, ...data.filter((session) => !known.has(session.id))];
        patch({ sessions, nextPage: next ?? undefined, error: undefined });
      } catch (error) {
        patch({ error: explainError(error) });
      }
    },
    async ensure(id) {
      try {
        const found = await api.getSession(id);
        const { sessions } = state.get();
        if (sessions.some((session) => session.id === id)) return;
        patch({ sessions: [...sessions, found].toSorted((a, b) => b.updated_at.localeCompare(a.updated_at)) });
      } catch (error) {
        if (!isNotFound(error)) patch({ error: explainError(error) });
      }
    },
    async rename(id, title) {
      const renamed = await api.renameSession(id, title);
      patch({ sessions: state.get().sessions.map((session) => (session.id === id ? renamed : session)) });
    },
    async remove(id) {
      await api.deleteSession(id);
      patch({ sessions: state.get().sessions.filter((session) => session.id !== id) });
    },
  };
}

/** The known sessions that the newest page does not reach; one that should be in it and is not has been deleted. */
function olderThan(known: readonly SessionSummary[], newest: readonly SessionSummary[]): SessionSummary[] {
  const oldest = newest.at(-1)?.updated_at;
  if (oldest === undefined) return [];
  const ids = new Set(newest.map((session) => session.id));
  return known.filter((session) => !ids.has(session.id) && session.updated_at < oldest);
}
