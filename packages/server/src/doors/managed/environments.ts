import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { pageFields, pageRequest, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { flag, parseQuery } from '../../http/query.ts';
import { readJson } from '../../http/read-json.ts';
import { toConfigObject } from '../../resources/environments/environment-config.ts';
import { EnvironmentCreateInput, EnvironmentUpdateInput } from '../../resources/environments/environment-input.ts';
import {
  archiveEnvironment,
  createEnvironment,
  deleteEnvironment,
  type Environment,
  getEnvironment,
  listEnvironments,
  updateEnvironment,
} from '../../resources/environments/environments.ts';

const MAX_BODY_BYTES = 262_144;

const ListQuery = z.strictObject({ ...pageFields, include_archived: flag.default(false) });

/** `/v1/environments`, without the work queue below them. */
export function addEnvironments(hono: Hono<AppEnv>, app: App): void {
  const reachableHosts = app.options.sessionDefaults?.sandbox?.network?.allowedDomains ?? [];

  hono.post('/v1/environments', async (c) => {
    const input = parse(EnvironmentCreateInput, await readJson(c.req.raw, MAX_BODY_BYTES));
    const { principal, nonce } = c.var;
    const made = await createEnvironment(await app.tables(), principal, input, { nonce, reachableHosts });
    return c.json(toObject(made));
  });

  hono.get('/v1/environments', async (c) => {
    const query = parseQuery(ListQuery, c.req.raw);
    const request = pageRequest(query, { list: 'environments', order: 'desc' });
    const o = { request, includeArchived: query.include_archived };
    const rows = await listEnvironments(await app.tables(), c.get('principal'), o);
    return c.json(toPage(request, rows, { placeOf: ({ createdAt, id }) => [createdAt, id], toObject }));
  });

  hono.get('/v1/environments/:id', async (c) =>
    c.json(toObject(await getEnvironment(await app.tables(), c.get('principal'), c.req.param('id')))),
  );

  hono.post('/v1/environments/:id', async (c) => {
    const input = parse(EnvironmentUpdateInput, await readJson(c.req.raw, MAX_BODY_BYTES));
    const { principal } = c.var;
    const id = c.req.param('id');
    return c.json(toObject(await updateEnvironment(await app.tables(), principal, id, input, { reachableHosts })));
  });

  hono.post('/v1/environments/:id/archive', async (c) =>
    c.json(toObject(await archiveEnvironment(await app.tables(), c.get('principal'), c.req.param('id')))),
  );

  hono.delete('/v1/environments/:id', async (c) => {
    const id = c.req.param('id');
    await deleteEnvironment(await app.tables(), c.get('principal'), id);
    return c.json({ id, type: 'environment_deleted' });
  });
}

/** As it is answered: every key is there. */
function toObject({ id, name, description, config, metadata, createdAt, updatedAt, archivedAt }: Environment) {
  return {
    id,
    type: 'environment',
    name,
    description,
    config: toConfigObject(config),
    metadata,
    scope: 'account',
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
    archived_at: archivedAt === null ? null : new Date(archivedAt).toISOString(),
  };
}
