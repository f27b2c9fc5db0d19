import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { jsonOf } from '../../src/testing/test-app.ts';
import {
  answers,
  ASK_ALWAYS,
  customTool,
  Follower,
  isOver,
  newSession,
  ofType,
  say,
  typesOf,
  waitsFor,
} from './conversing.ts';
import { all, refusal, startManaged } from './fixture.ts';

// Sessions through the official client.

/** What a model request offers, by name. */
function toolNames(request: { body: Record<string, unknown> } | undefined): string[] {
  // The emulator has checked the request.
  const tools = (request?.body['tools'] ?? []) as { name: string }[];
  return tools.map(({ name }) => name).toSorted();
}

test('a new session has every key, and its agent as it was', async () => {
  const server = await startManaged();
  const { client } = server;
  const agent = await client.beta.agents.create({ name: 'Ann', model: 'claude-opus-5-5', system: 'Be brief.' });
  const environment = await client.beta.environments.create({ name: 'here' });
  const session = await client.beta.sessions.create({
    agent: agent.id,
    environment_id: environment.id,
    title: 'First',
    metadata: { team: 'blue' },
  });
  const { metadata: _, created_at, updated_at, archived_at, ...snapshot } = agent;
  expect([created_at, updated_at, archived_at].length).toBe(3);
  expect(session).toEqual({
    id: expect.stringMatching(/^sesn_[0-9a-z]{26}$/),
    type: 'session',
    status: 'idle',
    title: 'First',
    agent: snapshot,
    environment_id: environment.id,
    metadata: { team: 'blue' },
    resources: [],
    vault_ids: [],
    outcome_evaluations: [],
    budget: null,
    stats: { active_seconds: 0, duration_seconds: expect.any(Number) },
    usage: expect.objectContaining({ input_tokens: 0, list_cost: { amount: '0', currency: 'USD' } }),
    deployment_id: null,
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
    archived_at: null,
  });
  const stats = { active_seconds: 0, duration_seconds: expect.any(Number) };
  expect(await client.beta.sessions.retrieve(session.id)).toEqual({ ...session, stats });
  await client.beta.agents.update(agent.id, { system: 'Be long.' });
  expect((await client.beta.sessions.retrieve(session.id)).agent).toMatchObject({ version: 1, system: 'Be brief.' });
});

test('the model is asked with the system prompt, the tools and the effort of the agent', async () => {
  const emulator = createEmulator({ script: [text('Hi')] });
  const server = await startManaged({ emulator });
  const { id } = await newSession(server, {
    agent: {
      system: 'Speak like a sailor.',
      model: { id: 'claude-opus-5-5', effort: 'low' },
      tools: [
        {
          type: 'agent_toolset_20260401',
          default_config: { enabled: false },
          configs: [{ name: 'read', enabled: true }],
        },
        customTool('look'),
      ],
    },
  });
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  await stream.until(isOver);
  const [request] = emulator.requests;
  expect(JSON.stringify(request?.body.system)).toContain('Speak like a sailor.');
  expect(toolNames(request)).toEqual(['look', 'read']);
  expect(request?.body).toMatchObject({ model: 'claude-opus-5-5', output_config: { effort: 'low' } });
});

test('overrides replace, clear or inherit what the agent has', async () => {
  const server = await startManaged();
  const { client } = server;
  const agent = await client.beta.agents.create({
    name: 'Ann',
    model: 'claude-opus-5-5',
    system: 'A',
    tools: ASK_ALWAYS,
  });
  const environment = await client.beta.environments.create({ name: 'here' });
  const create = (overrides: object) =>
    client.beta.sessions.create({
      agent: { type: 'agent_with_overrides', id: agent.id, ...overrides },
      environment_id: environment.id,
    });
  expect((await create({})).agent).toMatchObject({ system: 'A', tools: agent.tools });
  expect((await create({ system: null, tools: [] })).agent).toMatchObject({ system: null, tools: [] });
  expect((await create({ model: 'claude-haiku-4-5' })).agent).toMatchObject({
    model: { id: 'claude-haiku-4-5' },
    version: 1,
  });
  expect(await refusal(create({ model: null }))).toContain('BadRequestError 400');
  await client.beta.agents.update(agent.id, { system: 'B' });
  const old = await client.beta.sessions.create({
    agent: { type: 'agent', id: agent.id, version: 1 },
    environment_id: environment.id,
  });
  expect(old.agent).toMatchObject({ version: 1, system: 'A' });
});

