import { fromCheckpoint } from '../../log/checkpoint.ts';
import { emptyState, foldEntry, type SessionState } from '../../log/fold.ts';
import type { SessionLog } from '../../log/session-log.ts';
import type { Store } from '../../log/store.ts';
import { ApiSession } from './api-session.ts';
import type { SessionSetup } from './session-setup.ts';
import { SessionViews } from './session-views.ts';

const PAGE = 1_000;

/** Folds what a session's log holds, from its newest checkpoint on, into a session ready to start. */
export async function loadSession(log: SessionLog, store: Store, setup: SessionSetup): Promise<ApiSession> {
  try {
    const checkpoint = log.row.checkpointSeq === 0 ? undefined : await store.sessions.checkpoint(log.id);
    const state = fromCheckpoint(checkpoint) ?? emptyState();
    const views = new SessionViews(
      { id: log.id, door: setup.hosted, forwardSubagentText: setup.forwardSubagentText },
      state,
    );
    while (state.seq < log.head) {
      const page = await store.read(log.id, { after: state.seq, upTo: log.head, limit: PAGE });
      for (const entry of page) {
        foldEntry(state, entry);
        views.fold(entry);
      }
      if (page.length === 0) break;
    }
    if (setup.hosted) restoreSettings(setup, state);
    return new ApiSession(log, store, setup, state, views);
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** On a server, what was set earlier in a session still holds when it is opened again. */
function restoreSettings(setup: SessionSetup, state: SessionState): void {
  const { permissionMode, model, permissionUpdates, maxBudgetUsd, tools } = state.settings;
  setup.applySettings({
    permissionUpdates,
    ...(permissionMode === undefined ? {} : { permissionMode }),
    ...(model === undefined ? {} : { model }),
    ...(maxBudgetUsd === undefined ? {} : { maxBudgetUsd }),
    ...(tools === undefined ? {} : { tools }),
  });
  setup.tools.takeOver();
}
