import { join } from 'node:path';
import { text, toolUse, toolUses } from '@colloquy/emulator';
import { emptyState, foldEntry, openActions, openSqliteStore, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { storeWith } from '../turn/recorded-session.ts';
import { type HostedScene, isSystem, openHosted, sentResults } from './hosted-scene.ts';

const weather = {
  name: 'weather',
  description: 'The weather of a city.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const MANAGED = { toolset: 'agent_toolset_20260401', toolPolicies: {}, externalTools: [weather] } as const;
const ask = (city: string) => ({ name: 'weather', input: { city } });

async function actionsOf(scene: HostedScene) {
  const state = emptyState();
  for (const entry of await scene.log()) foldEntry(state, entry);
  return openActions(state);
}

const requested = isSystem('tool_call_request');
const answered = isSystem('tool_call_answered');

test('a call of a custom tool waits for whoever runs it, and the model is told the result', async () => {
  await using scene = await openHosted([toolUse('weather', { city: 'Rome' }), text('It rains.')], MANAGED);
  await scene.say('Rome?');
  const call = await scene.heardOne(requested);
  expect(call).toMatchObject({ tool_name: 'weather', input: { city: 'Rome' }, parent_tool_use_id: null });
  expect(await actionsOf(scene)).toMatchObject({ permissions: [], calls: [{ name: 'weather' }], waits: true });
  const given = await scene.session.control('toolResult', { toolUseId: call.tool_use_id, content: 'rain', by: 'ann' });
  expect(given).toMatchObject({ won: true, by: 'ann' });
  expect(await scene.result()).toMatchObject({ subtype: 'success', result: 'It rains.' });
  expect(sentResults(scene.emulator, 1)).toEqual([{ id: call.tool_use_id, content: 'rain' }]);
  expect(await scene.heardOne(answered)).toMatchObject({ tool_use_id: call.tool_use_id, by: 'ann' });
  expect(await actionsOf(scene)).toEqual({ permissions: [], calls: [], waits: false });
});

test('many calls are open at once, are answered in any order, and keep the order of the model', async () => {
  const cities = Array.from({ length: 15 }, (_, index) => `city ${index}`);
  await using scene = await openHosted([toolUses(cities.map(ask)), text('Done.')], MANAGED);
  await scene.say('All?');
  await scene.heardOne(requested, 14);
  const calls = scene.heard.filter(requested);
  for (const { tool_use_id: toolUseId, input } of calls.toReversed())
    await scene.session.control('toolResult', {
      toolUseId,
      content: [{ type: 'text', text: `sun in ${String(input['city'])}` }],
    });
  await scene.result();
  expect(sentResults(scene.emulator, 1)).toEqual(
    calls.map(({ tool_use_id: id, input }) => ({
      id,
      content: [{ type: 'text', text: `sun in ${String(input['city'])}` }],
    })),
  );
});

test('of two results at once one wins, and the other is told who did; so is whoever comes after the turn', async () => {
  await using scene = await openHosted([toolUse('weather', { city: 'Rome' }), text('Fine.')], MANAGED);
  await scene.say('Rome?');
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  const give = (by: string) => scene.session.control('toolResult', { toolUseId, content: by, by });
  const given = await Promise.all([give('ann'), give('bob'), give('eve')]);
  expect(given.map(({ won, by }) => [won, by])).toEqual([
    [true, 'ann'],
    [false, 'ann'],
    [false, 'ann'],
  ]);
  await scene.result();
  expect(await give('late')).toEqual({ won: false, by: 'ann' });
  expect(sentResults(scene.emulator, 1)).toEqual([{ id: toolUseId, content: 'ann' }]);
  expect(scene.heard.filter(answered)).toHaveLength(1);
});

test('a result that fails is told to the model as such', async () => {
  await using scene = await openHosted([toolUse('weather', { city: 'Rome' }), text('Sorry.')], MANAGED);
  await scene.say('Rome?');
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  await scene.session.control('toolResult', { toolUseId, content: 'no such city', isError: true });
  await scene.result();
  expect(sentResults(scene.emulator, 1)).toEqual([{ id: toolUseId, content: 'no such city', failed: true }]);
});

test('the very same result from whoever gave it has won, however late and often it comes; another of theirs has not', async () => {
  await using scene = await openHosted([toolUse('weather', { city: 'Rome' }), text('Fine.')], MANAGED);
  await scene.say('Rome?');
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  const content = [{ type: 'text', text: 'rain' }];
  const give = (o: { by?: string; content?: string | object[]; isError?: boolean } = {}) =>
    scene.session.control('toolResult', { toolUseId, content, by: 'ann', ...o });
  const [first, twin] = await Promise.all([give(), give()]);
  expect(first).toEqual({ won: true, by: 'ann', seq: expect.any(Number) });
  expect(twin).toEqual(first);
  await scene.result();
  expect(await give()).toEqual(first);
  const lost = { won: false, by: 'ann' };
  expect(await Promise.all([give({ by: 'bob' }), give({ content: 'rain' }), give({ isError: true })])).toEqual([
    lost,
    lost,
    lost,
  ]);
  expect(scene.heard.filter(answered)).toHaveLength(1);
});

test('an interrupt ends the wait; a result that comes later is too late', async () => {
  await using scene = await openHosted([toolUses([ask('Rome'), ask('Oslo')]), text('Other.')], MANAGED);
  await scene.say('Rome?');
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  await scene.session.control('interrupt', { by: 'ann' });
  expect(await scene.result()).toMatchObject({ terminal_reason: 'aborted_tools' });
  const outcomes = (await scene.log()).flatMap((entry) => (entry.kind === 'tool_result' ? [entry.outcome] : []));
  expect(outcomes).toEqual(['interrupted', 'interrupted']);
  expect(await scene.session.control('toolResult', { toolUseId, content: 'rain' })).toEqual({ won: false, by: 'ann' });
  await scene.say('Something else');
  expect(await scene.result()).toMatchObject({ result: 'Other.' });
});

test('a result may come while the answer with its call is still being written', async () => {
  await using scene = await openHosted([toolUses([ask('Rome'), ask('Oslo')]), text('Warm and cold.')], MANAGED);
  // The first call is whole before the second: its result is given at once.
  const early = (async () => {
    for await (const batch of scene.session.batches()) {
      for (const message of batch) {
        const block = message.type === 'assistant' ? message.message.content[0] : undefined;
        if (block?.type !== 'tool_use') continue;
        await scene.session.control('toolResult', { toolUseId: block.id, content: 'early', by: 'ann' });
      }
      if (batch.some(({ type }) => type === 'result')) return;
    }
  })();
  await scene.say('Both?');
  await early;
  expect(await scene.result()).toMatchObject({ result: 'Warm and cold.' });
  expect(sentResults(scene.emulator, 1)).toMatchObject([{ content: 'early' }, { content: 'early' }]);
  expect(scene.heard.filter(answered)).toHaveLength(2);
});

test('results for calls that are not there, run here or are no content are refused, and leave nothing in the log', async () => {
  await using scene = await openHosted(
    [toolUse('bash', { command: 'echo hi' }), text('Hi.'), toolUse('weather', { city: 'Rome' }), text('Fine.')],
    { ...MANAGED, toolPolicies: { bash: { enabled: true, policy: 'always_ask' } } },
  );
  const give = (toolUseId: string, content: unknown) =>
    scene.session.control('toolResult', { toolUseId, content: content as string });
  await expect(give('toolu_nobody', 'x')).rejects.toThrow('has no call toolu_nobody');
  await scene.say('Hi');
  const asked = await scene.heardOne(isSystem('permission_request'));
  await expect(give(asked.tool_use_id, 'x')).rejects.toThrow('its tool runs here');
  await scene.session.control('answer', { request: asked.request, decision: { behavior: 'deny', message: 'No.' } });
  await scene.result();
  await expect(give(asked.tool_use_id, 'x')).rejects.toThrow('that waits for a result');
  await scene.say('Rome?');
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  const circle: unknown[] = [];
  circle.push(circle);
  for (const content of [undefined, null, 7, {}, [7], [{}], circle])
    await expect(give(toolUseId, content)).rejects.toThrow('content of a tool result');
  expect((await scene.log()).some(({ kind }) => kind === 'external_result')).toBe(false);
  await give(toolUseId, '');
  expect(await scene.result()).toMatchObject({ result: 'Fine.' });
});

test('a built-in tool at a worker: leave first, then the wait; files and commands here are not touched', async () => {
  await using scene = await openHosted(
    [
      toolUses([
        { name: 'bash', input: { command: 'rm -rf /' } },
        { name: 'read', input: { file_path: '/etc/hosts' } },
      ]),
      text('Done.'),
    ],
    {
      toolset: 'agent_toolset_20260401',
      runsElsewhere: true,
      toolPolicies: {
        bash: { enabled: true, policy: 'always_ask' },
        read: { enabled: true, policy: 'always_allow' },
      },
    },
  );
  await scene.say('Look');
  const asked = await scene.heardOne(isSystem('permission_request'));
  const read = await scene.heardOne(requested);
  expect(read.tool_name).toBe('read');
  expect(await actionsOf(scene)).toMatchObject({
    permissions: [{ name: 'bash' }],
    calls: [{ name: 'read' }],
    waits: true,
  });
  const give = (toolUseId: string, content: string) => scene.session.control('toolResult', { toolUseId, content });
  await expect(give(asked.tool_use_id, 'x')).rejects.toThrow('waits for permission');
  await give(read.tool_use_id, '127.0.0.1');
  await scene.session.control('answer', { request: asked.request, decision: { behavior: 'allow' }, by: 'ann' });
  const bash = await scene.heardOne(requested, 1);
  expect(bash).toMatchObject({ tool_name: 'bash', input: { command: 'rm -rf /' }, tool_use_id: asked.tool_use_id });
  await give(bash.tool_use_id, 'gone');
  await scene.result();
  expect(sentResults(scene.emulator, 1)).toEqual([
    { id: bash.tool_use_id, content: 'gone' },
    { id: read.tool_use_id, content: '127.0.0.1' },
  ]);
});

test('on the disk too: any process may give the result, and the one that has the session goes on', async () => {
  const path = join(temporaryFolder('hosted-store'), 'colloquy.db');
  await using store = await openSqliteStore({ path });
  await using other = await openSqliteStore({ path });
  let id: string;
  {
    await using scene = await openHosted([toolUse('weather', { city: 'Rome' })], MANAGED, { store });
    await scene.say('Rome?');
    await scene.heardOne(requested);
    ({ id } = scene.session);
  }
  // Nobody has it.
  expect((await other.sessions.get(id))?.running).toBe(true);
  await using again = await openHosted([text('Fine.')], { ...MANAGED, resume: id }, { store });
  const { tool_use_id: toolUseId } = await again.heardOne(requested);
  const result = { kind: 'external_result' as const, toolUseId, content: 'rain', isError: false };
  const once = `result:${toolUseId}`;
  const first = await other.append(id, [{ ...result, by: 'ann', once }]);
  const second = await other.append(id, [{ ...result, by: 'bob', once }]);
  expect([first.ok, second.ok]).toEqual([true, false]);
  expect(await again.result()).toMatchObject({ result: 'Fine.' });
  expect(await again.session.control('toolResult', { toolUseId, content: 'late' })).toEqual({ won: false, by: 'ann' });
});

test('the wait goes on in another process, which takes the result', async () => {
  let store: Store;
  let id: string;
  let toolUseId: string;
  {
    await using scene = await openHosted([toolUses([ask('Rome'), ask('Oslo')])], MANAGED);
    ({ store } = scene);
    ({ id } = scene.session);
    await scene.say('Both?');
    await scene.heardOne(requested, 1);
    ({ tool_use_id: toolUseId } = await scene.heardOne(requested));
    await scene.session.control('toolResult', { toolUseId, content: 'rain', by: 'ann' });
  }
  await using again = await openHosted([text('Rain and snow.')], { ...MANAGED, resume: id }, { store });
  // Who reads from the beginning hears of it; nothing is asked for twice.
  expect(again.heard.filter(requested).length).toBeLessThanOrEqual(2);
  const oslo = await again.heardOne(requested, 1);
  await again.session.control('toolResult', { toolUseId: oslo.tool_use_id, content: 'snow', by: 'bob' });
  expect(await again.result()).toMatchObject({ result: 'Rain and snow.' });
  expect(sentResults(again.emulator, 0)).toEqual([
    { id: toolUseId, content: 'rain' },
    { id: oslo.tool_use_id, content: 'snow' },
  ]);
  expect(again.heard.filter(requested)).toHaveLength(2);
});

test('killed after any entry, a session waits on, or asks anew, and comes to its end with the results that were given', async () => {
  const entries = await (async () => {
    await using scene = await openHosted(
      [toolUses([ask('Rome'), { name: 'bash', input: { command: 'ls' } }, ask('Oslo')]), text('Done.')],
      { ...MANAGED, runsElsewhere: true, toolPolicies: { bash: { enabled: true, policy: 'always_ask' } } },
    );
    await scene.say('Go');
    const asked = await scene.heardOne(isSystem('permission_request'));
    await scene.heardOne(requested, 1);
    const [rome] = scene.heard.filter(requested);
    await scene.session.control('toolResult', { toolUseId: rome!.tool_use_id, content: 'first', by: 'ann' });
    await scene.session.control('answer', { request: asked.request, decision: { behavior: 'allow' } });
    await scene.heardOne(requested, 2);
    for (const { tool_use_id: toolUseId } of scene.heard.filter(requested).slice(1))
      await scene.session.control('toolResult', { toolUseId, content: 'first', by: 'ann' });
    await scene.result();
    return await scene.log();
  })();
  const flaws: string[] = [];
  for (let length = 1; length < entries.length; length += 1) {
    const kept = entries.slice(0, length);
    const { store, id } = await storeWith(kept);
    // The entries of a batch come all or none.
    if (kept.at(-1)?.kind === 'turn_start') continue;
    const asks = kept.some(({ kind }) => kind === 'model_response');
    await using scene = await openHosted(
      [
        ...(asks ? [] : [toolUses([ask('Rome'), { name: 'bash', input: { command: 'ls' } }, ask('Oslo')])]),
        text('Done.'),
      ],
      {
        ...MANAGED,
        runsElsewhere: true,
        toolPolicies: { bash: { enabled: true, policy: 'always_ask' } },
        resume: id,
      },
      { store },
    );
    const helper = answerAll(scene);
    const result = await scene.result();
    helper.abort();
    const at = `after ${length} ${entries[length - 1]?.kind}`;
    if (result.subtype !== 'success' || result.result !== 'Done.') flaws.push(`${at}: ${JSON.stringify(result)}`);
    const log = await scene.log();
    for (const { toolUseId, outcome } of log.flatMap((entry) => (entry.kind === 'tool_result' ? [entry] : [])))
      if (outcome !== 'done') flaws.push(`${at}: ${toolUseId} is ${outcome}`);
    const given = kept.flatMap((entry) => (entry.kind === 'external_result' ? [entry.toolUseId] : []));
    for (const entry of log)
      if (entry.kind === 'tool_result' && given.includes(entry.toolUseId) && entry.content !== 'first')
        flaws.push(`${at}: the first result of ${entry.toolUseId} is lost`);
    for (const { status } of scene.emulator.requests) if (status !== 200) flaws.push(`${at}: status ${status}`);
  }
  expect(flaws).toEqual([]);
}, 60_000);

/** Somebody who allows everything that is asked and gives every result that is missing. */
function answerAll(scene: HostedScene): AbortController {
  const stop = new AbortController();
  const work = async (): Promise<void> => {
    const seen = new Set<unknown>();
    for await (const batch of scene.session.placed({ door: true, after: '0.0.0', signal: stop.signal })) {
      for (const placed of batch) {
        if (!('message' in placed)) continue;
        const { message } = placed;
        if (requested(message) && !seen.has(message.tool_use_id)) {
          seen.add(message.tool_use_id);
          const given = scene.session.control('toolResult', { toolUseId: message.tool_use_id, content: 'second' });
          await given.catch(() => {});
        }
        if (isSystem('permission_request')(message))
          await scene.session
            .control('answer', { request: message.request, decision: { behavior: 'allow' } })
            .catch(() => {});
      }
    }
  };
  void work().catch(() => {});
  return stop;
}

test('a call of a tool that is gone by now waits all the same', async () => {
  let place: { store: Store; id: string };
  {
    await using scene = await openHosted([toolUse('weather', { city: 'Rome' })], MANAGED);
    await scene.say('Rome?');
    await scene.heardOne(requested);
    place = { store: scene.store, id: scene.session.id };
  }
  await using again = await openHosted(
    [text('Fine.')],
    { ...MANAGED, externalTools: [], resume: place.id },
    { store: place.store },
  );
  const { tool_use_id: toolUseId } = await again.heardOne(requested);
  await again.session.control('toolResult', { toolUseId, content: 'rain' });
  expect(await again.result()).toMatchObject({ result: 'Fine.' });
});

test('in a session with modes, a tool of the client is asked about like any other', async () => {
  const externalTools = [{ ...weather, name: 'mcp__sky__weather' }];
  await using scene = await openHosted(
    [
      toolUse('mcp__sky__weather', { city: 'Rome' }),
      text('No.'),
      toolUse('mcp__sky__weather', { city: 'Oslo' }),
      text('Yes.'),
    ],
    { externalTools },
  );
  await scene.say('Rome?');
  const asked = await scene.heardOne(isSystem('permission_request'));
  await scene.session.control('answer', {
    request: asked.request,
    decision: { behavior: 'deny', message: 'Not Rome.' },
  });
  await scene.result();
  expect(scene.heard.filter(requested)).toEqual([]);
  await scene.say('Oslo?');
  const { request } = await scene.heardOne(isSystem('permission_request'), 1);
  await scene.session.control('answer', { request, decision: { behavior: 'allow' } });
  const { tool_use_id: toolUseId } = await scene.heardOne(requested);
  await scene.session.control('toolResult', { toolUseId, content: 'snow' });
  expect(await scene.result()).toMatchObject({ result: 'Yes.' });
});

test("a subagent's call waits like the session's own, and names the call that has started the subagent", async () => {
  const externalTools = [{ ...weather, name: 'mcp__sky__weather' }];
  const agent = toolUse('Agent', { description: 'Look', prompt: 'Rome?', subagent_type: 'general-purpose' });
  await using scene = await openHosted(
    [agent, toolUse('mcp__sky__weather', { city: 'Rome' }), text('It rains.'), text('Rain, it says.')],
    { externalTools, tools: ['Agent'], allowedTools: ['mcp__sky'] },
  );
  await scene.say('Ask somebody');
  const call = await scene.heardOne(requested);
  const start = (await scene.log()).find((entry) => entry.kind === 'tool_intent' && entry.external !== true);
  expect(call).toMatchObject({ tool_name: 'mcp__sky__weather', input: { city: 'Rome' } });
  expect(start).toMatchObject({ toolUseId: call.parent_tool_use_id });
  const open = await actionsOf(scene);
  expect(open).toMatchObject({ permissions: [], calls: [{ toolUseId: call.tool_use_id }], waits: true });
  expect(open.calls[0]?.thread).not.toBe('main');
  const given = await scene.session.control('toolResult', { toolUseId: call.tool_use_id, content: 'rain', by: 'ann' });
  expect(given).toMatchObject({ won: true });
  expect(await scene.result()).toMatchObject({ result: 'Rain, it says.' });
  expect(sentResults(scene.emulator, 2)).toEqual([{ id: call.tool_use_id, content: 'rain' }]);
  expect(await scene.heardOne(answered)).toMatchObject({ tool_use_id: call.tool_use_id });
});
