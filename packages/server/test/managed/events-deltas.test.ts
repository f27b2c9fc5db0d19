import type Anthropic from '@anthropic-ai/sdk';
import { accumulateManagedAgentsEvent } from '@anthropic-ai/sdk/lib/sessions/accumulate';
import { createEmulator, cut, emit, manualClock, text, thinking, together, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import {
  answers,
  customTool,
  Follower,
  isOver,
  newSession,
  ofType,
  say,
  type StreamEvent,
  typesOf,
  waitsFor,
} from './conversing.ts';
import { type Managed, startManaged } from './fixture.ts';

// Previews of messages, folded with the official client's own helper.

const DELTAS: Anthropic.Beta.Sessions.EventStreamParams = { event_deltas: ['agent.message', 'agent.thinking'] };

/** What a client shows after each event, by the helper of the official library, which throws for a gap. */
function shown(events: readonly StreamEvent[]): { text: string; isFinal: boolean }[] {
  const states: { text: string; isFinal: boolean }[] = [];
  let message: ReturnType<typeof accumulateManagedAgentsEvent>;
  for (const event of events) {
    message = accumulateManagedAgentsEvent(message, event);
    if (event.type !== 'event_delta' && event.type !== 'agent.message') continue;
    const blocks = message?.content.map((block) => (block.type === 'text' ? block.text : '')) ?? [];
    states.push({ text: blocks.join('|'), isFinal: event.type === 'agent.message' });
  }
  return states;
}

/** Sends a message and gives what comes until its answer is over. */
async function ask(server: Managed, id: string, stream: Follower): Promise<StreamEvent[]> {
  await server.client.beta.sessions.events.send(id, { events: [say('Go')] });
  return stream.until(isOver);
}

test('deltas grow into the message that follows, in the documented order', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text(['One ', 'two ', 'three.'])] }) });
  const { id } = await newSession(server);
  const events = await ask(server, id, await Follower.open(server.client, id, DELTAS));
  const order = typesOf(events).filter((type, index, all) => type !== all[index - 1]);
  expect(order.slice(order.indexOf('span.model_request_start'), -2)).toEqual([
    'span.model_request_start',
    'event_start',
    'event_delta',
    'agent.message',
    'span.model_request_end',
  ]);
  const states = shown(events);
  const final = states.at(-1);
  expect(final).toEqual({ text: 'One two three.', isFinal: true });
  expect(states.every(({ text: part }) => final?.text.startsWith(part))).toBe(true);
  const [start] = ofType(events, 'event_start');
  const [message] = ofType(events, 'agent.message');
  expect(start).toEqual({ type: 'event_start', event: { type: 'agent.message', id: message?.id } });
  expect(new Set(ofType(events, 'event_delta').map(({ event_id }) => event_id))).toEqual(new Set([message?.id]));
});

test('several texts of one answer are blocks of one message, numbered without a gap; thinking only begins', async () => {
  const script = [together(thinking('Hm', text('A')), text('B'))];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server);
  const events = await ask(server, id, await Follower.open(server.client, id, DELTAS));
  expect(shown(events).at(-1)?.text).toBe('A|B');
  expect(shown(events).at(-2)?.text).toBe('A|B');
  const starts = ofType(events, 'event_start').map(({ event }) => event);
  const [thought] = ofType(events, 'agent.thinking');
  expect(starts).toMatchObject([{ type: 'agent.thinking', id: thought?.id }, { type: 'agent.message' }]);
});

test('who does not ask for them gets none, who asks for one kind gets that', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [thinking('Hm', text('A'))] }) });
  const { id } = await newSession(server);
  const none = await Follower.open(server.client, id);
  const thoughts = await Follower.open(server.client, id, { event_deltas: ['agent.thinking'] });
  await ask(server, id, none);
  expect(typesOf(none.seen).filter((type) => type.startsWith('event_'))).toEqual([]);
  expect(typesOf(await thoughts.until(isOver)).filter((type) => type.startsWith('event_'))).toEqual(['event_start']);
});

test('a connection that is opened in the middle of a message gets no deltas of it, and all of the next', async () => {
  const clock = manualClock();
  const emulator = createEmulator({ clock, gapMs: 50, script: [emit(4), text('Next.')] });
  const server = await startManaged({ emulator });
  const { id } = await newSession(server);
  const early = await Follower.open(server.client, id, DELTAS);
  await server.client.beta.sessions.events.send(id, { events: [say('Count'), say('Go on')] });
  await early.until(({ type }) => type === 'span.model_request_start');
  while (clock.sleeping.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await early.until(({ type }) => type === 'event_delta');
  const late = await Follower.open(server.client, id, DELTAS);
  const moving = move(clock);
  const seen = await late.until(isOver);
  moving.stop();
  const [first, second] = ofType(seen, 'agent.message');
  const previewed = new Set(ofType(seen, 'event_start').map(({ event }) => event.id));
  expect(previewed).toEqual(new Set([second?.id]));
  expect(first?.id).not.toBe(second?.id);
  await early.until(isOver);
  expect(shown(early.seen).at(-1)).toEqual({ text: 'Next.', isFinal: true });
});

test('after an answer that broke off, the next attempt is another message', async () => {
  const script = [cut({ afterEvents: 4 }, text(['Half ', 'of ', 'it'])), text('Whole.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server);
  const events = await ask(server, id, await Follower.open(server.client, id, DELTAS));
  const ids = new Set(ofType(events, 'event_start').map(({ event }) => event.id));
  expect(ids.size).toBe(2);
  expect(answers(events)).toEqual(['Whole.']);
  expect(ofType(events, 'span.model_request_end').map(({ is_error }) => is_error)).toEqual([true, false]);
  expect(ofType(events, 'session.error')).toMatchObject([{ error: { retry_status: { type: 'retrying' } } }]);
  expect(typesOf(events)).toContain('session.status_rescheduled');
});

test('text before a tool call is a message of its own, and the call is not previewed', async () => {
  const script = [together(text('Let me look.'), toolUse('look')), text('Seen.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id, DELTAS);
  await server.client.beta.sessions.events.send(id, { events: [say('Go')] });
  const first = await stream.until(waitsFor(1));
  const [call] = ofType(first, 'agent.custom_tool_use');
  expect(shown(first).at(-1)).toEqual({ text: 'Let me look.', isFinal: true });
  await server.client.beta.sessions.events.send(id, {
    events: [{ type: 'user.custom_tool_result', custom_tool_use_id: call?.id ?? '' }],
  });
  expect(shown(await stream.until(isOver)).at(-1)).toEqual({ text: 'Seen.', isFinal: true });
});

/** Lets the clock run. */
function move(clock: ReturnType<typeof manualClock>): { stop(): void } {
  let isRunning = true;
  void (async () => {
    while (isRunning) {
      await clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return { stop: () => (isRunning = false) };
}
