import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { goesUp, isBeyond, type Page, pageRequest, type Place, toTwoWayPage } from '../../../http/page.ts';
import { createdAtWindow } from '../../../http/query.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import { statusOf } from '../events/events-state.ts';
import { NATIVE_AGENT } from '../events/session-events.ts';
import type { SessionListQuery } from './session-bodies.ts';
import { type SessionObject, toSessionObject } from './session-object.ts';

/** The sessions that a principal sees, by the time of their creation. Where one stands is found out only for the page. */
export async function listSessions(
  app: App,
  principal: Principal,
  query: SessionListQuery,
): Promise<Page<SessionObject> & { prev_page: string | null }> {
  const window = createdAtWindow(query);
  const request = pageRequest(query, { list: 'sessions', order: query.order, window });
  const sessions = await app.sessions.seenBy(principal);
  const direction = goesUp(request) ? 1 : -1;
  const candidates = sessions
    .filter((session) => isWanted(session, query) && isBeyond(request, placeOf(session)))
    .filter(({ row }) => {
      const at = Date.parse(row.createdAt);
      return at >= window.from && at <= window.to;
    })
    .toSorted((a, b) => direction * compare(placeOf(a), placeOf(b)));
  const rows: { session: StoredSession; object: SessionObject }[] = [];
  const now = Date.now();
  for (const session of candidates) {
    const state = await app.events.stateOf(session);
    if (query.statuses !== undefined && !query.statuses.includes(statusOf(state))) continue;
    rows.push({ session, object: toSessionObject(session, state, now) });
    if (rows.length > request.limit) break;
  }
  return toTwoWayPage(request, rows, {
    placeOf: ({ session }) => placeOf(session),
    toObject: ({ object }) => object,
  });
}

const placeOf = ({ row }: StoredSession): Place => [Date.parse(row.createdAt), row.id];

function compare([a, aId]: Place, [b, bId]: Place): number {
  return a - b || (aId < bId ? -1 : Number(aId > bId));
}

function isWanted({ managed }: StoredSession, query: SessionListQuery): boolean {
  const { id, version } = managed?.agent ?? { id: NATIVE_AGENT.id, version: 1 };
  if (query.agent_id !== undefined && query.agent_id !== id) return false;
  if (query.agent_version !== undefined && query.agent_version !== version) return false;
  if (query.deployment_id !== undefined || query.memory_store_id !== undefined) return false;
  return query.include_archived || managed === undefined || managed.archivedAt === null;
}
