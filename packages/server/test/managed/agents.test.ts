import type Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { all, caught, refusal, startManaged } from './fixture.ts';

const MODEL = 'claude-opus-5-5';
type Create = Anthropic.Beta.AgentCreateParams;

test('an agent is answered with every key, defaults filled in', async () => {
  const { client } = await startManaged();
  const agent = await client.beta.agents.create({ name: 'Helper', model: MODEL });
  expect(agent).toEqual({
    id: expect.stringMatching(/^agent_[0-9a-z]{26}$/),
    type: 'agent',
    version: 1,
    name: 'Helper',
    description: null,
    model: { id: MODEL },
    system: null,
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: 'service_account' },
    metadata: {},
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    updated_at: agent.created_at,
    archived_at: null,
  });
  expect(await client.beta.agents.retrieve(agent.id)).toEqual(agent);
});

test('tools are answered resolved: the most specific setting wins', async () => {
  const { client } = await startManaged();
  const custom = {
    type: 'custom' as const,
    name: 'look_up',
    description: 'Looks something up',
    input_schema: { type: 'object' as const, properties: { what: { type: 'string' } }, required: ['what'] },
  };
  const { tools, model } = await client.beta.agents.create({
    name: 'Tools',
    model: { id: MODEL, effort: 'low' },
    tools: [
      {
        type: 'agent_toolset_20260401',
        default_config: { permission_policy: { type: 'always_ask' } },
        configs: [
          { name: 'read', permission_policy: { type: 'always_allow' } },
          { name: 'web_fetch', enabled: false },
        ],
      },
      custom,
    ],
  });
  const ask = { type: 'always_ask' };
  expect(model).toEqual({ id: MODEL, effort: { type: 'low' } });
  expect(tools).toEqual([
    {
      type: 'agent_toolset_20260401',
      default_config: { enabled: true, permission_policy: ask },
      configs: [
        { type: 'read', name: 'read', enabled: true, permission_policy: { type: 'always_allow' } },
        { type: 'web_fetch', name: 'web_fetch', enabled: false, permission_policy: ask, url_sources: null },
      ],
    },
    custom,
  ]);
});

