import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { answers, customTool, Follower, isOver, newSession, ofType, say, typesOf, waitsFor } from './conversing.ts';
import { all, refusal, startManaged } from './fixture.ts';

// Messages and lists of events through the official client: only base URL and key are ours.

test('a message is answered on the stream in the documented order, and the list tells the same', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  const sent = await events.send(id, { events: [say('Hi')] });
  expect(sent.data).toMatchObject([{ type: 'user.message', processed_at: null, content: [{ text: 'Hi' }] }]);
  const seen = await stream.until(isOver);
  expect(typesOf(seen)).toEqual([
    'user.message',
    'user.message',
    'session.status_running',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.status_idle',
  ]);
  expect(seen[0]).toEqual(sent.data?.[0]);
  expect(seen[1]).toMatchObject({ id: sent.data?.[0]?.id, processed_at: expect.any(String) });
  expect(await all(events.list(id))).toEqual(seen.slice(1));
  expect(await server.client.beta.sessions.retrieve(id)).toMatchObject({ status: 'idle' });
});

test('messages that come while one is answered are answered in order, each in its own turn', async () => {
  const emulator = createEmulator({ script: [text('1'), text('2'), text('3')] });
  const server = await startManaged({ emulator });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('a'), say('b'), say('c')] });
  const seen = await stream.until(isOver);
  expect(answers(seen)).toEqual(['1', '2', '3']);
  // The session goes on without being idle in between.
  expect(ofType(seen, 'session.status_running')).toHaveLength(1);
  expect(emulator.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 5]);
});

test('what waits stands last in the list, and at its place once it is taken up', async () => {
  const script = [toolUse('look'), text('First.'), text('Second.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  const { data = [] } = await events.send(id, { events: [say('One'), say('Two')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  const waiting = await all(events.list(id));
  expect(waiting.at(-1)).toEqual(data[1]);
  expect(await all(events.list(id, { order: 'desc' }))).toEqual(waiting.toReversed());
  expect(await all(events.list(id, { limit: 1 }))).toEqual(waiting);
  expect(await all(events.list(id, { limit: 1, order: 'desc' }))).toEqual(waiting.toReversed());
  const result = { type: 'user.custom_tool_result' as const, custom_tool_use_id: call?.id ?? '' };
  await events.send(id, { events: [result] });
  expect(answers(await stream.until(isOver))).toEqual(['First.', 'Second.']);
  const done = await all(events.list(id));
  expect(ofType(done, 'user.message').map((event) => event.id)).toEqual(data.map((event) => event.id));
  expect(done.every((event) => event.processed_at !== null)).toBe(true);
});

test('the list comes in pages of any size, in both orders, without a gap or a double', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('1'), text('2')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('a'), say('b')] });
  await stream.until(isOver);
  const whole = await all(events.list(id));
  expect(whole.length).toBeGreaterThan(10);
  for (const limit of [1, 2, 5]) {
    expect(await all(events.list(id, { limit }))).toEqual(whole);
    expect(await all(events.list(id, { limit, order: 'desc' }))).toEqual(whole.toReversed());
  }
});

test('the list is filtered by types and by time', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('1')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('a')] });
  await stream.until(isOver);
  expect(typesOf(await all(events.list(id, { types: ['agent.message', 'user.message'] })))).toEqual([
    'user.message',
    'agent.message',
  ]);
  const whole = await all(events.list(id));
  const at = whole.at(-1)?.processed_at ?? '';
  const since = await all(events.list(id, { 'created_at[gte]': at }));
  expect(since).toEqual(whole.filter((event) => (event.processed_at ?? '') >= at));
  expect(await all(events.list(id, { 'created_at[gt]': at }))).toEqual([]);
  expect(await all(events.list(id, { 'created_at[lt]': whole[0]?.processed_at ?? '' }))).toEqual([]);
  expect(await all(events.list(id, { types: ['session.thread_created'] }))).toEqual([]);
});

test('two clients see the same events with the same ids', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { id } = await newSession(server);
  const other = server.clientWith(await server.addKey({ role: 'admin' }));
  const [one, two] = [await Follower.open(server.client, id), await Follower.open(other, id)];
  await other.beta.sessions.events.send(id, { events: [say('Hi')] });
  expect(await two.until(isOver)).toEqual(await one.until(isOver));
});

