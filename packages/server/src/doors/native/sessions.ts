import type { PermissionModeInput } from 'colloquy';
import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { pageRequest, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { deleteSession } from '../../resources/delete-session.ts';
import { toSessionDetails, toSessionObject } from '../../resources/session-object.ts';
import { activityPlace, refuseArchived, type StoredSession } from '../../resources/sessions.ts';
import { CreateSessionBody, PatchSessionBody, SessionListQuery } from './schemas.ts';

/** `/v1/native/sessions`: make, list, look at, rename, delete. */
export function addSessions(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/native/sessions', async (c) => {
    const { id, options = {}, tools } = parse(CreateSessionBody, await readJson(c.req.raw));
    refuseUnsandboxed(options.permissionMode, app);
    const { session, isNew } = await app.sessions.create(
      c.get('principal'),
      {
        model: app.options.model,
        permissionMode: app.options.permissionMode ?? 'default',
        ...options,
        ...(tools === undefined ? {} : { externalTools: tools }),
        cwd: await app.workspaces.choose(options.cwd),
      },
      { nonce: c.get('nonce'), id },
    );
    if (isNew) await openFirst(app, session.row.id);
    return c.json(toSessionDetails(session), 201);
  });

  hono.get('/v1/native/sessions', async (c) => {
    const request = pageRequest(parse(SessionListQuery, c.req.query()), { list: 'native sessions', order: 'asc' });
    const rows: StoredSession[] = [];
    const from = request.from && -request.from[0];
    const o = { order: 'newest activity', placeOf: activityPlace, from } as const;
    for await (const session of app.sessions.list(c.get('principal'), request, o)) {
      rows.push(session);
      if (rows.length > request.limit) break;
    }
    return c.json(toPage(request, rows, { placeOf: activityPlace, toObject: toSessionObject }));
  });

  hono.get('/v1/native/sessions/:id', async (c) =>
    c.json(toSessionDetails(await app.sessions.get(c.get('principal'), c.req.param('id')))),
  );

  hono.post('/v1/native/sessions/:id', async (c) => {
    const patch = parse(PatchSessionBody, await readJson(c.req.raw));
    const session = await app.sessions.getToWrite(c.get('principal'), c.req.param('id'));
    refuseArchived(session);
    await tellTitle(app, session, { title: patch.title, by: c.get('principal').name });
    return c.json(toSessionObject(await app.sessions.patch(c.get('principal'), c.req.param('id'), patch)));
  });

  hono.delete('/v1/native/sessions/:id', async (c) => {
    const { row } = await app.sessions.getToWrite(c.get('principal'), c.req.param('id'));
    await deleteSession(app, row.id);
    return c.body(null, 204);
  });
}

/** Who reads a session of the Managed Agents API is told its new title there. */
async function tellTitle(
  app: App,
  { row, managed }: StoredSession,
  { title, by }: { title: string | undefined; by: string },
): Promise<void> {
  if (managed === undefined || title === undefined || title === row.title) return;
  await app.host.use(row.id, (open) => open.input([{ kind: 'settings', patch: { updated: { title } }, by }]));
}

/** The engine checks the options when it opens the session; one that it refuses leaves nothing behind. */
async function openFirst(app: App, id: string): Promise<void> {
  try {
    const { release } = await app.host.hold(id);
    release();
  } catch (error) {
    const store = await app.engine.store();
    await store.sessions.delete(id);
    throw error;
  }
}

/** Without a sandbox, on a server, somebody must have decided that nobody is asked. @throws HttpError 400 */
export function refuseUnsandboxed(mode: PermissionModeInput | undefined, { options }: App): void {
  if (mode !== 'bypassPermissions' || options.allowUnsandboxed === true) return;
  throw new HttpError(
    400,
    'permissionMode: bypassPermissions is not allowed on this server; its operator can allow it with allowUnsandboxed',
  );
}
