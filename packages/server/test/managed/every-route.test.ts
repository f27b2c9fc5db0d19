import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import type { App, AppEnv } from '../../src/app-env.ts';
import { addManaged } from '../../src/doors/managed/managed.ts';
import { Follower, isOver, newSession, say, waitsFor } from './conversing.ts';
import { caught, type Managed, startManaged } from './fixture.ts';
import { newQueue, take } from './working.ts';

// Every route of the Managed Agents API by the method of the official client that calls it: what it answers, and its errors as their
// classes. A route without a line here fails the first test.

/** Things of one user, for the calls to be about. */
type Things = {
  agent: string;
  environment: string;
  session: string;
  file: string;
  resource: string;
  thread: string;
  queue: string;
  work: string;
};

type Call = {
  route: string;
  call: (client: Anthropic, things: Things, odd?: object) => PromiseLike<unknown>;
  /** What the answer is, in part. */
  answer: object;
  /** The body is JSON: a key that is not known is refused by its name. */
  body?: true;
  /** Changes something, though it is a GET. */
  writes?: true;
};

const page = { data: expect.any(Array), next_page: null };
const type = (name: string): object => ({ type: name });
const tools = [{ type: 'agent_toolset_20260401' as const }];
const ofQueue = ({ queue }: Things) => ({ environment_id: queue });
const WORDS = { type: 'text' as const, text: 'x' };

