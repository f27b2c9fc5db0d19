import { createEmulator, rateLimited, refusal, text, thinking, together, toolUse, toolUses } from '@colloquy/emulator';
import { createApiEngine, createMemoryStore, type Entry, type HostedOptions } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { foldEvents } from './fold-events.ts';
import type { ManagedEvent } from './event-types.ts';
import { copyOfState, type EventsState, newEventsState, statusOf, waitingEvents } from './events-state.ts';

// Logs of the real engine, with the emulator as the model, as events.

type Session = Awaited<ReturnType<ReturnType<typeof createApiEngine>['open']>>;
type Script = NonNullable<Parameters<typeof createEmulator>[0]>['script'];

async function openSession(script: Script, options: HostedOptions = {}) {
  const store = createMemoryStore();
  const engine = createApiEngine({ store, askThroughLog: true, by: 'server' });
  onTestFinished(() => engine.close());
  const { send } = createEmulator({ script });
  const session = await engine.open({
    send,
    model: 'claude-opus-5-5',
    cwd: '/',
    toolset: 'agent_toolset_20260401',
    ...options,
  });
  const log = (): Promise<readonly Entry[]> => store.read(session.id, { after: 0 });
  return { session, log, ask: (prompt: string) => say(session, prompt) };
}

async function say(session: Session, prompt: string): Promise<void> {
  await session.send({ type: 'user', message: { role: 'user', content: prompt }, parent_tool_use_id: null });
}

/** Waits until the session tells that message. */
async function until(
  session: Session,
  type: string,
  subtype?: string,
): Promise<{ request?: number; tool_use_id?: string }> {
  for await (const batch of session.placed({ after: '0.0.0', door: true })) {
    for (const item of batch) {
      if (!('message' in item) || item.message.type !== type) continue;
      if (subtype === undefined || ('subtype' in item.message && item.message.subtype === subtype))
        return item.message as { request?: number };
    }
  }
  throw new Error('The session was closed');
}

function newState(session: { id: string }): EventsState {
  const thread = { id: 'sthr_1', agentName: 'Ann' };
  return newEventsState({ session: session.id, isNative: false, thread, budget: undefined });
}

type Folded = { told: ManagedEvent[]; list: ManagedEvent[]; state: EventsState };

function fold(session: { id: string }, log: readonly Entry[]): Folded {
  const state = newState(session);
  const upserts = log.flatMap((entry) => foldEvents(state, entry));
  const list = upserts.filter(({ place }) => place !== null).map(({ event }) => event);
  return { told: upserts.map(({ event }) => event), list: [...list, ...waitingEvents(state)], state };
}

const typesOf = (events: readonly ManagedEvent[]): string[] => events.map(({ type }) => type);
const find = <T extends ManagedEvent['type']>(
  events: readonly ManagedEvent[],
  type: T,
): (ManagedEvent & { type: T })[] => events.filter((event): event is ManagedEvent & { type: T } => event.type === type);

test('a plain turn: the message, running, the span with the answer in it, the usage, idle', async () => {
  const { session, log, ask } = await openSession([text('Hello.')]);
  await ask('Hi');
  await until(session, 'result');
  const { told, list, state } = fold(session, await log());
  expect(typesOf(told)).toEqual([
    'user.message',
    'user.message',
    'session.status_running',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.status_idle',
  ]);
  expect(told[0]).toMatchObject({ id: told[1]?.id, processed_at: null, content: [{ type: 'text', text: 'Hi' }] });
  expect(typesOf(list)).toEqual(typesOf(told.slice(1)));
  expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
  expect(find(list, 'agent.message')).toMatchObject([{ content: [{ type: 'text', text: 'Hello.' }] }]);
  expect(find(list, 'span.model_request_end')).toMatchObject([
    { model_request_start_id: find(list, 'span.model_request_start')[0]?.id, is_error: false },
  ]);
  expect(list.at(-1)).toMatchObject({ stop_reason: { type: 'end_turn' }, stop_details: null });
  expect(statusOf(state)).toBe('idle');
});

test('folded from anywhere on, the same log gives the same events', async () => {
  const { session, log, ask } = await openSession([together(thinking('Hm'), text('1')), text('2')]);
  await ask('One');
  await until(session, 'result');
  await ask('Two');
  for (let results = 0; results < 2;)
    for (const entry of await log()) if (entry.kind === 'turn_end' && ++results === 2) break;
  const entries = await log();
  const whole = fold(session, entries).told;
  expect(find(whole, 'agent.thinking')).toHaveLength(1);
  let state = newState(session);
  const again = entries.flatMap((entry) => {
    state = copyOfState(state);
    return foldEvents(state, entry);
  });
  expect(again.map(({ event }) => event)).toEqual(whole);
});