test('a stream tells nothing from before it was opened; with the list nothing is missing and nothing is there twice', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('1'), text('2')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const first = await Follower.open(server.client, id);
  await events.send(id, { events: [say('a')] });
  await first.until(isOver);
  const second = await Follower.open(server.client, id);
  const before = await all(events.list(id));
  await events.send(id, { events: [say('b')] });
  const after = await second.until(isOver);
  const known = new Set(before.map((event) => event.id));
  expect(after.filter((event) => 'id' in event && known.has(event.id))).toEqual([]);
  const joined = new Map([...before, ...after].map((event) => ['id' in event ? event.id : '', event]));
  expect(new Set(joined.keys())).toEqual(new Set((await all(events.list(id))).map((event) => event.id)));
});

test('a request that is sent again with its key is the same messages', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Once.')] }) });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  const request = { headers: { 'idempotency-key': 'the-very-same' } };
  const send = () => server.client.beta.sessions.events.send(id, { events: [say('Hi')] }, request);
  const [one, two] = await Promise.all([send(), send()]);
  expect(two).toEqual(one);
  expect(answers(await stream.until(isOver))).toEqual(['Once.']);
});

test('images, documents and texts of messages come to the model as they are, and files with their content', async () => {
  const emulator = createEmulator({ script: [text('Seen.')] });
  const server = await startManaged({ emulator });
  const { client } = server;
  const { id } = await newSession(server);
  const file = await client.beta.files.upload({ file: new File(['Read me'], 'notes.txt', { type: 'text/plain' }) });
  const stream = await Follower.open(client, id);
  const source = { type: 'text' as const, media_type: 'text/plain' as const, data: 'Inline' };
  await client.beta.sessions.events.send(id, {
    events: [
      {
        type: 'user.message',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'document', source, title: 'A' },
          { type: 'document', source: { type: 'file', file_id: file.id } },
        ],
      },
    ],
  });
  await stream.until(isOver);
  expect(emulator.requests[0]?.messages[0]?.content).toMatchObject([
    { type: 'text', text: 'Look' },
    { type: 'document', source: { data: 'Inline' }, title: 'A' },
    { type: 'document', source: { type: 'text', data: 'Read me' } },
  ]);
});

test('what cannot be is refused by name, all of the request with it', async () => {
  const server = await startManaged();
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  // Bodies that the types do not allow, as another program may send them.
  const send = (...given: object[]) => refusal(events.send(id, { events: given as never }));
  expect(await send()).toContain('BadRequestError 400');
  expect(await send({ type: 'user.message', content: [] })).toContain('events.0.content');
  expect(await send(say('Fine'), { type: 'user.message', content: [{ type: 'redacted' }] })).toContain('redacted');
  expect(await send({ type: 'user.define_outcome', description: 'x', rubric: {} })).toContain(
    'user.define_outcome is not supported',
  );
  expect(await send({ type: 'system.message', content: [] })).toContain('system.message is not supported');
  expect(await send({ type: 'agent.message', content: [] })).toContain('events.0');
  expect(await send({ ...say('Hi'), thread: 'x' })).toContain('events.0.thread: not known here');
  expect(await send({ type: 'user.interrupt', session_thread_id: 'sthr_0' })).toContain('session_thread_id');
  expect(await all(events.list(id))).toEqual([]);
});

test('an unknown session, and one of somebody else, are the same 404 on every route of events', async () => {
  const server = await startManaged();
  const { id } = await newSession(server);
  const other = server.clientWith(await server.addKey()).beta.sessions;
  for (const name of [id, 'sesn_00000000000000000000000000', 'nonsense']) {
    expect(await refusal(other.events.list(name))).toContain('NotFoundError 404');
    expect(await refusal(other.events.send(name, { events: [say('Hi')] }))).toContain('NotFoundError 404');
    expect(await refusal(other.events.stream(name))).toContain('NotFoundError 404');
  }
  const observer = server.clientWith(await server.addKey({ user: 'local', role: 'observer' })).beta.sessions;
  expect(await refusal(observer.events.send(id, { events: [say('Hi')] }))).toContain('PermissionDeniedError 403');
  expect((await observer.events.list(id)).data).toEqual([]);
});

test('queries that mean nothing are refused', async () => {
  const server = await startManaged();
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  expect(await refusal(events.list(id, { types: ['agent.mesage' as never] }))).toContain('types');
  expect(await refusal(events.list(id, { page: 'x' }))).toContain('page');
  expect(await refusal(events.list(id, { limit: 0 }))).toContain('limit');
  expect(await refusal(events.stream(id, { event_deltas: ['agent.tool_use' as never] }))).toContain('event_deltas');
  const many = Array.from({ length: 101 }, () => 'agent.message' as const);
  expect(await refusal(events.stream(id, { event_deltas: many }))).toContain('event_deltas');
});