test('an update makes a version, one that changes nothing does not, and each version stays readable', async () => {
  const { client } = await startManaged();
  const made = await client.beta.agents.create({
    name: 'A',
    model: MODEL,
    description: 'first',
    system: 'Be brief.',
    metadata: { a: '1', b: '2' },
  });
  const second = await client.beta.agents.update(made.id, {
    description: '',
    system: null,
    metadata: { a: null, c: '3' },
  });
  expect(second).toMatchObject({
    version: 2,
    description: null,
    system: null,
    metadata: { b: '2', c: '3' },
    name: 'A',
  });
  expect(await client.beta.agents.update(made.id, { name: 'A', metadata: { b: '2' }, tools: null })).toEqual(second);
  const third = await client.beta.agents.update(made.id, {
    version: 2,
    model: { id: MODEL, effort: { type: 'high' } },
    tools: [{ type: 'agent_toolset_20260401' }],
  });
  expect(third).toMatchObject({
    version: 3,
    model: { id: MODEL, effort: { type: 'high' } },
    created_at: made.created_at,
  });
  expect(await client.beta.agents.update(made.id, { tools: [] })).toMatchObject({ version: 4, tools: [] });
  expect(await client.beta.agents.retrieve(made.id, { version: 1 })).toEqual({ ...made, updated_at: made.created_at });
  const versions = await all(client.beta.agents.versions.list(made.id, { limit: 3 }));
  expect(versions.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
  expect(await refusal(client.beta.agents.retrieve(made.id, { version: 5 }))).toMatch(/^NotFoundError/);
});

test('of two updates of the same version one wins, the other is a conflict that is not retried', async () => {
  const { client, fetch } = await startManaged();
  const { id } = await client.beta.agents.create({ name: 'A', model: MODEL });
  const update = (name: string) => client.beta.agents.update(id, { version: 1, name });
  const results = await Promise.allSettled([update('B'), update('C')]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await refusal(update('D'))).toMatch(/^ConflictError 409 .*at version 2/);
  const headers = { 'content-type': 'application/json' };
  const plain = await fetch(`/v1/agents/${id}`, { method: 'POST', headers, body: '{"version":1,"name":"E"}' });
  expect([plain.status, plain.headers.get('x-should-retry')]).toEqual([409, 'false']);
});

test('updates without a version, all at once, are all applied', async () => {
  const { client } = await startManaged();
  const { id } = await client.beta.agents.create({ name: 'A', model: MODEL });
  const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
  await Promise.all(keys.map((key) => client.beta.agents.update(id, { metadata: { [key]: 'v' } })));
  const agent = await client.beta.agents.retrieve(id);
  expect([agent.version, Object.keys(agent.metadata).toSorted()]).toEqual([13, keys.toSorted()]);
});

test('lists are newest first, in pages, without the archived ones unless asked for', async () => {
  const { client } = await startManaged();
  const names = ['A', 'B', 'C', 'D', 'E'];
  const made: Anthropic.Beta.BetaManagedAgentsAgent[] = [];
  for (const name of names) made.push(await client.beta.agents.create({ name, model: MODEL }));
  const archived = await client.beta.agents.archive(made[1]?.id ?? '');
  expect(archived.archived_at).toMatch(/^\d{4}-/);
  expect(await client.beta.agents.archive(archived.id)).toEqual(archived);
  const ids = async (query: Anthropic.Beta.AgentListParams) =>
    (await all(client.beta.agents.list({ limit: 2, ...query }))).map(({ id }) => id).toSorted();
  const idsOf = (agents: typeof made) => agents.map(({ id }) => id).toSorted();
  expect(await ids({})).toEqual(idsOf(made.filter(({ id }) => id !== archived.id)));
  expect(await ids({ include_archived: true })).toEqual(idsOf(made));
  expect(await ids({ 'created_at[lte]': '2020-01-01T00:00:00Z' })).toEqual([]);
  expect(await ids({ 'created_at[gte]': '2020-01-01T00:00:00Z' })).toHaveLength(4);
  const times = (await all(client.beta.agents.list())).map(({ created_at }) => created_at);
  expect(times).toEqual(times.toSorted().toReversed());
});

test('an archived agent is read, not changed', async () => {
  const { client } = await startManaged();
  const { id } = await client.beta.agents.create({ name: 'A', model: MODEL });
  await client.beta.agents.archive(id);
  expect(await client.beta.agents.retrieve(id)).toMatchObject({ id, version: 1 });
  const error = await caught(client.beta.agents.update(id, { name: 'B' }));
  expect(error).toMatchObject({ status: 400, errorCode: 'agent_archived' });
});

const toolset = (more: object) => ({ tools: [{ type: 'agent_toolset_20260401', ...more }] });
const custom = (more: object) => ({
  tools: [{ type: 'custom', name: 'a', description: 'd', input_schema: { type: 'object' }, ...more }],
});
test.each([
  ['an empty name', { name: '' }, 'name'],
  ['a long name', { name: 'x'.repeat(257) }, 'name'],
  ['an empty model', { model: '' }, 'model'],
  ['no model', { model: undefined }, 'model'],
  ['a fast model', { model: { id: MODEL, speed: 'fast' } }, 'model.speed'],
  ['a place for the model', { model: { id: MODEL, inference_geo: 'us' } }, 'model.inference_geo'],
  ['a long description', { description: 'x'.repeat(2_049) }, 'description'],
  ['a long system prompt', { system: 'x'.repeat(100_001) }, 'system'],
  ['skills', { skills: [{ type: 'custom', skill_id: 'skill_1' }] }, 'skills'],
  ['several agents', { multiagent: { type: 'coordinator', agents: ['agent_1'] } }, 'multiagent'],
  ['MCP servers', { mcp_servers: [{ type: 'url', name: 'a', url: 'https://a.example' }] }, 'mcp_servers'],
  ['an MCP toolset', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'a' }] }, 'tools.0.type: mcp_toolset'],
  ['another identity', { execution_identity: { type: 'aws_role', role_arn: 'arn' } }, 'execution_identity'],
  [
    'a policy that judges',
    toolset({ default_config: { permission_policy: { type: 'auto' } } }),
    'auto is not supported',
  ],
  ['an unknown tool', toolset({ configs: [{ name: 'fly' }] }), 'tools.0.configs.0.name'],
  ['a tool twice', toolset({ configs: [{ name: 'read' }, { name: 'read' }] }), 'tools.0.configs'],
  ['domains', toolset({ configs: [{ name: 'web_fetch', allowed_domains: ['a.example'] }] }), 'allowed_domains'],
  ['a toolset twice', { tools: [...toolset({}).tools, ...toolset({}).tools] }, 'tools.1'],
  ['a custom tool with a built-in name', custom({ name: 'bash' }), 'tools.0: bash'],
  ['a custom tool with a bad name', custom({ name: 'a b' }), 'tools.0.name'],
  ['a custom tool without a schema', custom({ input_schema: {} }), 'tools.0.input_schema.type'],
  ['too many tools', { tools: Array.from({ length: 129 }, (_, n) => custom({ name: `t${n}` }).tools[0]) }, 'tools'],
  ['long metadata', { metadata: { a: 'x'.repeat(513) } }, 'metadata'],
  ['much metadata', { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])) }, 'metadata'],
  ['an unknown field', { colour: 'red' }, 'colour: not known here'],
])('%s is a 400 that says so', async (_, fields, named) => {
  const { client } = await startManaged();
  // What the types of the client forbid is what is tried.
  const refused = await refusal(client.beta.agents.create({ name: 'A', model: MODEL, ...fields } as unknown as Create));
  expect(refused).toMatch(/^(BadRequest|BetaInvalidMetadata)Error 400 /);
  expect(refused).toContain(named);
  expect(await all(client.beta.agents.list())).toEqual([]);
});

