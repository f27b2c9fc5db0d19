import { createEmulator, emit, manualClock, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
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
import { all, startManaged } from './fixture.ts';

const INTERRUPT = { type: 'user.interrupt' as const };

test('an interrupt ends a message in the middle: what was said stays, the span ends, and the session is idle', async () => {
  const emulator = createEmulator({ clock: manualClock(), gapMs: 50, script: [emit(9), text('Next.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id, { event_deltas: ['agent.message'] });
  await events.send(id, { events: [say('Count')] });
  await stream.until(({ type }) => type === 'event_delta');
  const { data } = await events.send(id, { events: [INTERRUPT] });
  expect(data).toMatchObject([{ type: 'user.interrupt', processed_at: null }]);
  const seen = await stream.until(isOver);
  expect(typesOf(seen)).toEqual([
    'user.interrupt',
    'agent.message',
    'span.model_request_end',
    'user.interrupt',
    'session.usage',
    'session.status_idle',
  ]);
  expect(seen.at(-1)).toMatchObject({ stop_reason: { type: 'end_turn' } });
  expect(answers(seen)[0]?.trim()).toBe('1');
  expect(ofType(await all(events.list(id)), 'user.interrupt')).toHaveLength(1);
});

test('an interrupt together with a message redirects: the message is next, before what waited already', async () => {
  const clock = manualClock();
  const emulator = createEmulator({ clock, script: [emit(9, { gapMs: 50 }), text('Redirected.'), text('Waited.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id, { event_deltas: ['agent.message'] });
  await events.send(id, { events: [say('Count'), say('Wait')] });
  await stream.until(({ type }) => type === 'event_delta');
  await events.send(id, { events: [INTERRUPT, say('Rather this')] });
  await stream.until(isOver);
  expect(answers(await stream.until(isOver))).toEqual(['Redirected.', 'Waited.']);
  const said = ofType(await all(events.list(id)), 'user.message').map(({ content }) => content);
  expect(said).toMatchObject([[{ text: 'Count' }], [{ text: 'Rather this' }], [{ text: 'Wait' }]]);
});

test('an interrupt ends a tool that runs, which gets a result that says so', async () => {
  const script = [toolUse('bash', { command: 'echo begun; sleep 60' }), text('Later.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Sleep')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await events.send(id, { events: [{ type: 'user.tool_confirmation', tool_use_id: call?.id ?? '', result: 'allow' }] });
  await stream.until((event) => event.type === 'user.tool_confirmation' && event.processed_at !== null);
  await events.send(id, { events: [INTERRUPT] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'agent.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: true }]);
  expect(ofType(seen, 'user.interrupt').at(-1)?.processed_at).not.toBeNull();
  await events.send(id, { events: [say('Go on')] });
  expect(answers(await stream.until(isOver))).toEqual(['Later.']);
});

test('an interrupt ends the wait for a client, whose answer comes too late', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('look'), text('Later.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Look')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  await events.send(id, { events: [INTERRUPT] });
  await stream.until(isOver);
  const late = { type: 'user.custom_tool_result' as const, custom_tool_use_id: call?.id ?? '' };
  await expect(events.send(id, { events: [late] })).rejects.toThrow('nothing waits for this answer');
  await events.send(id, { events: [say('Go on')] });
  expect(answers(await stream.until(isOver))).toEqual(['Later.']);
});

test('an interrupt of an idle session is noted, and changes nothing', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [INTERRUPT] });
  expect(await stream.until(({ type }) => type === 'user.interrupt')).toMatchObject([
    { processed_at: expect.any(String) },
  ]);
  expect(typesOf(await all(events.list(id)))).toEqual(['user.interrupt']);
  await events.send(id, { events: [say('Hi')] });
  expect(answers(await stream.until(isOver))).toEqual(['Hello.']);
});
