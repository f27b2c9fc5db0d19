import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import {
  answers,
  customTool,
  Follower,
  isIdle,
  isOver,
  newSession,
  ofType,
  say,
  typesOf,
  waitsFor,
} from './conversing.ts';
import { all, refusal, startManaged } from './fixture.ts';

const limit = (cents: number) => ({
  type: 'limit' as const,
  max_list_cost: { amount: String(cents), currency: 'USD' as const },
});
const isReached = (event: { type: string; stop_reason?: { type: string } }): boolean =>
  event.type === 'session.status_idle' && event.stop_reason?.type === 'budget_reached';

test('a session costs what its model costs at list price, told before each idle', async () => {
  // 100,000 characters are 25,000 tokens of the emulator.
  const server = await startManaged({ emulator: createEmulator({ script: [text('word '.repeat(20_000))] }) });
  const { id } = await newSession(server);
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Much')] });
  const [usage] = ofType(await stream.until(isOver), 'session.usage');
  const session = await server.client.beta.sessions.retrieve(id);
  expect(session.usage).toEqual(usage?.usage);
  expect(session.usage.output_tokens).toBeGreaterThan(20_000);
  expect(Number(session.usage.list_cost?.amount)).toBeGreaterThan(10);
  expect(session.usage.list_cost).toMatchObject({ amount: expect.stringMatching(/^\d+$/), currency: 'USD' });
  expect(session.stats).toEqual({ active_seconds: expect.any(Number), duration_seconds: expect.any(Number) });
});

test('a model whose price is not known costs nothing that could be told, and takes no budget', async () => {
  const server = await startManaged();
  const agent = { model: 'somebody-elses-model' };
  const { id } = await newSession(server, { agent });
  expect(
    await refusal(newSession(server, { agent: { ...agent, name: 'B' }, session: { budget: limit(5) } })),
  ).toContain('its costs cannot be counted');
  expect((await server.client.beta.sessions.retrieve(id)).budget).toBeNull();
});

test('a reached budget makes the session idle; a message is refused then, an interrupt is passed over', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('never')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { session: { budget: limit(1) } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Hi')] });
  const seen = await stream.until(isReached);
  expect(typesOf(seen).slice(-3)).toEqual(['session.usage', 'session.thread_status_idle', 'session.status_idle']);
  expect(ofType(seen, 'session.usage')).toMatchObject([{ budget: limit(1) }]);
  expect(await refusal(events.send(id, { events: [say('More')] }))).toContain('BadRequestError 400');
  expect((await events.send(id, { events: [{ type: 'user.interrupt' }] })).data).toEqual([]);
  expect(ofType(await all(events.list(id)), 'user.interrupt')).toEqual([]);
  expect(await server.client.beta.sessions.retrieve(id)).toMatchObject({ status: 'idle', budget: limit(1) });
});

test('a raised budget lets the session go on by itself', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('At last.')] }) });
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { session: { budget: limit(1) } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Hi')] });
  await stream.until(isReached);
  expect(await sessions.update(id, { budget: limit(500) })).toMatchObject({ budget: limit(500) });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'session.updated')).toMatchObject([{ budget: limit(500) }]);
  expect(answers(seen)).toEqual(['At last.']);
  expect(ofType(seen, 'session.usage').at(-1)).toMatchObject({ budget: limit(500) });
});

test('a removed budget lets it go on too, and is gone for good', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Free.')] }) });
  const { sessions } = server.client.beta;
  const { id } = await newSession(server, { session: { budget: limit(1) } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Hi')] });
  await stream.until(isReached);
  expect(await sessions.update(id, { budget: null })).toMatchObject({ budget: null });
  expect(answers(await stream.until(isOver))).toEqual(['Free.']);
  expect(await refusal(sessions.update(id, { budget: limit(5) }))).toContain('cannot be added later');
});

test('what waits for a client outranks the budget, and its answers are taken', async () => {
  const script = [toolUse('look'), text('word '.repeat(2_000))];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] }, session: { budget: limit(5) } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Look')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  await events.send(id, { events: [{ type: 'user.custom_tool_result', custom_tool_use_id: call?.id ?? '' }] });
  expect((await stream.until(isIdle)).at(-1)).toMatchObject({ type: 'session.status_idle' });
});

test('amounts that are none, other currencies, and budgets that come too late or are too low are refused', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('word '.repeat(20_000))] }) });
  const { sessions } = server.client.beta;
  const withBudget = (max_list_cost: object) =>
    refusal(
      newSession(server, {
        agent: { name: crypto.randomUUID() },
        session: { budget: { type: 'limit', max_list_cost } as never },
      }),
    );
  for (const amount of ['0', '-1', '1.5', '01', '', 5]) {
    expect(await withBudget({ amount, currency: 'USD' })).toContain('budget.max_list_cost.amount');
  }
  expect(await withBudget({ amount: '5', currency: 'EUR' })).toContain('must be USD');
  const without = await newSession(server);
  expect(await refusal(sessions.update(without.id, { budget: limit(5) }))).toContain('cannot be added later');
  const { id } = await newSession(server, { agent: { name: 'C' }, session: { budget: limit(5_000) } });
  const stream = await Follower.open(server.client, id);
  await sessions.events.send(id, { events: [say('Much')] });
  await stream.until(isOver);
  expect(await refusal(sessions.update(id, { budget: limit(1) }))).toContain('cents are spent');
  expect((await sessions.update(id, { budget: limit(1_000) })).budget).toEqual(limit(1_000));
});

test('a budget outlives a restart', async () => {
  const emulator = createEmulator({ script: [text('At last.')] });
  const first = await startManaged({ emulator });
  const { id } = await newSession(first, { session: { budget: limit(1) } });
  const before = await Follower.open(first.client, id);
  await first.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  await before.until(isReached);
  await first.stop();
  const { client } = await startManaged({ emulator, folder: first.folder });
  expect(await refusal(client.beta.sessions.events.send(id, { events: [say('More')] }))).toContain('400');
  const stream = await Follower.open(client, id);
  await client.beta.sessions.update(id, { budget: limit(500) });
  expect(answers(await stream.until(isOver))).toEqual(['At last.']);
});