test('initial events run at once: the session is answered as running, and they are answered in order', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('1'), text('2')] }) });
  const { client } = server;
  const session = await newSession(server, { session: { initial_events: [say('a'), say('b')] } });
  expect(session.status).toBe('running');
  expect(session).not.toHaveProperty('initial_events');
  const stream = await Follower.open(client, session.id);
  const listed = await all(client.beta.sessions.events.list(session.id));
  if (!listed.some(isOver)) await stream.until(isOver);
  const events = await all(client.beta.sessions.events.list(session.id));
  expect(answers(events)).toEqual(['1', '2']);
  expect((await newSession(server, { agent: { name: 'B' }, session: { initial_events: [] } })).status).toBe('idle');
});

test('initial events that cannot be leave no session behind', async () => {
  const server = await startManaged();
  const create = (initial_events: object[], more: object = {}) =>
    refusal(
      newSession(server, {
        agent: { name: crypto.randomUUID() },
        session: { initial_events: initial_events as never, ...more },
      }),
    );
  expect(await create([say('a'), { type: 'user.interrupt' }])).toContain('only user.message');
  expect(await create([{ type: 'user.define_outcome' }])).toContain('initial_events.0');
  expect(await create(Array.from({ length: 51 }, () => say('x')))).toContain('initial_events');
  expect(await create([], { resources: [{ type: 'file', file_id: 'file_0' }] })).toContain('NotFoundError 404');
  expect(await all(server.client.beta.sessions.list())).toEqual([]);
  expect(await readdir(join(server.folder, 'workspaces')).catch(() => [])).toEqual([]);
});

test('what a session cannot have is refused by name', async () => {
  const server = await startManaged();
  const create = (more: object) =>
    refusal(newSession(server, { agent: { name: crypto.randomUUID() }, session: more as never }));
  expect(await create({ vault_ids: ['vlt_1'] })).toContain('vault_ids: is not supported');
  expect(await create({ resources: [{ type: 'github_repository', url: 'https://example.org/x' }] })).toContain(
    'github_repository is not supported',
  );
  expect(await create({ resources: [{ type: 'memory_store', memory_store_id: 'x' }] })).toContain(
    'memory_store is not supported',
  );
  expect(await create({ colour: 'red' })).toContain('colour: not known here');
  expect(await create({ agent: 'agent_0' })).toContain('NotFoundError 404');
  expect(await create({ environment_id: 'env_0' })).toContain('NotFoundError 404');
  expect(await create({ metadata: { [`k${'x'.repeat(64)}`]: 'v' } })).toContain('metadata');
});

test('title and metadata change; what has changed is told, and what has not is not', async () => {
  const server = await startManaged();
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { session: { metadata: { a: '1', b: '2' } } });
  const stream = await Follower.open(server.client, id);
  const updated = await sessions.update(id, { title: 'New', metadata: { a: null, c: '3' } });
  expect(updated).toMatchObject({ title: 'New', metadata: { b: '2', c: '3' } });
  await sessions.update(id, { title: 'New', metadata: { c: '3' } });
  await sessions.update(id, { title: null });
  const events = await stream.until((event) => event.type === 'session.updated' && event.title === null);
  const told = { id: expect.any(String), processed_at: expect.any(String), type: 'session.updated' };
  expect(events).toEqual([
    { ...told, title: 'New', metadata: { b: '2', c: '3' } },
    { ...told, title: null },
  ]);
  expect(await sessions.retrieve(id)).toMatchObject({ title: null, metadata: { b: '2', c: '3' } });
  expect(await refusal(sessions.update(id, { vault_ids: ['x'] }))).toContain('vault_ids');
});

