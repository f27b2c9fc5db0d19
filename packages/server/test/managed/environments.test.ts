import type Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { configOfEnvironment } from '../../src/resources/environments/environments.ts';
import { environmentSandbox } from '../../src/resources/environments/environment-config.ts';
import { openTables } from '../../src/store/tables.ts';
import { all, caught, refusal, startManaged } from './fixture.ts';

type Create = Anthropic.Beta.EnvironmentCreateParams;
const REACHABLE = { sessionDefaults: { sandbox: { network: { allowedDomains: ['example.org', '*.example.com'] } } } };

test('an environment without a config is a cloud one, answered with every key', async () => {
  const { client } = await startManaged();
  const environment = await client.beta.environments.create({ name: 'Here' });
  expect(environment).toEqual({
    id: expect.stringMatching(/^env_[0-9a-z]{26}$/),
    type: 'environment',
    name: 'Here',
    description: null,
    config: {
      type: 'cloud',
      networking: { type: 'unrestricted' },
      packages: { type: 'packages', apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
    },
    metadata: {},
    scope: 'account',
    created_at: expect.stringMatching(/^\d{4}-/),
    updated_at: environment.created_at,
    archived_at: null,
  });
  expect(await client.beta.environments.retrieve(environment.id)).toEqual(environment);
});

test('an update changes what it names; null and an empty value delete metadata', async () => {
  const { client } = await startManaged(REACHABLE);
  const { id } = await client.beta.environments.create({
    name: 'A',
    description: 'first',
    metadata: { a: '1', b: '2', c: '3' },
    config: { type: 'cloud', networking: { type: 'limited', allowed_hosts: ['example.org'] } },
  });
  const limited = {
    type: 'limited',
    allowed_hosts: ['example.org'],
    allow_mcp_servers: false,
    allow_package_managers: false,
  };
  const second = await client.beta.environments.update(id, {
    name: 'B',
    description: '',
    metadata: { a: null, b: '', d: '4' },
    config: { type: 'cloud' },
  });
  expect(second).toMatchObject({ name: 'B', description: '', metadata: { c: '3', d: '4' } });
  expect(second.config).toMatchObject({ networking: limited });
  const third = await client.beta.environments.update(id, {
    description: null,
    config: { type: 'cloud', networking: { type: 'unrestricted' } },
  });
  expect(third).toMatchObject({ name: 'B', description: null, config: { networking: { type: 'unrestricted' } } });
  expect(Date.parse(third.updated_at)).toBeGreaterThan(Date.parse(second.updated_at));
});

test('updates all at once are all applied', async () => {
  const { client } = await startManaged();
  const { id } = await client.beta.environments.create({ name: 'A' });
  const keys = Array.from({ length: 10 }, (_, n) => `k${n}`);
  await Promise.all(keys.map((key) => client.beta.environments.update(id, { metadata: { [key]: 'v' } })));
  const { metadata } = await client.beta.environments.retrieve(id);
  expect(Object.keys(metadata).toSorted()).toEqual(keys.toSorted());
});

test('a name is taken once per user, until its environment is archived or deleted', async () => {
  const { client, clientWith, addKey } = await startManaged();
  const first = await client.beta.environments.create({ name: 'A' });
  const taken = 'ConflictError 409 name: there is an environment A already';
  expect(await refusal(client.beta.environments.create({ name: 'A' }))).toBe(taken);
  const second = await client.beta.environments.create({ name: 'B' });
  expect(await refusal(client.beta.environments.update(second.id, { name: 'A' }))).toBe(taken);
  await clientWith(await addKey()).beta.environments.create({ name: 'A' });
  await client.beta.environments.archive(first.id);
  const third = await client.beta.environments.create({ name: 'A' });
  await client.beta.environments.delete(third.id);
  expect(await client.beta.environments.create({ name: 'A' })).toMatchObject({ name: 'A' });
});

test('an archived environment is read, not changed; its error is of the class of the client', async () => {
  const { client } = await startManaged();
  const { id } = await client.beta.environments.create({ name: 'A' });
  const archived = await client.beta.environments.archive(id);
  expect(archived.archived_at).toMatch(/^\d{4}-/);
  expect(await client.beta.environments.archive(id)).toEqual(archived);
  expect(await refusal(client.beta.environments.update(id, { name: 'B' }))).toBe(
    `BetaEnvironmentArchivedError 400 The environment ${id} is archived`,
  );
  expect(await all(client.beta.environments.list())).toEqual([]);
  expect(await all(client.beta.environments.list({ include_archived: true }))).toEqual([archived]);
});

test('the type of a config does not change', async () => {
  const { client } = await startManaged();
  const { id, config } = await client.beta.environments.create({ name: 'A', config: { type: 'self_hosted' } });
  expect(config).toEqual({ type: 'self_hosted' });
  expect(await refusal(client.beta.environments.update(id, { config: { type: 'cloud' } }))).toBe(
    'BetaInvalidConfigTypeChangeError 400 config.type: the environment is self_hosted, which cannot change',
  );
});

test('deleted, it is as unknown as one that never was; only its config is left, for its sessions', async () => {
  const { client, folder } = await startManaged();
  const { id } = await client.beta.environments.create({ name: 'A', description: 'secret plan' });
  expect(await client.beta.environments.delete(id)).toEqual({ id, type: 'environment_deleted' });
  const refused = await Promise.all([
    refusal(client.beta.environments.retrieve(id)),
    refusal(client.beta.environments.update(id, { name: 'B' })),
    refusal(client.beta.environments.archive(id)),
    refusal(client.beta.environments.delete(id)),
  ]);
  expect(new Set(refused)).toEqual(new Set([`BetaEnvironmentNotFoundError 404 There is no environment ${id}`]));
  const tables = await openTables(folder);
  expect(await configOfEnvironment(tables, id)).toMatchObject({ type: 'cloud' });
  expect(JSON.stringify(await tables.selectFrom('environment').selectAll().execute())).not.toContain('secret plan');
  await tables.destroy();
});

test('lists come in pages, newest first', async () => {
  const { client } = await startManaged();
  for (const name of ['A', 'B', 'C', 'D', 'E']) await client.beta.environments.create({ name });
  const listed = await all(client.beta.environments.list({ limit: 2 }));
  expect(listed.map(({ name }) => name).toSorted()).toEqual(['A', 'B', 'C', 'D', 'E']);
  const times = listed.map(({ created_at }) => created_at);
  expect(times).toEqual(times.toSorted().toReversed());
});

const network = (networking: object) => ({ config: { type: 'cloud', networking } });
const limited = (more: object) => network({ type: 'limited', ...more });
test.each([
  ['no name', { name: '' }, 'name'],
  ['packages', { config: { type: 'cloud', packages: { pip: ['numpy'] } } }, 'config.packages.pip: is not supported'],
  [
    'a host that the operator has not opened',
    limited({ allowed_hosts: ['127.0.0.1:80'] }),
    'does not let commands reach',
  ],
  ['what is no host', limited({ allowed_hosts: ['https://example.org/'] }), 'config.networking.allowed_hosts.0'],
  ['package managers', limited({ allow_package_managers: true }), 'allow_package_managers'],
  ['MCP servers', limited({ allow_mcp_servers: true }), 'allow_mcp_servers'],
  ['another network', network({ type: 'open' }), 'config.networking.type'],
  ['more than self_hosted', { config: { type: 'self_hosted', packages: {} } }, 'config.packages: not known here'],
  ['everybody', { scope: 'organization' }, 'scope: only account'],
  ['much metadata', { metadata: { a: 'x'.repeat(513) } }, 'metadata'],
  ['an unknown field', { colour: 'red' }, 'colour: not known here'],
])('%s is a 400 that says so', async (_, fields, named) => {
  const { client } = await startManaged(REACHABLE);
  // What the types of the client forbid is what is tried.
  const error = await caught(client.beta.environments.create({ name: 'A', ...fields } as unknown as Create));
  expect(error).toMatchObject({
    status: 400,
    type: 'invalid_request_error',
    apiMessage: expect.stringContaining(named),
  });
});

test('limited networking narrows the sandbox and needs one; unrestricted leaves it as the operator has it', () => {
  const given = { network: { allowedDomains: ['a.example', 'b.example'], deniedDomains: ['c.example'] } };
  expect(environmentSandbox({ type: 'cloud', networking: { type: 'unrestricted' } }, given)).toBe(given);
  const rules = { allow_mcp_servers: false, allow_package_managers: false } as const;
  expect(
    environmentSandbox(
      { type: 'cloud', networking: { type: 'limited', allowed_hosts: ['a.example'], ...rules } },
      given,
    ),
  ).toEqual({
    enabled: true,
    failIfUnavailable: true,
    allowUnsandboxedCommands: false,
    excludedCommands: [],
    network: { allowedDomains: ['a.example'], deniedDomains: ['c.example'] },
  });
});

test('an environment of somebody else is as unknown as one that is not there; an observer changes nothing', async () => {
  const managed = await startManaged();
  const mine = managed.clientWith(await managed.addKey({ user: 'me' })).beta.environments;
  const foreign = managed.clientWith(await managed.addKey()).beta.environments;
  const observer = managed.clientWith(await managed.addKey({ user: 'me', role: 'observer' })).beta.environments;
  const { id } = await mine.create({ name: 'A' });
  const attempts = (api: typeof mine) => [api.update(id, {}), api.archive(id), api.delete(id)];
  const unseen = await Promise.all([foreign.retrieve(id), ...attempts(foreign)].map(refusal));
  expect(new Set(unseen)).toEqual(new Set([`BetaEnvironmentNotFoundError 404 There is no environment ${id}`]));
  expect(await all(foreign.list())).toEqual([]);
  const refused = await Promise.all([observer.create({ name: 'B' }), ...attempts(observer)].map(refusal));
  expect(new Set(refused.map((text) => text.split(' ')[0]))).toEqual(new Set(['PermissionDeniedError']));
  expect(await observer.retrieve(id)).toMatchObject({ name: 'A' });
});