// In an order in which each finds what it is about: what ends a thing comes after what looks at it.
const CALLS: Call[] = [
  {
    route: 'POST /v1/agents',
    call: ({ beta }, _, odd) => beta.agents.create({ name: 'A', model: 'claude-opus-5-5', tools, ...odd }),
    answer: type('agent'),
    body: true,
  },
  { route: 'GET /v1/agents', call: ({ beta }) => beta.agents.list(), answer: page },
  { route: 'GET /v1/agents/:id', call: ({ beta }, { agent }) => beta.agents.retrieve(agent), answer: type('agent') },
  {
    route: 'POST /v1/agents/:id',
    call: ({ beta }, { agent }, odd) =>
      beta.agents.update(agent, { description: 'd', ...odd } as Anthropic.Beta.AgentUpdateParams),
    answer: { version: 2 },
    body: true,
  },
  {
    route: 'GET /v1/agents/:id/versions',
    call: ({ beta }, { agent }) => beta.agents.versions.list(agent),
    answer: page,
  },
  {
    route: 'POST /v1/environments',
    call: ({ beta }, _, odd) => beta.environments.create({ name: crypto.randomUUID(), ...odd }),
    answer: type('environment'),
    body: true,
  },
  { route: 'GET /v1/environments', call: ({ beta }) => beta.environments.list(), answer: page },
  {
    route: 'GET /v1/environments/:id',
    call: ({ beta }, { environment }) => beta.environments.retrieve(environment),
    answer: type('environment'),
  },
  {
    route: 'POST /v1/environments/:id',
    call: ({ beta }, { environment }, odd) => beta.environments.update(environment, { description: 'd', ...odd }),
    answer: { description: 'd' },
    body: true,
  },
  {
    route: 'POST /v1/files',
    call: async ({ beta }) => beta.files.upload({ file: await toFile(Buffer.from('a'), 'a.txt') }),
    answer: type('file'),
  },
  { route: 'GET /v1/files', call: ({ beta }) => beta.files.list(), answer: { data: expect.any(Array) } },
  { route: 'GET /v1/files/:id', call: ({ beta }, { file }) => beta.files.retrieveMetadata(file), answer: type('file') },
  { route: 'GET /v1/files/:id/content', call: ({ beta }, { file }) => beta.files.download(file), answer: { ok: true } },
  {
    route: 'POST /v1/sessions',
    call: ({ beta }, { agent, environment }, odd) =>
      beta.sessions.create({ agent, environment_id: environment, ...odd }),
    answer: { type: 'session', status: 'idle' },
    body: true,
  },
  { route: 'GET /v1/sessions', call: ({ beta }) => beta.sessions.list(), answer: { ...page, prev_page: null } },
  {
    route: 'GET /v1/sessions/:id',
    call: ({ beta }, { session }) => beta.sessions.retrieve(session),
    answer: type('session'),
  },
  {
    route: 'POST /v1/sessions/:id',
    call: ({ beta }, { session }, odd) => beta.sessions.update(session, { title: 'T', ...odd }),
    answer: { title: 'T' },
    body: true,
  },
  {
    route: 'POST /v1/sessions/:id/events',
    call: ({ beta }, { session }, odd) =>
      beta.sessions.events.send(session, { events: [{ type: 'user.interrupt' }], ...odd }),
    answer: { data: [{ type: 'user.interrupt' }] },
    body: true,
  },
  {
    route: 'GET /v1/sessions/:id/events',
    call: ({ beta }, { session }) => beta.sessions.events.list(session),
    answer: page,
  },
  {
    route: 'GET /v1/sessions/:id/events/stream',
    call: async ({ beta }, { session }) => closed(await beta.sessions.events.stream(session)),
    answer: {},
  },
  {
    route: 'GET /v1/sessions/:id/resources',
    call: ({ beta }, { session }) => beta.sessions.resources.list(session),
    answer: { data: [type('file')] },
  },
  {
    route: 'POST /v1/sessions/:id/resources',
    call: ({ beta }, { session, file }, odd) =>
      beta.sessions.resources.add(session, {
        type: 'file',
        file_id: file,
        mount_path: '/mnt/session/uploads/b',
        ...odd,
      }),
    answer: type('file'),
    body: true,
  },
  {
    route: 'GET /v1/sessions/:id/resources/:resource',
    call: ({ beta }, { session, resource }) => beta.sessions.resources.retrieve(resource, { session_id: session }),
    answer: type('file'),
  },
  {
    route: 'DELETE /v1/sessions/:id/resources/:resource',
    call: ({ beta }, { session, resource }) => beta.sessions.resources.delete(resource, { session_id: session }),
    answer: type('session_resource_deleted'),
  },
  {
    route: 'GET /v1/sessions/:id/threads',
    call: ({ beta }, { session }) => beta.sessions.threads.list(session),
    answer: page,
  },
  {
    route: 'GET /v1/sessions/:id/threads/:thread',
    call: ({ beta }, { session, thread }) => beta.sessions.threads.retrieve(thread, { session_id: session }),
    answer: type('session_thread'),
  },
  {
    route: 'GET /v1/sessions/:id/threads/:thread/events',
    call: ({ beta }, { session, thread }) => beta.sessions.threads.events.list(thread, { session_id: session }),
    answer: page,
  },
  {
    route: 'GET /v1/sessions/:id/threads/:thread/stream',
    call: async ({ beta }, { session, thread }) =>
      closed(await beta.sessions.threads.events.stream(thread, { session_id: session })),
    answer: {},
  },
  {
    route: 'GET /v1/environments/:id/work',
    call: ({ beta }, { queue }) => beta.environments.work.list(queue),
    answer: { data: [{ type: 'work' }] },
  },
  {
    route: 'GET /v1/environments/:id/work/stats',
    call: ({ beta }, { queue }) => beta.environments.work.stats(queue),
    answer: type('work_queue_stats'),
  },
  {
    route: 'GET /v1/environments/:id/work/poll',
    call: async ({ beta }, { queue }) => ({ item: await beta.environments.work.poll(queue) }),
    answer: { item: null },
    writes: true,
  },
  {
    route: 'GET /v1/environments/:id/work/:work',
    call: ({ beta }, things) => beta.environments.work.retrieve(things.work, ofQueue(things)),
    answer: type('work'),
  },
  {
    route: 'POST /v1/environments/:id/work/:work',
    call: ({ beta }, things, odd) =>
      beta.environments.work.update(things.work, { ...ofQueue(things), metadata: { a: 'b' }, ...odd }),
    answer: { metadata: { a: 'b' } },
    body: true,
  },
  {
    route: 'POST /v1/environments/:id/work/:work/ack',
    call: ({ beta }, things) => beta.environments.work.ack(things.work, ofQueue(things)),
    answer: { state: 'starting' },
  },
  {
    route: 'POST /v1/environments/:id/work/:work/heartbeat',
    call: ({ beta }, things) => beta.environments.work.heartbeat(things.work, ofQueue(things)),
    answer: { state: 'active', lease_extended: true },
  },
  {
    route: 'POST /v1/environments/:id/work/:work/stop',
    call: ({ beta }, things, odd) => beta.environments.work.stop(things.work, { ...ofQueue(things), ...odd }),
    answer: { state: 'stopping' },
    body: true,
  },
  {
    route: 'POST /v1/sessions/:id/archive',
    call: ({ beta }, { session }) => beta.sessions.archive(session),
    answer: { status: 'terminated' },
  },
  {
    route: 'DELETE /v1/sessions/:id',
    call: ({ beta }, { session }) => beta.sessions.delete(session),
    answer: type('session_deleted'),
  },
  {
    route: 'DELETE /v1/files/:id',
    call: ({ beta }, { file }) => beta.files.delete(file),
    answer: type('file_deleted'),
  },
  {
    route: 'POST /v1/agents/:id/archive',
    call: ({ beta }, { agent }) => beta.agents.archive(agent),
    answer: { archived_at: expect.any(String) },
  },
  {
    route: 'POST /v1/environments/:id/archive',
    call: ({ beta }, { environment }) => beta.environments.archive(environment),
    answer: { archived_at: expect.any(String) },
  },
  {
    route: 'DELETE /v1/environments/:id',
    call: ({ beta }, { environment }) => beta.environments.delete(environment),
    answer: type('environment_deleted'),
  },
];

