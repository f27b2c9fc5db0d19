import { type Json, openActions, type SessionRow, type Store } from 'colloquy/internal';
import { stateOf } from './session-state.ts';

/** Where a session stands, and what it waits for from outside; each as the stream tells of it. */
export type Pending = {
  /** The newest entry. */
  head: number;
  requests: {
    request: number;
    tool_use_id: string;
    tool_name: string;
    input: Json;
    reason: Json;
    suggestions: Json;
    agent_id?: string;
  }[];
  calls: { tool_use_id: string; tool_name: string; input: Json }[];
};

/** Folds the log from its newest checkpoint: the session need not be open. */
export async function pendingOf(store: Store, row: SessionRow): Promise<Pending> {
  const { id, head } = row;
  const state = await stateOf(store, row);
  const open = openActions(state);
  const requests = await Promise.all(
    open.permissions.map(async ({ request, toolUseId, name, input, thread }) => {
      const [asked] = await store.read(id, { after: request - 1, limit: 1 });
      // What whoever may answer is shown, as the turn has written it.
      const show = (asked?.kind === 'permission_request' ? asked.show : {}) as Record<string, Json>;
      const call = { request, tool_use_id: toolUseId, tool_name: name, input, reason: '', suggestions: [], ...show };
      return thread === 'main' ? call : { ...call, agent_id: thread };
    }),
  );
  const calls = open.calls.map(({ toolUseId, name, input }) => ({ tool_use_id: toolUseId, tool_name: name, input }));
  // The checkpoint may be newer than the row.
  return { head: Math.max(head, state.seq), requests, calls };
}