test('tools of a session change between its turns, for this session alone', async () => {
  const emulator = createEmulator({ script: [toolUse('look'), text('1'), text('2')] });
  const server = await startManaged({ emulator });
  const { sessions } = server.client.beta;
  const { id, agent } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Look')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  expect(await refusal(sessions.update(id, { agent: { tools: [] } }))).toContain('must be idle');
  await sessions.events.send(id, { events: [{ type: 'user.custom_tool_result', custom_tool_use_id: call?.id ?? '' }] });
  await stream.until(isOver);
  const updated = await sessions.update(id, { agent: { tools: [customTool('listen')] } });
  expect(updated.agent.tools).toMatchObject([{ name: 'listen' }]);
  await sessions.events.send(id, { events: [say('Again')] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'session.updated')).toMatchObject([{ agent: { tools: [{ name: 'listen' }] } }]);
  expect(toolNames(emulator.requests[2])).toEqual(['listen']);
  expect((await server.client.beta.agents.retrieve(agent.id)).tools).toMatchObject([{ name: 'look' }]);
});

test('the list is ordered, paged in both directions, and filtered', async () => {
  const server = await startManaged();
  const { client } = server;
  const made = [];
  for (const name of ['A', 'B', 'C', 'D', 'E']) made.push(await newSession(server, { agent: { name } }));
  const ids = made.map(({ id }) => id);
  const listed = async (query: object) => (await all(client.beta.sessions.list(query))).map(({ id }) => id);
  expect(await listed({})).toEqual(ids.toReversed());
  expect(await listed({ order: 'asc', limit: 2 })).toEqual(ids);
  expect(await listed({ agent_id: made[1]?.agent.id })).toEqual([ids[1]]);
  expect(await listed({ agent_id: made[1]?.agent.id, agent_version: 2 })).toEqual([]);
  expect(await listed({ statuses: ['running'] })).toEqual([]);
  expect(await listed({ statuses: ['idle', 'terminated'], limit: 3 })).toEqual(ids.toReversed());
  expect(await listed({ deployment_id: 'depl_1' })).toEqual([]);
  const at = made[2]?.created_at ?? '';
  expect(await listed({ order: 'asc', 'created_at[gte]': at })).toEqual(ids.slice(2));
  expect(await listed({ order: 'asc', 'created_at[lt]': at })).toEqual(ids.slice(0, 2));

  const first = await client.beta.sessions.list({ limit: 2 });
  expect(first.prev_page).toBeNull();
  const second = await client.beta.sessions.list({ limit: 2, page: first.next_page ?? '' });
  expect(second.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
  const back = await client.beta.sessions.list({ limit: 2, page: second.prev_page ?? '' });
  expect(back.data).toEqual(first.data);
  const page = first.next_page ?? '';
  expect(await refusal(client.beta.sessions.list({ order: 'asc', page }))).toContain('order=desc');
  const later = new Date(Date.parse(made[4]?.created_at ?? '') + 1_000).toISOString();
  expect(await refusal(client.beta.sessions.list({ page, 'created_at[gt]': later }))).toContain('BadRequestError 400');
});

test('an archived session is terminated: it can be read, and nothing is sent to it', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('look'), text('x')] }) });
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Look'), say('This waits')] });
  await stream.until(waitsFor(1));
  const archived = await sessions.archive(id);
  expect(archived).toMatchObject({ status: 'terminated', archived_at: expect.any(String) });
  expect(typesOf(await stream.rest()).at(-1)).toBe('session.status_terminated');
  expect(await sessions.archive(id)).toEqual({ ...archived, updated_at: expect.any(String) });
  expect(await refusal(sessions.events.send(id, { events: [say('Hi')] }))).toContain('BadRequestError 400');
  expect(await refusal(sessions.update(id, { title: 'x' }))).toContain('archived');
  const message = { type: 'user', message: { role: 'user', content: 'Hi' }, parent_tool_use_id: null };
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) };
  expect((await server.fetch(`/v1/sessions/${id}/messages`, post)).status).toBe(400);
  // Nothing that waited is answered.
  expect(server.emulator.requests).toHaveLength(1);
  expect(typesOf(await all(sessions.events.list(id)))).toContain('session.status_terminated');
  expect(await all(sessions.list())).toEqual([]);
  expect((await all(sessions.list({ include_archived: true }))).map((session) => session.id)).toEqual([id]);
});

