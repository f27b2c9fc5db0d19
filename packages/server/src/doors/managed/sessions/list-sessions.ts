import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { goesUp, type Page, pageRequest, type Place, toTwoWayPage } from '../../../http/page.ts';
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
  const order = goesUp(request) ? 'oldest' : 'newest';
  const from = request.from?.[0] ?? (goesUp(request) ? window.from : window.to);
  const rows: { session: StoredSession; object: SessionObject }[] = [];
  const now = Date.now();
  for await (const session of app.sessions.list(principal, request, { order, placeOf, from })) {
    const [at] = placeOf(session);
    if (goesUp(request) ? at > window.to : at < window.from) break;
    if (at < window.from || at > window.to || !isWanted(session, query) || !mayHaveStatus(app, session, query))
      continue;
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

/** Where one stands is told by its log; who rests, and who is archived, by the row alone. */
function mayHaveStatus({ host }: App, { row, managed }: StoredSession, { statuses }: SessionListQuery): boolean {
  if (statuses === undefined) return true;
  const isArchived = managed !== undefined && managed.archivedAt !== null;
  if (isArchived) return statuses.includes('terminated');
  return statuses.includes('idle') || row.running || host.isOpen(row.id);
}

function isWanted({ managed }: StoredSession, query: SessionListQuery): boolean {
  const { id, version } = managed?.agent ?? { id: NATIVE_AGENT.id, version: 1 };
  if (query.agent_id !== undefined && query.agent_id !== id) return false;
  if (query.agent_version !== undefined && query.agent_version !== version) return false;
  if (query.deployment_id !== undefined || query.memory_store_id !== undefined) return false;
  return query.include_archived || managed === undefined || managed.archivedAt === null;
}