/** Routes that answer the official client with nothing but a refusal. */
const REFUSED: Call[] = [
  {
    route: 'POST /v1/sessions/:id/resources/:resource',
    call: ({ beta }, { session, resource }) =>
      beta.sessions.resources.update(resource, { session_id: session, authorization_token: 't' }),
    answer: { status: 400 },
  },
  {
    route: 'POST /v1/sessions/:id/threads/:thread/archive',
    call: ({ beta }, { session, thread }) => beta.sessions.threads.archive(thread, { session_id: session }),
    answer: { status: 400 },
  },
];

test('every route of the API is called by a method of the official client here', () => {
  const hono = new Hono<AppEnv>();
  // Only the table of routes is looked at; nothing of the app is used.
  addManaged(hono, { options: {} } as App);
  const routes = new Set(hono.routes.map(({ method, path }) => `${method} ${path}`));
  expect([...CALLS, ...REFUSED].map(({ route }) => route).toSorted()).toEqual([...routes].toSorted());
});

test('every route answers its owner as the client library expects, and each method calls the route that is meant', async () => {
  const { server, things } = await planted();
  const called: string[] = [];
  const client = server.clientWith(await server.addKey({ user: 'ada' }), {
    fetch: (input, init) => {
      called.push(`${init?.method ?? 'GET'} ${new URL(new Request(input).url).pathname}`);
      return fetch(input, init);
    },
  });
  for (const { route, call, answer } of CALLS) {
    const answered = await caught(
      Promise.resolve(call(client, things)).then((value) => expect.soft(value, route).toMatchObject(answer)),
    );
    expect.soft(answered, route).toBeUndefined();
    expect.soft(called.at(-1), route).toMatch(patternOf(route));
  }
});

test('every route refuses a wrong key as an AuthenticationError, with the id of the request', async () => {
  const { server, things } = await planted();
  const stranger = server.clientWith('colloquy_0000000000000000000000000000000000000000000');
  for (const { route, call } of [...CALLS, ...REFUSED]) {
    const error = await caught(call(stranger, things));
    expect.soft(error, route).toBeInstanceOf(Anthropic.AuthenticationError);
    expect
      .soft(error, route)
      .toMatchObject({ status: 401, type: 'authentication_error', requestID: expect.stringMatching(/^req_/) });
  }
});

test('every route with an id tells somebody else’s as it tells one that is not there: a NotFoundError', async () => {
  const { server, things } = await planted();
  const bob = server.clientWith(await server.addKey({ user: 'bob' }));
  const unknown = Object.fromEntries(
    Object.entries(things).map(([name, id]) => [name, `${id.slice(0, -4)}0000`]),
  ) as Things;
  for (const { route, call } of [...CALLS, ...REFUSED].filter((each) => each.route.includes(':'))) {
    for (const ids of [things, unknown]) {
      const error = await caught(call(bob, ids));
      expect.soft(error, route).toBeInstanceOf(Anthropic.NotFoundError);
      expect.soft(error, route).toMatchObject({ status: 404, type: 'not_found_error' });
    }
  }
});

test('every route that changes something refuses an observer as a PermissionDeniedError, and the others answer him', async () => {
  const { server, things } = await planted();
  const observer = server.clientWith(await server.addKey({ user: 'ada', role: 'observer' }));
  for (const { route, call, writes } of [...CALLS, ...REFUSED]) {
    const error = await caught(call(observer, things));
    if (route.startsWith('GET') && writes !== true) expect.soft(error, route).toBeUndefined();
    else expect.soft(error, route).toBeInstanceOf(Anthropic.PermissionDeniedError);
  }
});

