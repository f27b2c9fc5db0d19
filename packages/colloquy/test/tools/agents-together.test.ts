import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, type MessageReply, type Reply, text, toolUse, toolUses } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { createApiEngine, createMemoryStore, type Entry, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { promptOf, storeWith } from '../turn/recorded-session.ts';
import { openScene, resultOf } from '../turn/scene.ts';

const NAMES = ['a', 'b', 'c'];

/** One answer that starts an agent for each name, with the name as its prompt. */
const startAgents = (names = NAMES): Reply =>
  toolUses(names.map((name) => ({ name: 'Agent', input: { description: `Write ${name}`, prompt: name } })));

/** An agent that writes the file of its name, and then says so. */
const writer = ({ messages }: { messages: readonly { content: unknown }[] }): MessageReply => {
  const [first] = messages.map(({ content }) => content as { type: string; text?: string }[]);
  const name = first?.at(-1)?.text ?? '';
  return messages.length > 1
    ? text(`Wrote ${name}.`)
    : toolUse('Write', { file_path: `${name}.txt`, content: 'x'.repeat(40) });
};

const OPTIONS: Options = { tools: ['Agent', 'Write'], settingSources: [], env: { PATH: process.env['PATH'] } };

type Hosted = Awaited<ReturnType<ReturnType<typeof createApiEngine>['open']>>;

/** A session that asks through its log, as on a server. */
async function openHosted(
  store: Store,
  script: readonly Reply[],
  options: Options,
): Promise<{ session: Hosted; requests: () => number }> {
  const emulator = createEmulator({ script });
  const engine = createApiEngine({ store, send: emulator.send, askThroughLog: true });
  const session = await engine.open({ ...OPTIONS, ...options });
  return { session, requests: () => emulator.requests.length };
}

type Request = Extract<SDKMessage, { subtype: 'permission_request' }>;

/** What is told, until so many permission requests are open. */
async function untilAsked(session: Hosted, count: number): Promise<Request[]> {
  const asked: Request[] = [];
  for await (const batch of session.placed({ door: true, after: '0.0.0' })) {
    for (const placed of batch) {
      if (!('message' in placed)) continue;
      const { message } = placed;
      if (message.type === 'system' && message.subtype === 'permission_request') asked.push(message);
    }
    if (asked.length >= count) break;
  }
  return asked;
}

async function untilResult(session: Hosted): Promise<SDKMessage[]> {
  const told: SDKMessage[] = [];
  for await (const batch of session.placed({ door: true, after: '0.0.0' })) {
    for (const placed of batch) if ('message' in placed) told.push(placed.message);
    if (told.some(({ type }) => type === 'result')) break;
  }
  return told;
}

test('questions of several agents at once are each answered by their number, in any order', async () => {
  const cwd = temporaryFolder('agents');
  const script = [startAgents(), ...Array.from({ length: 6 }, () => writer), text('All done.')];
  const { session } = await openHosted(createMemoryStore(), script, { cwd });
  await using _ = session;
  await session.send(promptOf('Go'));
  const asked = await untilAsked(session, 3);
  expect(new Set(asked.map(({ agent_id: agent }) => agent)).size).toBe(3);
  for (const { request, input } of asked.toReversed())
    await session.control('answer', {
      request,
      decision: input['file_path'] === 'b.txt' ? { behavior: 'deny', message: 'Not b.' } : { behavior: 'allow' },
    });
  const told = await untilResult(session);
  expect(told.find(({ type }) => type === 'result')).toMatchObject({ subtype: 'success', result: 'All done.' });
  expect(NAMES.map((name) => existsSync(join(cwd, `${name}.txt`)))).toEqual([true, false, true]);
  // Who has answered is told, whoever asked.
  expect(told.filter((message) => message.type === 'system' && message.subtype === 'permission_answered')).toHaveLength(
    3,
  );
});

test('what the callback allows one agent does not answer for another', async () => {
  let open = 0;
  let most = 0;
  await using scene = await openScene([startAgents(), ...Array.from({ length: 6 }, () => writer), text('All done.')], {
    ...OPTIONS,
    canUseTool: async (_name, input, { agentID = '' }) => {
      most = Math.max(most, ++open);
      // All three ask before the first is answered.
      while (most < 3) await new Promise((resolve) => setImmediate(resolve));
      expect(agentID).toMatch(/^agent-/);
      return input['file_path'] === 'c.txt' ? { behavior: 'allow' } : { behavior: 'deny', message: 'No.' };
    },
  });
  await scene.turn('Go');
  expect(NAMES.map((name) => existsSync(join(scene.cwd, `${name}.txt`)))).toEqual([false, false, true]);
});

test('agents that work at the same time do not pass the budget together, and none fails for what another holds', async () => {
  await using scene = await openScene(
    [startAgents(), ...Array.from({ length: 3 }, () => text('Found.')), text('Done.')],
    {
      ...OPTIONS,
      model: 'claude-opus-5-5',
      maxBudgetUsd: 1,
    },
  );
  const told = await scene.turn('Go');
  expect(resultOf(told)).toMatchObject({ subtype: 'success', result: 'Done.' });
  expect(mostReserved(await scene.log())).toBeLessThanOrEqual(1);
});

test('an agent that the budget does not pay for ends with that, and so does the turn', async () => {
  await using scene = await openScene([startAgents(['a']), text('x'.repeat(20_000)), text('Done.')], {
    ...OPTIONS,
    model: 'claude-opus-5-5',
    maxBudgetUsd: 0.1,
  });
  const told = await scene.turn('Go');
  expect(resultOf(told)).toMatchObject({ subtype: 'error_max_budget_usd' });
  const cost = resultOf(told);
  expect(cost?.type === 'result' && cost.total_cost_usd).toBeLessThanOrEqual(0.1);
});

/** The most that the open requests of a log could cost at one moment. */
function mostReserved(log: readonly Entry[]): number {
  const open = new Map<string, number>();
  let most = 0;
  for (const entry of log) {
    if (entry.kind === 'model_request') open.set(entry.request, entry.reservedUsd);
    if (entry.kind === 'model_response' || entry.kind === 'model_error') open.delete(entry.request);
    most = Math.max(
      most,
      [...open.values()].reduce((sum, usd) => sum + usd, 0),
    );
  }
  return most;
}

test('agents of a process that was killed have ended for its successor: their calls, their questions, and the call that began them', async () => {
  const cwd = temporaryFolder('agents');
  const store = createMemoryStore();
  const first = await openHosted(store, [startAgents(), ...Array.from({ length: 3 }, () => writer)], { cwd });
  await first.session.send(promptOf('Go'));
  const asked = await untilAsked(first.session, 3);
  const log = await store.read(first.session.id, { after: 0 });
  await first.session[Symbol.asyncDispose]();

  const killed = await storeWith(log);
  const { session, requests } = await openHosted(killed.store, [text('I shall look.')], { cwd, resume: killed.id });
  await using _ = session;
  const told = await untilResult(session);
  expect(told.find(({ type }) => type === 'result')).toMatchObject({ subtype: 'success', result: 'I shall look.' });
  expect(requests()).toBe(1);
  expect(NAMES.some((name) => existsSync(join(cwd, `${name}.txt`)))).toBe(false);
  const ends = told.filter((message) => message.type === 'system' && message.subtype === 'task_notification');
  expect(ends).toMatchObject(NAMES.map((name) => ({ status: 'failed', summary: `Write ${name}` })));
  const settled = told.flatMap((message) =>
    message.type === 'user' && Array.isArray(message.message.content)
      ? message.message.content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))
      : [],
  );
  expect(settled).toEqual(expect.arrayContaining(asked.map(({ tool_use_id: id }) => id)));
  expect(settled).toHaveLength(6);
  await expect(
    session.control('answer', { request: asked[0]?.request ?? 0, decision: { behavior: 'allow' } }),
  ).rejects.toThrow('Nothing waits for an answer');
});

test('the older name of the tool starts an agent, too', async () => {
  const call = toolUse('Task', { description: 'Write a', prompt: 'a' });
  await using scene = await openScene([call, text('Found.'), text('Done.')], OPTIONS);
  expect(resultOf(await scene.turn('Go'))).toMatchObject({ subtype: 'success', result: 'Done.' });
  expect(scene.emulator.requests).toHaveLength(3);
});