test('what says nothing is taken: null and empty lists in fields that are not supported', async () => {
  const { client } = await startManaged();
  const agent = await client.beta.agents.create({
    name: 'A',
    model: { id: 'some-model-of-tomorrow', effort: null, speed: null, inference_geo: null },
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: 'service_account' },
  });
  expect(agent.model).toEqual({ id: 'some-model-of-tomorrow' });
});

test('an agent of somebody else is as unknown as one that is not there, and in no list of his', async () => {
  const managed = await startManaged();
  const [mine, other, looker] = await Promise.all([
    managed.addKey({ user: 'me' }),
    managed.addKey(),
    managed.addKey({ user: 'me', role: 'observer' }),
  ]);
  const client = managed.clientWith(mine);
  const { id } = await client.beta.agents.create({ name: 'Mine', model: MODEL });
  const foreign = managed.clientWith(other).beta.agents;
  const text = async (work: PromiseLike<unknown>, known: string) => (await refusal(work)).replaceAll(known, 'ID');
  const unknown = 'agent_00000000000000000000000000';
  expect(await text(foreign.retrieve(id), id)).toBe(await text(foreign.retrieve(unknown), unknown));
  expect(await text(foreign.update(id, { name: 'X' }), id)).toBe(
    await text(foreign.update(unknown, { name: 'X' }), unknown),
  );
  expect(await text(foreign.archive(id), id)).toBe(await text(foreign.archive(unknown), unknown));
  expect(await all(foreign.list())).toEqual([]);
  expect((await all(managed.client.beta.agents.list())).map((agent) => agent.id)).toEqual([id]);
  const observer = managed.clientWith(looker).beta.agents;
  expect(await observer.retrieve(id)).toMatchObject({ name: 'Mine' });
  expect(await refusal(observer.update(id, { name: 'X' }))).toMatch(/^PermissionDeniedError/);
  expect(await refusal(observer.create({ name: 'X', model: MODEL }))).toMatch(/^PermissionDeniedError/);
});

test('agents outlive a restart', async () => {
  const first = await startManaged();
  const agent = await first.client.beta.agents.create({ name: 'A', model: MODEL });
  await first.stop();
  const second = await startManaged({ folder: first.folder });
  expect(await second.client.beta.agents.retrieve(agent.id)).toEqual(agent);
});
