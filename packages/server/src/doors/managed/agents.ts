import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { pageFields, pageRequest, type Place, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { createdAtFields, createdAtWindow, flag, parseQuery, wholeNumber } from '../../http/query.ts';
import { readJson } from '../../http/read-json.ts';
import { AgentCreateInput, AgentUpdateInput } from '../../resources/agents/agent-input.ts';
import { type AgentVersion, toAgentObject as toObject } from '../../resources/agents/agent-object.ts';
import {
  archiveAgent,
  createAgent,
  getAgent,
  listAgents,
  listVersions,
  updateAgent,
} from '../../resources/agents/agents.ts';

/** A system prompt, and the schemas of 128 tools. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_VERSION = 1_000_000_000;

const GetQuery = z.strictObject({ version: wholeNumber(1, MAX_VERSION).optional() });
const VersionsQuery = z.strictObject(pageFields);
const ListQuery = z.strictObject({
  ...pageFields,
  'created_at[gte]': createdAtFields['created_at[gte]'],
  'created_at[lte]': createdAtFields['created_at[lte]'],
  include_archived: flag.default(false),
});

/** `/v1/agents` */
export function addAgents(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/agents', async (c) => {
    const input = parse(AgentCreateInput, await readJson(c.req.raw, MAX_BODY_BYTES));
    return c.json(toObject(await createAgent(await app.tables(), c.get('principal'), input, c.get('nonce'))));
  });

  hono.get('/v1/agents', async (c) => {
    const query = parseQuery(ListQuery, c.req.raw);
    const window = createdAtWindow(query);
    const request = pageRequest(query, { list: 'agents', order: 'desc', window });
    const rows = await listAgents(await app.tables(), c.get('principal'), {
      request,
      window,
      includeArchived: query.include_archived,
    });
    const placeOf = ({ createdAt, id }: AgentVersion): Place => [createdAt, id];
    return c.json(toPage(request, rows, { placeOf, toObject }));
  });

  hono.get('/v1/agents/:id', async (c) => {
    const { version } = parseQuery(GetQuery, c.req.raw);
    return c.json(toObject(await getAgent(await app.tables(), c.get('principal'), c.req.param('id'), version)));
  });

  hono.post('/v1/agents/:id', async (c) => {
    const input = parse(AgentUpdateInput, await readJson(c.req.raw, MAX_BODY_BYTES));
    const { principal, nonce } = c.var;
    return c.json(toObject(await updateAgent(await app.tables(), principal, c.req.param('id'), input, nonce)));
  });

  hono.post('/v1/agents/:id/archive', async (c) =>
    c.json(toObject(await archiveAgent(await app.tables(), c.get('principal'), c.req.param('id')))),
  );

  hono.get('/v1/agents/:id/versions', async (c) => {
    const id = c.req.param('id');
    const request = pageRequest(parseQuery(VersionsQuery, c.req.raw), { list: `versions ${id}`, order: 'desc' });
    const rows = await listVersions(await app.tables(), c.get('principal'), id, request);
    const placeOf = ({ version }: AgentVersion): Place => [version, id];
    return c.json(toPage(request, rows, { placeOf, toObject }));
  });
}