test('every route with a body refuses a key that it does not know, by its name, as a BadRequestError', async () => {
  const { things, client } = await planted();
  for (const { route, call } of CALLS.filter(({ body }) => body === true)) {
    const error = await caught(call(client, things, { colour: 'red' }));
    expect.soft(error, route).toBeInstanceOf(Anthropic.BadRequestError);
    expect
      .soft(error, route)
      .toMatchObject({ apiMessage: expect.stringContaining('colour'), type: 'invalid_request_error' });
  }
});

test('every list refuses a cursor that is none as a BadRequestError, and so does every poll of what it cannot wait for', async () => {
  const { client, things } = await planted();
  const { beta } = client;
  const query = { page: 'nowhere' };
  const lists: PromiseLike<unknown>[] = [
    beta.agents.list(query),
    beta.agents.versions.list(things.agent, query),
    beta.environments.list(query),
    beta.environments.work.list(things.queue, query),
    beta.sessions.list(query),
    beta.sessions.events.list(things.session, query),
    beta.sessions.threads.list(things.session, query),
    beta.sessions.threads.events.list(things.thread, { session_id: things.session, ...query }),
    beta.environments.work.poll(things.queue, { block_ms: 1_000 }),
  ];
  // All at once: one that is looked at later must not be refused with nobody listening.
  for (const error of await Promise.all(lists.map(caught))) {
    expect.soft(error).toBeInstanceOf(Anthropic.BadRequestError);
  }
});

test('a body that is too large is a ContentTooLargeError', async () => {
  const { client } = await planted();
  const metadata = { a: 'x'.repeat(300_000) };
  expect(await caught(client.beta.environments.create({ name: 'E', metadata }))).toBeInstanceOf(
    Anthropic.ContentTooLargeError,
  );
});

test('a client that reconnects again and again by stream, then list, sees each event once', async () => {
  const emulator = createEmulator({ script: Array.from({ length: 8 }, (_, n) => text(`Answer ${n}.`)) });
  const server = await startManaged({ emulator });
  const { id } = await newSession(server);
  const { events } = server.client.beta.sessions;
  const seen = new Map<string, string>();
  const note = (event: { id?: string; type: string }): void => void seen.set(event.id ?? '', event.type);
  for (let n = 0; n < 8; n += 1) {
    const stream = await Follower.open(server.client, id);
    for await (const event of events.list(id, { limit: 3 })) note(event);
    await events.send(id, { events: [say(`Question ${n}`)] });
    // Left in the middle of the turn, but for the last time.
    for (const event of await stream.until((one) => (n < 7 ? one.type === 'session.status_running' : isOver(one)))) {
      if ('id' in event) note(event);
    }
    if (n < 7) await untilIdle(server, id);
  }
  const listed: string[] = [];
  for await (const event of events.list(id)) listed.push(event.id);
  expect(new Set(listed).size).toBe(listed.length);
  expect([...seen.keys()].toSorted()).toEqual(listed.toSorted());
});

/** Waits until a session is idle, as a client does that has no stream. */
async function untilIdle({ client }: Managed, id: string): Promise<void> {
  await vi.waitFor(async () => expect((await client.beta.sessions.retrieve(id)).status).toBe('idle'), 10_000);
}

async function closed(stream: { controller: AbortController }): Promise<object> {
  stream.controller.abort();
  return {};
}

/** A server on which a user called ada has one thing of each kind. */
async function planted(): Promise<{ server: Managed; client: Anthropic; things: Things }> {
  const emulator = createEmulator({ script: [toolUse('bash', { command: 'uname' })] });
  const server = await startManaged({ emulator });
  const client = server.clientWith(await server.addKey({ user: 'ada' }));
  const { beta } = client;
  const file = await beta.files.upload({ file: await toFile(Buffer.from('a'), 'a.txt') });
  const resources = [{ type: 'file' as const, file_id: file.id }];
  const session = await newSession({ client }, { session: { resources } });
  const threads = await beta.sessions.threads.list(session.id);
  const queue = await newQueue({ ...server, client });
  const stream = await Follower.open(client, queue.session);
  await beta.sessions.events.send(queue.session, { events: [{ type: 'user.message', content: [WORDS] }] });
  await stream.until(waitsFor(1));
  const work = await take(queue);
  const [resource] = session.resources;
  const things: Things = {
    agent: session.agent.id,
    environment: session.environment_id,
    session: session.id,
    file: file.id,
    resource: resource?.type === 'file' ? resource.id : '',
    thread: threads.data[0]?.id ?? '',
    queue: queue.environment,
    work: work.id,
  };
  return { server, client, things };
}

function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`);
}