test('a tool that is asked about is told as ask, waits for action, and runs once it is confirmed', async () => {
  const { session, log, ask } = await openSession([toolUse('bash', { command: 'echo hi' }), text('Done.')], {
    toolPolicies: { bash: { enabled: true, policy: 'always_ask' } },
  });
  await ask('Run it');
  const { request = 0 } = await until(session, 'system', 'permission_request');
  const asked = fold(session, await log());
  const call = find(asked.list, 'agent.tool_use')[0];
  expect(call).toMatchObject({ name: 'bash', evaluated_permission: 'ask', evaluation: { type: 'always_ask' } });
  expect(asked.list.at(-1)).toMatchObject({ stop_reason: { type: 'requires_action', event_ids: [call?.id] } });
  expect(statusOf(asked.state)).toBe('idle');
  await session.control('answer', { request, decision: { behavior: 'deny', message: 'Not today' } });
  await until(session, 'result');
  const { list } = fold(session, await log());
  expect(typesOf(list).slice(typesOf(list).indexOf('agent.tool_use'))).toEqual([
    'agent.tool_use',
    'session.usage',
    'session.status_idle',
    'session.status_running',
    'user.tool_confirmation',
    'agent.tool_result',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.status_idle',
  ]);
  expect(find(list, 'user.tool_confirmation')).toMatchObject([
    { tool_use_id: call?.id, result: 'deny', deny_message: 'Not today' },
  ]);
  expect(find(list, 'agent.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: true }]);
});

test('custom tools wait together for their results, and what is left is told again', async () => {
  const { session, log, ask } = await openSession(
    [
      toolUses([
        { name: 'look', input: { at: 1 } },
        { name: 'look', input: { at: 2 } },
      ]),
      text('Seen.'),
    ],
    {
      externalTools: [{ name: 'look', description: 'Looks', inputSchema: { type: 'object' } }],
    },
  );
  await ask('Look');
  for (let calls = 0; calls < 2;) {
    await until(session, 'system', 'tool_call_request');
    calls = (await log()).filter(({ kind }) => kind === 'tool_intent').length;
  }
  const waiting = fold(session, await log());
  const calls = find(waiting.list, 'agent.custom_tool_use');
  const ids = calls.map(({ id }) => id);
  expect(waiting.list.at(-1)).toMatchObject({ stop_reason: { type: 'requires_action', event_ids: ids } });
  const intents = (await log()).filter((entry) => entry.kind === 'tool_intent').map(({ toolUseId }) => toolUseId);
  await session.control('toolResult', { toolUseId: intents[0] ?? '', content: 'first' });
  const half = fold(session, await log());
  expect(find(half.list, 'session.status_idle').at(-1)).toMatchObject({ stop_reason: { event_ids: [ids[1]] } });
  await session.control('toolResult', { toolUseId: intents[1] ?? '', content: 'second' });
  await until(session, 'result');
  const { list } = fold(session, await log());
  expect(find(list, 'user.custom_tool_result')).toMatchObject([
    { custom_tool_use_id: ids[0], content: [{ type: 'text', text: 'first' }], is_error: false },
    { custom_tool_use_id: ids[1], content: [{ type: 'text', text: 'second' }] },
  ]);
  expect(find(list, 'agent.tool_result')).toEqual([]);
  expect(list.at(-1)).toMatchObject({ stop_reason: { type: 'end_turn' } });
});

test('an error that passes is told as retrying and rescheduled, and then it runs again', async () => {
  const { session, log, ask } = await openSession([rateLimited({ retryAfterSeconds: 0.001 }), text('There.')]);
  await ask('Hi');
  await until(session, 'result');
  const { list } = fold(session, await log());
  expect(typesOf(list).slice(2, -4)).toEqual([
    'span.model_request_start',
    'span.model_request_end',
    'session.error',
    'session.status_rescheduled',
    'session.status_running',
    'span.model_request_start',
  ]);
  expect(find(list, 'session.error')).toMatchObject([
    { error: { type: 'model_rate_limited_error', retry_status: { type: 'retrying' } } },
  ]);
});

test('a refusal is idle with its details', async () => {
  const { session, log, ask } = await openSession([refusal({ explanation: 'No.' })]);
  await ask('Hi');
  await until(session, 'result');
  expect(fold(session, await log()).list.at(-1)).toMatchObject({
    stop_reason: { type: 'refusal' },
    stop_details: { type: 'refusal' },
  });
});
