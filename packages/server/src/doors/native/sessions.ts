import { type PermissionModeInput, SessionNotFoundError } from 'colloquy';
import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { type SessionObject, toSessionObject } from '../../resources/session-object.ts';
import { CreateSessionBody, RenameSessionBody, SessionListQuery } from './schemas.ts';

/** `/v1/native/sessions`: make, list, look at, rename, delete. */
export function addSessions(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/native/sessions', async (c) => {
    const { options = {} } = parse(CreateSessionBody, await readJson(c.req.raw));
    refuseUnsandboxed(options.permissionMode, app);
    const session = await app.host.create({
      model: app.options.model,
      permissionMode: app.options.permissionMode ?? 'default',
      ...options,
      cwd: await app.workspaces.choose(options.cwd),
    });
    return c.json(await describeSession(app, session.id), 201);
  });

  hono.get('/v1/native/sessions', async (c) => {
    const { limit, page: offset = 0 } = parse(SessionListQuery, c.req.query());
    const store = await app.engine.store();
    // One more than asked for tells whether there is a next page.
    const rows = await store.sessions.list({ limit: limit + 1, offset });
    return c.json({
      data: rows.slice(0, limit).map(toSessionObject),
      next_page: rows.length > limit ? String(offset + limit) : null,
    });
  });

  hono.get('/v1/native/sessions/:id', async (c) => c.json(await describeSession(app, c.req.param('id'))));

  hono.post('/v1/native/sessions/:id', async (c) => {
    const { title } = parse(RenameSessionBody, await readJson(c.req.raw));
    const store = await app.engine.store();
    return c.json(toSessionObject(await store.sessions.patch(c.req.param('id'), { title })));
  });

  hono.delete('/v1/native/sessions/:id', async (c) => {
    const id = c.req.param('id');
    await describeSession(app, id);
    await app.host.remove(id, () => app.engine.sessions.delete(id));
    return c.body(null, 204);
  });
}

/** @throws SessionNotFoundError */
export async function describeSession(app: App, id: string): Promise<SessionObject> {
  const store = await app.engine.store();
  const row = await store.sessions.get(id);
  if (row === undefined) throw new SessionNotFoundError(id);
  return toSessionObject(row);
}

/** Without a sandbox, on a server, somebody must have decided that nobody is asked. @throws HttpError 400 */
export function refuseUnsandboxed(mode: PermissionModeInput | undefined, { options }: App): void {
  if (mode !== 'bypassPermissions' || options.allowUnsandboxed === true) return;
  throw new HttpError(
    400,
    'permissionMode: bypassPermissions is not allowed on this server; its operator can allow it with --allow-unsandboxed',
  );
}