test('a deleted session is gone with its folder: streams are told and end, every route is 404', async () => {
  const script = [toolUse('write', { file_path: 'a.txt', content: 'x' }), text('Done.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { agent: { tools: [{ type: 'agent_toolset_20260401' }] } });
  const streams = [await Follower.open(server.client, id), await Follower.open(server.client, id)];
  await sessions.events.send(id, { events: [say('Write')] });
  await streams[0]?.until(isOver);
  expect(await sessions.delete(id)).toEqual({ id, type: 'session_deleted' });
  for (const stream of streams) expect(typesOf(await stream.rest()).at(-1)).toBe('session.deleted');
  const routes = [
    () => sessions.retrieve(id),
    () => sessions.events.list(id),
    () => sessions.events.stream(id),
    () => sessions.delete(id),
    () => sessions.archive(id),
  ];
  for (const route of routes) expect(await refusal(route())).toContain('NotFoundError 404');
  expect(await readdir(join(server.folder, 'workspaces'))).toEqual([]);
});

test('a session that runs is neither archived nor deleted', async () => {
  const script = [toolUse('bash', { command: 'sleep 60' })];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Sleep')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await sessions.events.send(id, {
    events: [{ type: 'user.tool_confirmation', tool_use_id: call?.id ?? '', result: 'allow' }],
  });
  await stream.until(({ type }) => type === 'session.status_running');
  expect(await refusal(sessions.archive(id))).toContain('BadRequestError 400');
  expect(await refusal(sessions.delete(id))).toContain('interrupt it');
  await sessions.events.send(id, { events: [{ type: 'user.interrupt' }] });
  await stream.until(isOver);
  expect(await sessions.delete(id)).toEqual({ id, type: 'session_deleted' });
});

