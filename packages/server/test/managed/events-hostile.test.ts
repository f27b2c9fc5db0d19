import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import {
  answers,
  customTool,
  Follower,
  isOver,
  newSession,
  ofType,
  say,
  type SessionEvent,
  waitsFor,
} from './conversing.ts';
import { all, type Managed, refusal, startManaged } from './fixture.ts';

// Floods, twins, huge things, and clients that come and go.

const ANSWERS = 6;

test('thirty messages sent at once by ten clients are all answered, each once', async () => {
  const server = await startManaged({ emulator: createEmulator() });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  const texts = Array.from({ length: 10 }, (_, client) => Array.from({ length: 3 }, (__, n) => `${client}.${n}`));
  await Promise.all(texts.map((of) => events.send(id, { events: of.map((each) => say(`@say Re ${each}`)) })));
  const answered: string[] = [];
  while (answered.length < 30) answered.push(...answers(await stream.until(({ type }) => type === 'agent.message')));
  expect(answered.toSorted()).toEqual(
    texts
      .flat()
      .map((each) => `Re ${each}`)
      .toSorted(),
  );
  // The messages of one request stay together and in order.
  for (const of of texts) {
    const at = answered.indexOf(`Re ${of[0]}`);
    expect(answered.slice(at, at + 3)).toEqual(of.map((each) => `Re ${each}`));
  }
});

test('one request sent twenty times at once with one key is one message and one answer', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Once.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  const options = { headers: { 'idempotency-key': 'one-and-the-same' } };
  const sent = await Promise.all(Array.from({ length: 20 }, () => events.send(id, { events: [say('Hi')] }, options)));
  expect(new Set(sent.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  expect(answers(await stream.until(isOver))).toEqual(['Once.']);
});

test('a session that is made twice with one key is one session', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Once.')] }) });
  const { client } = server;
  const agent = await client.beta.agents.create({ name: 'Ann', model: 'claude-opus-5-5' });
  const environment = await client.beta.environments.create({ name: 'here' });
  const body = { agent: agent.id, environment_id: environment.id, initial_events: [say('Hi')] };
  const create = () => client.beta.sessions.create(body, { headers: { 'idempotency-key': 'one' } });
  const made = await Promise.all([create(), create(), create()]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(await all(client.beta.sessions.list())).toHaveLength(1);
});

test('a large message and a large result come through whole; what is larger than a request may be is 413', async () => {
  const emulator = createEmulator({ script: [toolUse('look'), text('Much.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  const large = 'ä'.repeat(500_000);
  await events.send(id, { events: [say(large)] });
  const seen = await stream.until(waitsFor(1));
  expect(ofType(seen, 'user.message').at(-1)?.content).toEqual([{ type: 'text', text: large }]);
  const [call] = ofType(seen, 'agent.custom_tool_use');
  const content = [{ type: 'text' as const, text: large }];
  await events.send(id, { events: [{ type: 'user.custom_tool_result', custom_tool_use_id: call?.id ?? '', content }] });
  expect(answers(await stream.until(isOver))).toEqual(['Much.']);
  expect(await tooLarge(server, id)).toBe(413);
});

async function tooLarge(server: Managed, id: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-length': String(33 * 1024 * 1024) };
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)) });
  const init = { method: 'POST', headers, body, duplex: 'half' as const };
  const response = await server.fetch(`/v1/sessions/${id}/events`, init).catch(() => undefined);
  // The connection may be closed before the client has said all.
  return response?.status ?? 413;
}

test('bodies that are none are refused, and nothing is taken of them', async () => {
  const server = await startManaged();
  const { id } = await newSession(server);
  const post = async (body: string, type = 'application/json'): Promise<number> =>
    (await server.fetch(`/v1/sessions/${id}/events`, { method: 'POST', headers: { 'content-type': type }, body }))
      .status;
  expect(await post('{"events":')).toBe(400);
  expect(await post('[]')).toBe(400);
  expect(await post('{"events":[{}]}')).toBe(400);
  expect(await post('{"events":[],"more":1}')).toBe(400);
  expect(await post(`{"events":${'['.repeat(200)}${']'.repeat(200)}}`)).toBe(400);
  expect(await post('{"events":[{"type":"user.interrupt"}]}', 'text/plain')).toBe(415);
  expect(
    await refusal(
      server.client.beta.sessions.events.send(id, { events: Array.from({ length: 1_001 }, () => say('x')) }),
    ),
  ).toContain('400');
  expect(await all(server.client.beta.sessions.events.list(id))).toEqual([]);
});

test('a client that opens many streams and reads none keeps nobody waiting', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('word '.repeat(5_000))] }) });
  const { id } = await newSession(server);
  const idle = [];
  for (let n = 0; n < 30; n += 1)
    idle.push(await server.fetch(`/v1/sessions/${id}/events/stream?event_deltas=agent.message`));
  const stream = await Follower.open(server.client, id, { event_deltas: ['agent.message'] });
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  expect(answers(await stream.until(isOver))[0]).toHaveLength(25_000);
  for (const { body } of idle) await body?.cancel();
});

test('a client that is cut again and again, and comes back by stream and list, has every event once', async () => {
  const script = Array.from({ length: ANSWERS }, (_, n) => text(`Answer ${n}`));
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const seen = new Map<string, SessionEvent>();
  const note = (event: SessionEvent): void => void seen.set(event.id, event);
  await events.send(id, { events: script.map((_, n) => say(`Question ${n}`)) });
  for (let cuts = 0; ![...seen.values()].some(isOver); cuts += 1) {
    const stream = await events.stream(id);
    for (const event of await all(events.list(id, { limit: 7 }))) note(event);
    if ([...seen.values()].some(isOver)) break;
    let left = 1 + (cuts % 9);
    for await (const event of stream) {
      if ('id' in event) note(event as SessionEvent);
      left -= 1;
      if (left === 0 || isOver(event)) break;
    }
  }
  const listed = await all(events.list(id));
  expect([...seen.keys()].toSorted()).toEqual(listed.map((event) => event.id).toSorted());
  // What was told last of an event is what the list has.
  for (const event of listed) if (seen.get(event.id)?.processed_at !== null) expect(seen.get(event.id)).toEqual(event);
  expect(answers(listed)).toEqual(script.map((_, n) => `Answer ${n}`));
});
