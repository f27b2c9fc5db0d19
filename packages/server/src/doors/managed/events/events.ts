import type { Context, Hono } from 'hono';
import type { App, AppEnv } from '../../../app-env.ts';
import { mustOnlyAnswer } from '../../../auth/scopes.ts';
import { HttpError } from '../../../http/http-error.ts';
import { type Page, pageRequest, toPage } from '../../../http/page.ts';
import { parse } from '../../../http/parse.ts';
import { createdAtWindow, parseQuery } from '../../../http/query.ts';
import { readJson } from '../../../http/read-json.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import { EventListQuery, EventStreamQuery, SendBody } from './event-bodies.ts';
import type { EventFilter, Listed } from './event-log.ts';
import type { ManagedEvent } from './event-types.ts';
import { findAccepted } from './find-accepted.ts';
import { sendEvents } from './send-events.ts';

/** Events of a list without a `limit`. */
const DEFAULT_LIMIT = 1_000;

/** `/v1/sessions/{id}/events`: send, list, stream. */
export function addEvents(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/sessions/:id/events', async (c) => {
    const { events } = parse(SendBody, await readJson(c.req.raw));
    const { principal, nonce, isTakenOver } = c.var;
    mustOnlyAnswer(principal, events);
    const session = await app.sessions.getToWrite(principal, c.req.param('id'));
    // What was open then may be settled by now.
    if (isTakenOver === true) {
      const accepted = await findAccepted(app, session, events, { by: principal.name, nonce });
      if (accepted !== undefined) return c.json({ data: accepted });
    }
    return c.json({ data: await sendEvents(app, principal, session, events, nonce) });
  });

  hono.get('/v1/sessions/:id/events', async (c) =>
    c.json(await listEvents(app, await app.sessions.get(c.get('principal'), c.req.param('id')), c.req.raw)),
  );

  hono.get('/v1/sessions/:id/events/stream', async (c) =>
    streamEvents(app, await app.sessions.get(c.get('principal'), c.req.param('id')), c),
  );
}

/** A page of a session's events. */
export async function listEvents(app: App, { row }: StoredSession, request: Request): Promise<Page<ManagedEvent>> {
  const query = parseQuery(EventListQuery, request);
  const page = pageRequest(query, { list: `events ${row.id}`, order: query.order, defaultLimit: DEFAULT_LIMIT });
  const rows = await app.events.log.page(row.id, row.head, page, filterOf(query));
  return toPage(page, rows, { placeOf: ({ place }: Listed) => place, toObject: ({ event }: Listed) => event });
}

/** A stream of a session's events: registered before its headers go out. */
export async function streamEvents(app: App, { row }: StoredSession, c: Context<AppEnv>): Promise<Response> {
  // A HEAD request would open a stream that nobody reads.
  if (c.req.raw.method === 'HEAD') throw new HttpError(405, 'A stream is read with GET', { headers: { allow: 'GET' } });
  const { event_deltas } = parseQuery(EventStreamQuery, c.req.raw);
  const principal = c.get('principal');
  const open = app.auth.streams.open(principal);
  const leave = app.viewers.enter(row.id, principal, 'sse');
  const onEnd = (): void => {
    open.end();
    leave();
  };
  try {
    const { body } = await app.events.streams.open(row.id, { previews: event_deltas, signal: open.signal, onEnd });
    return c.body(body, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  } catch (error) {
    onEnd();
    throw error;
  }
}

/** What was not taken up has no time, and so lies in no window. */
function filterOf(query: ReturnType<typeof EventListQuery.parse>): EventFilter {
  const types = query.types === undefined ? undefined : new Set<string>(query.types);
  const window = createdAtWindow(query);
  const hasWindow = Object.keys(query).some((key) => key.startsWith('created_at['));
  return ({ type, processed_at }) => {
    if (types !== undefined && !types.has(type)) return false;
    if (!hasWindow) return true;
    const at = processed_at === null ? Number.NaN : Date.parse(processed_at);
    return at >= window.from && at <= window.to;
  };
}
