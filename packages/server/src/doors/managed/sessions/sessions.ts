import type { Hono } from 'hono';
import type { App, AppEnv } from '../../../app-env.ts';
import { parse } from '../../../http/parse.ts';
import { parseQuery } from '../../../http/query.ts';
import { readJson } from '../../../http/read-json.ts';
import { uuidToId } from '../../../resources/ids.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import { archiveSession, eraseSession, updateSession } from './change-session.ts';
import { createSession } from './create-session.ts';
import { listSessions } from './list-sessions.ts';
import { SessionCreateInput, SessionListQuery, SessionUpdateInput } from './session-bodies.ts';
import { type SessionObject, toSessionObject } from './session-object.ts';

/** `/v1/sessions`: make, list, look at, change, archive, delete. Those of the native API are shown here too. */
export function addManagedSessions(hono: Hono<AppEnv>, app: App): void {
  const shown = async (session: StoredSession): Promise<SessionObject> =>
    toSessionObject(session, await app.events.stateOf(session), Date.now());

  hono.post('/v1/sessions', async (c) => {
    const input = parse(SessionCreateInput, await readJson(c.req.raw));
    return c.json(await shown(await createSession(app, c.get('principal'), input, c.get('nonce'))));
  });

  hono.get('/v1/sessions', async (c) =>
    c.json(await listSessions(app, c.get('principal'), parseQuery(SessionListQuery, c.req.raw))),
  );

  hono.get('/v1/sessions/:id', async (c) =>
    c.json(await shown(await app.sessions.get(c.get('principal'), c.req.param('id')))),
  );

  hono.post('/v1/sessions/:id', async (c) => {
    const input = parse(SessionUpdateInput, await readJson(c.req.raw));
    return c.json(await shown(await updateSession(app, c.get('principal'), c.req.param('id'), input)));
  });

  hono.post('/v1/sessions/:id/archive', async (c) =>
    c.json(await shown(await archiveSession(app, c.get('principal'), c.req.param('id')))),
  );

  hono.delete('/v1/sessions/:id', async (c) => {
    const { row } = await eraseSession(app, c.get('principal'), c.req.param('id'));
    return c.json({ id: uuidToId('sesn', row.id), type: 'session_deleted' });
  });
}