test('files are mounted when a session is made and later, are listed, and are taken away', async () => {
  const script = [toolUse('read', { file_path: 'mnt/session/uploads/in/notes.txt' }), text('Read.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { client } = server;
  const file = await client.beta.files.upload({ file: new File(['Read me'], 'notes.txt', { type: 'text/plain' }) });
  const resources = [{ type: 'file' as const, file_id: file.id, mount_path: 'in/notes.txt' }];
  const { id, ...session } = await newSession(server, {
    agent: { tools: [{ type: 'agent_toolset_20260401' }] },
    session: { resources },
  });
  expect(session.resources).toMatchObject([{ file_id: file.id, mount_path: '/mnt/session/uploads/in/notes.txt' }]);
  const stream = await Follower.open(client, id);
  await client.beta.sessions.events.send(id, { events: [say('Read')] });
  expect(JSON.stringify(ofType(await stream.until(isOver), 'agent.tool_result'))).toContain('Read me');
  const added = await client.beta.sessions.resources.add(id, { type: 'file', file_id: file.id });
  expect(added.mount_path).toBe(`/mnt/session/uploads/${file.id}`);
  const listed = await all(client.beta.sessions.resources.list(id, { limit: 1 }));
  expect(listed).toEqual([...session.resources, added]);
  expect(await client.beta.sessions.resources.retrieve(added.id, { session_id: id })).toEqual(added);
  expect(await client.beta.sessions.resources.delete(added.id, { session_id: id })).toEqual({
    id: added.id,
    type: 'session_resource_deleted',
  });
  expect(await refusal(client.beta.sessions.resources.retrieve(added.id, { session_id: id }))).toContain('404');
  expect(
    await refusal(client.beta.sessions.resources.add(id, resources[0] ?? { type: 'file', file_id: '' })),
  ).toContain('mount_path');
  expect((await client.beta.sessions.retrieve(id)).resources).toEqual(session.resources);
});

test('what the agent writes for its people is listed as files of the session; the model is told where', async () => {
  const script = [
    toolUse('write', { file_path: 'mnt/session/outputs/report.md', content: '# Report' }),
    text('There.'),
  ];
  const emulator = createEmulator({ script });
  const server = await startManaged({ emulator });
  const { client } = server;
  const { id } = await newSession(server, { agent: { tools: [{ type: 'agent_toolset_20260401' }] } });
  const stream = await Follower.open(client, id);
  await client.beta.sessions.events.send(id, { events: [say('Write a report')] });
  await stream.until(isOver);
  const files = await all(client.beta.files.list({ scope_id: id }));
  expect(files.map(({ filename }) => filename)).toEqual(['report.md']);
  expect(await (await client.beta.files.download(files[0]?.id ?? '')).text()).toBe('# Report');
  expect(JSON.stringify(emulator.requests[0]?.body['system'])).toContain('mnt/session/outputs');
});

test('every session has one thread, which tells what the session tells', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { sessions } = server.client.beta;
  const session = await newSession(server);
  const { id } = session;
  const [thread, ...others] = await all(sessions.threads.list(id));
  expect(others).toEqual([]);
  expect(thread).toMatchObject({
    type: 'session_thread',
    session_id: id,
    parent_thread_id: null,
    status: 'idle',
    agent: { name: 'Ann' },
  });
  const threadId = thread?.id ?? '';
  expect(await sessions.threads.retrieve(threadId, { session_id: id })).toMatchObject({ id: threadId });
  const stream = await sessions.threads.events.stream(threadId, { session_id: id });
  await sessions.events.send(id, { events: [{ type: 'user.interrupt', session_thread_id: threadId }, say('Hi')] });
  const seen = [];
  for await (const event of stream) {
    seen.push(event);
    if (isOver(event)) break;
  }
  expect(answers(seen)).toEqual(['Hello.']);
  expect(await all(sessions.threads.events.list(threadId, { session_id: id }))).toEqual(
    await all(sessions.events.list(id)),
  );
  expect(await all(sessions.threads.list(id, { statuses: ['running'] }))).toEqual([]);
  expect(await refusal(sessions.threads.archive(threadId, { session_id: id }))).toContain('BadRequestError 400');
  expect(await refusal(sessions.threads.retrieve('sthr_0', { session_id: id }))).toContain('NotFoundError 404');
});

test('sessions of the native API are here with an agent of their own, and those of here are there', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.'), text('Again.')] }) });
  const { sessions } = server.client.beta;
  const post = (path: string, body: object) =>
    server.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const native = await jsonOf<{ id: string }>(post('/v1/native/sessions', { options: { title: 'Native' } }));
  const shown = await all(sessions.list());
  expect(shown).toMatchObject([{ title: 'Native', agent: { id: 'agent_native' }, environment_id: 'env_native' }]);
  const id = shown[0]?.id ?? '';
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Hi')] });
  expect(answers(await stream.until(isOver))).toEqual(['Hello.']);
  expect(await refusal(sessions.archive(id))).toContain('native API');
  expect(await refusal(sessions.update(id, { metadata: { a: 'b' } }))).toContain('metadata');
  expect(await sessions.update(id, { title: 'Other' })).toMatchObject({ title: 'Other' });
  expect((await server.fetch(`/v1/native/sessions/${native.id}`)).status).toBe(200);

  const managed = await newSession(server, { session: { title: 'Managed' } });
  const there = await jsonOf<{ data: { id: string; title: string; model: string }[] }>(
    server.fetch('/v1/native/sessions'),
  );
  expect(there.data.map(({ title }) => title).toSorted()).toEqual(['Managed', 'Other']);
  const uuid = there.data.find(({ title }) => title === 'Managed')?.id ?? '';
  const follower = await Follower.open(server.client, managed.id);
  const message = { type: 'user', message: { role: 'user', content: 'From the page' }, parent_tool_use_id: null };
  expect((await post(`/v1/sessions/${uuid}/messages`, message)).status).toBe(202);
  expect(answers(await follower.until(isOver))).toEqual(['Again.']);
});
