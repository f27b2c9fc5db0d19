import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';

/** `GET /v1/sessions/{id}/viewers`: who has a stream of the session open. A change is told to its streams by the signal `viewers`. */
export function addViewers(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/sessions/:id/viewers', async (c) => {
    const { row } = await app.sessions.get(c.get('principal'), c.req.param('id'));
    return c.json({ data: app.viewers.of(row.id) });
  });
}
