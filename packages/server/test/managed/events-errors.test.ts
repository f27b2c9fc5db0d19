import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import {
  createEmulator,
  emit,
  manualClock,
  rateLimited,
  refusal as refused,
  status,
  text,
  toolUse,
} from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { answers, customTool, Follower, isOver, newSession, ofType, say, typesOf, waitsFor } from './conversing.ts';
import { all, startManaged } from './fixture.ts';

// What goes wrong, and what is on the wire.

test('an error that passes is told, with the wait, and the message is answered', async () => {
  const script = [rateLimited({ retryAfterSeconds: 0.001 }), text('There.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'session.error')).toMatchObject([
    { error: { type: 'model_rate_limited_error', retry_status: { type: 'retrying' } } },
  ]);
  expect(typesOf(seen).filter((type) => type.startsWith('session.status_'))).toEqual([
    'session.status_running',
    'session.status_rescheduled',
    'session.status_running',
    'session.status_idle',
  ]);
  expect(answers(seen)).toEqual(['There.']);
});

test('an error that stays ends the turn with retries_exhausted, and the next message starts afresh', async () => {
  const script = [status(401), text('Better.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'session.error')).toMatchObject([{ error: { retry_status: { type: 'exhausted' } } }]);
  expect(ofType(seen, 'span.model_request_end')).toMatchObject([{ is_error: true }]);
  expect(seen.at(-1)).toMatchObject({ stop_reason: { type: 'retries_exhausted' }, stop_details: null });
  await server.client.beta.sessions.events.send(id, { events: [say('Hi again')] });
  expect(answers(await stream.until(isOver))).toEqual(['Better.']);
});

test('a refusal is idle with its details', async () => {
  const server = await startManaged({
    emulator: createEmulator({ script: [refused({ category: 'cyber', explanation: 'No.' })] }),
  });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  expect((await stream.until(isOver)).at(-1)).toMatchObject({
    stop_reason: { type: 'refusal' },
    stop_details: { type: 'refusal', category: 'cyber', explanation: 'No.' },
  });
});

test('a server that ends in the middle of an answer gives it again, and the list tells both attempts', async () => {
  const emulator = createEmulator({ clock: manualClock(), gapMs: 50, script: [emit(9)] });
  const first = await startManaged({ emulator });
  const { id } = await newSession(first);
  const stream = await Follower.open(first.client, id, { event_deltas: ['agent.message'] });
  await first.client.beta.sessions.events.send(id, { events: [say('Count')] });
  await stream.until(({ type }) => type === 'event_delta');
  await first.stop();
  const { client } = await startManaged({
    folder: first.folder,
    emulator: createEmulator({ script: [text('Again.')] }),
  });
  const again = await Follower.open(client, id);
  if (!(await all(client.beta.sessions.events.list(id))).some(isOver)) await again.until(isOver);
  const events = await all(client.beta.sessions.events.list(id));
  expect(typesOf(events)).toEqual([
    'user.message',
    'session.status_running',
    'span.model_request_start',
    'span.model_request_end',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.status_idle',
  ]);
  expect(ofType(events, 'span.model_request_end').map(({ is_error }) => is_error)).toEqual([true, false]);
  expect(events.slice(0, 3)).toEqual(
    stream.seen.filter((event) => 'processed_at' in event && event.processed_at !== null),
  );
});

test('the tool runner of the official library answers the calls of its tools, also those from before it came', async () => {
  const script = [toolUse('weather', { city: 'Bonn' }), toolUse('weather', { city: 'Oslo' }), text('Mild.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('weather')] } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('How is the weather?')] });
  await stream.until(waitsFor(1));
  const asked: string[] = [];
  const weather = betaTool({
    name: 'weather',
    description: 'The weather',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    run: ({ city }) => {
      asked.push(city);
      return `Mild in ${city}`;
    },
  });
  for await (const _ of events.toolRunner(id, { tools: [weather], maxIdleMs: 1 }));
  expect(asked).toEqual(['Bonn', 'Oslo']);
  const results = ofType(await all(events.list(id)), 'user.custom_tool_result');
  expect(results.map(({ content }) => content)).toMatchObject([[{ text: 'Mild in Bonn' }], [{ text: 'Mild in Oslo' }]]);
});

test('on the wire each item has a name and one line of data, and the headers come before anything happens', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { id } = await newSession(server);
  const response = await server.fetch(`/v1/sessions/${id}/events/stream?beta=true&event_deltas=agent.message`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  let wire = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    wire += decoder.decode(chunk, { stream: true });
    if (wire.includes('event: session.status_idle\n')) break;
  }
  const items = wire.split('\n\n').filter((item) => item !== '' && !item.startsWith(':'));
  expect(items.every((item) => /^event: [a-z_.]+\ndata: \{.*\}$/.test(item))).toBe(true);
  expect(items.find((item) => item.includes('"session.usage"'))).toMatch(/^event: message\n/);
  const head = await server.fetch(`/v1/sessions/${id}/events/stream`, { method: 'HEAD' });
  expect(head.status).toBe(405);
});

test('a stream ends when its key is revoked', async () => {
  const server = await startManaged();
  const { id } = await newSession(server);
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const made = await server.fetch('/v1/native/keys', {
    ...post,
    body: JSON.stringify({ name: 'short', role: 'admin' }),
  });
  const { id: key, secret } = (await made.json()) as { id: string; secret: string };
  const stream = await Follower.open(server.clientWith(secret), id);
  expect((await server.fetch(`/v1/native/keys/${key}`, { method: 'DELETE' })).ok).toBe(true);
  expect(await stream.rest()).toEqual([]);
});
