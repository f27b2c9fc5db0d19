import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../../app-env.ts';
import { HttpError } from '../../../http/http-error.ts';
import { pageFields, pageRequest, type Place, isBeyond, toPage } from '../../../http/page.ts';
import { parse } from '../../../http/parse.ts';
import { parseQuery } from '../../../http/query.ts';
import { readJson } from '../../../http/read-json.ts';
import { unmountFile } from '../../../resources/files/mount-file.ts';
import type { FileResource, ManagedData } from '../../../resources/managed-session.ts';
import { refuseArchived, type StoredSession } from '../../../resources/sessions.ts';
import { mountAll, resolveFiles } from './file-resources.ts';
import { FileResourceInput } from './session-bodies.ts';

const MAX_RESOURCES = 100;
const ListQuery = z.strictObject(pageFields);
const UpdateBody = z.strictObject({ authorization_token: z.string() });

/** `/v1/sessions/{id}/resources`: the files that a session has been given. */
export function addResources(hono: Hono<AppEnv>, app: App): void {
  const toChange = async (c: Context<AppEnv>): Promise<{ session: StoredSession; managed: ManagedData }> => {
    const session = await app.sessions.getToWrite(c.get('principal'), c.req.param('id') ?? '');
    if (session.managed === undefined)
      throw new HttpError(
        400,
        'A session of the native API works in a folder that is there already; it has no resources',
      );
    refuseArchived(session);
    return { session, managed: session.managed };
  };

  hono.get('/v1/sessions/:id/resources', async (c) => {
    const { row, managed } = await app.sessions.get(c.get('principal'), c.req.param('id'));
    const page = pageRequest(parseQuery(ListQuery, c.req.raw), { list: `resources ${row.id}`, order: 'asc' });
    const rows = (managed?.resources ?? [])
      .map((resource, index) => ({ resource, place: [index, resource.id] satisfies Place }))
      .filter(({ place }) => isBeyond(page, place));
    return c.json(toPage(page, rows, { placeOf: ({ place }) => place, toObject: ({ resource }) => resource }));
  });

  hono.get('/v1/sessions/:id/resources/:resource', async (c) =>
    c.json(resourceOf(await app.sessions.get(c.get('principal'), c.req.param('id')), c.req.param('resource'))),
  );

  hono.post('/v1/sessions/:id/resources', async (c) => {
    const input = parse(FileResourceInput, await readJson(c.req.raw));
    const { session, managed } = await toChange(c);
    const { principal, nonce } = c.var;
    const { resources: taken, isSelfHosted } = managed;
    if (taken.length >= MAX_RESOURCES) throw new HttpError(400, `A session has at most ${MAX_RESOURCES} resources`);
    const [added] = await resolveFiles(app, principal, [input], { nonce, isSelfHosted, taken });
    if (added === undefined) throw new Error('A file that was asked for is there');
    await mountAll(app, session.row.cwd, [added]);
    await app.sessions.changeManaged(session.row.id, ({ resources }) => ({
      resources: [...resources.filter(({ id }) => id !== added.resource.id), added.resource],
    }));
    return c.json(added.resource);
  });

  hono.post('/v1/sessions/:id/resources/:resource', async (c) => {
    parse(UpdateBody, await readJson(c.req.raw));
    const { session } = await toChange(c);
    resourceOf(session, c.req.param('resource'));
    throw new HttpError(400, 'authorization_token: only repositories have one, which this server does not mount');
  });

  hono.delete('/v1/sessions/:id/resources/:resource', async (c) => {
    const { session } = await toChange(c);
    const { id, mount_path } = resourceOf(session, c.req.param('resource'));
    await unmountFile(session.row.cwd, mount_path);
    await app.sessions.changeManaged(session.row.id, ({ resources }) => ({
      resources: resources.filter((other) => other.id !== id),
    }));
    return c.json({ id, type: 'session_resource_deleted' });
  });
}

/** @throws HttpError 404 */
function resourceOf({ managed }: StoredSession, id: string): FileResource {
  const resource = managed?.resources.find((each) => each.id === id);
  if (resource === undefined) throw new HttpError(404, `There is no resource ${id.slice(0, 100)} in this session`);
  return resource;
}
