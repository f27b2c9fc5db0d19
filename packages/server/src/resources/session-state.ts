import {
  emptyState,
  foldEntry,
  fromCheckpoint,
  type SessionRow,
  type SessionState,
  type Store,
} from 'colloquy/internal';

const LOG_PAGE = 1_000;

/** What a session's log comes to as of its row, or a little later: from its newest checkpoint on. It need not be open. */
export async function stateOf(store: Store, { id, head }: SessionRow): Promise<SessionState> {
  const state = fromCheckpoint(await store.sessions.checkpoint(id)) ?? emptyState();
  while (state.seq < head) {
    const entries = await store.read(id, { after: state.seq, upTo: head, limit: LOG_PAGE });
    if (entries.length === 0) break;
    for (const entry of entries) foldEntry(state, entry);
  }
  return state;
}
