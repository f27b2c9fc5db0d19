import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createEmulator,
  cut,
  type Emulator,
  maxTokens,
  paced,
  pauseTurn,
  refusal,
  status,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
} from '@colloquy/emulator';
import {
  AbortError,
  APIConnectionError,
  ClaudeAgentClient,
  type ClaudeAgentClientOptions,
  ConfigurationError,
  type ToolResult,
} from 'colloquy';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../temporary-folder.ts';

const agentWith = (emulator: Emulator, options: ClaudeAgentClientOptions = {}): ClaudeAgentClient =>
  new ClaudeAgentClient({ send: emulator.send, env: { PATH: process.env['PATH'] }, ...options });

const WEATHER = {
  name: 'weather',
  description: 'The weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const resultsFor = (calls: readonly { id: string }[], content = 'sunny'): ToolResult[] =>
  calls.map(({ id }) => ({ tool_use_id: id, content }));

const rolesOf = (agent: ClaudeAgentClient): string[] => agent.messages.map(({ role }) => role);

describe('a conversation', () => {
  test('keeps its messages, and sends them again', async () => {
    const emulator = createEmulator({ script: [text('Hello Ada.'), text('Ada.')] });
    await using agent = agentWith(emulator, { systemPrompt: 'Be short.', appendSystemPrompt: 'Be kind.' });
    expect((await agent.sendMessage('I am Ada.')).text).toBe('Hello Ada.');
    expect((await agent.sendMessage('Who am I?')).text).toBe('Ada.');
    expect(rolesOf(agent)).toEqual(['user', 'assistant', 'user', 'assistant']);
    const kept = agent.messages as unknown[];
    kept.length = 1;
    expect(rolesOf(agent)).toHaveLength(4);
    const { system, messages } = emulator.requests[1]!.body as { system: { text: string }[]; messages: unknown[] };
    expect(system.map((block) => block.text)).toEqual(['Be short.', 'Be kind.']);
    expect(messages).toHaveLength(3);
    expect(agent.sessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('streams: looped over for chunks, awaited for the answer, told to onText', async () => {
    const emulator = createEmulator({ script: [text(['Hel', 'lo']), text('Again')] });
    await using agent = agentWith(emulator, { sessionId: 'mine' });
    const heard: string[] = [];
    const stream = agent.sendMessageStream('Hello', { onText: (piece) => void heard.push(piece) });
    const looped: string[] = [];
    for await (const { textDelta } of stream) if (textDelta !== undefined) looped.push(textDelta);
    expect([looped, heard, (await stream).text]).toEqual([['Hel', 'lo'], ['Hel', 'lo'], 'Hello']);
    const answer = await agent.sendMessageStream('And?', { onText: (piece) => void heard.push(piece) });
    expect([answer.text, heard.join(''), agent.sessionId]).toEqual(['Again', 'HelloAgain', 'mine']);
  });

  test('without a stream', async () => {
    const emulator = createEmulator({ script: [text('Hello')] });
    await using agent = agentWith(emulator, { stream: false, tools: [WEATHER] });
    expect((await agent.sendMessageStream('Hello')).text).toBe('Hello');
    expect(emulator.requests[0]?.body).not.toHaveProperty('stream');
  });

  test('is gone on with from its messages, by another client', async () => {
    const emulator = createEmulator({ script: [text('Hello Ada.'), text('Ada.')] });
    await using first = agentWith(emulator);
    await first.sendMessage('I am Ada.');
    const kept = JSON.parse(JSON.stringify(first.messages)) as typeof first.messages;
    await using second = agentWith(emulator, { messages: kept });
    await second.sendMessage('Who am I?');
    expect(emulator.requests[1]).toMatchObject({ status: 200, body: { messages: [{}, {}, {}] } });
    expect(rolesOf(second)).toHaveLength(4);
  });

  test('answers in a form', async () => {
    await using agent = agentWith(createEmulator({ script: [text('{"n":2}')] }));
    const { output } = await agent.sendMessage('How many?', { outputSchema: z.object({ n: z.number() }) });
    expect(output.n).toBe(2);
  });

  test('counts what the next message would have, and what there is', async () => {
    const emulator = createEmulator({ script: [toolUse('weather', { city: 'Rome' })] });
    await using agent = agentWith(emulator, { tools: [WEATHER] });
    const empty = await agent.countTokens();
    const withPrompt = await agent.countTokens('x'.repeat(400));
    expect(withPrompt).toBeGreaterThan(empty + 90);
    const { toolUses: calls } = await agent.sendMessage('x'.repeat(400));
    expect(await agent.countTokens()).toBeGreaterThan(withPrompt);
    expect(await agent.countTokens('And?', { toolResults: resultsFor(calls, 'y'.repeat(400)) })).toBeGreaterThan(
      withPrompt + 100,
    );
    expect(emulator.requests.every((request) => request.status === 200)).toBe(true);
    expect(rolesOf(agent)).toHaveLength(2);
  });
});

describe('calls that the program runs', () => {
  test('go round: call, results, answer', async () => {
    const emulator = createEmulator({
      script: [
        together(
          text('Let me look.'),
          toolUses([
            { name: 'weather', input: { city: 'Rome' } },
            { name: 'weather', input: { city: 'Oslo' } },
          ]),
        ),
        text('Sunny in both.'),
      ],
    });
    await using agent = agentWith(emulator, { tools: [WEATHER] });
    const first = await agent.sendMessage('Weather?');
    expect(first.toolUses.map(({ input }) => input)).toEqual([{ city: 'Rome' }, { city: 'Oslo' }]);
    expect(agent.openCalls).toEqual(first.toolUses);
    const answer = await agent.sendMessageStream('In Celsius, please.', { toolResults: resultsFor(first.toolUses) });
    expect(answer.text).toBe('Sunny in both.');
    expect(agent.openCalls).toEqual([]);
    expect(agent.messages[2]?.content).toMatchObject([
      { type: 'tool_result' },
      { type: 'tool_result' },
      { type: 'text', text: 'In Celsius, please.' },
    ]);
  });

  test('thinking goes back as it came', async () => {
    const emulator = createEmulator({ script: [thinking('Hm', toolUse('weather', { city: 'Rome' })), text('Sunny')] });
    await using agent = agentWith(emulator, { tools: [WEATHER] });
    const { toolUses: calls } = await agent.sendMessage('Weather?');
    await agent.sendMessage(undefined, { toolResults: resultsFor(calls) });
    expect(emulator.requests[1]?.status).toBe(200);
  });

  test('a result is missing, unknown or double: told, nothing sent, nothing lost', async () => {
    const emulator = createEmulator({ script: [toolUse('weather', { city: 'Rome' }), text('Sunny')] });
    await using agent = agentWith(emulator, { tools: [WEATHER] });
    await expect(agent.sendMessage('Hi', { toolResults: resultsFor([{ id: 'toolu_x' }]) })).rejects.toThrow('toolu_x');
    const { toolUses: calls } = await agent.sendMessage('Weather?');
    await expect(agent.sendMessage('Well?')).rejects.toThrow(`no result for ${calls[0]?.id}`);
    const twice = [...resultsFor(calls), ...resultsFor(calls)];
    await expect(agent.sendMessage(undefined, { toolResults: twice })).rejects.toThrow(ConfigurationError);
    await expect(agent.sendMessage(undefined, { toolResults: [3 as never] })).rejects.toThrow(ConfigurationError);
    const odd = calls.map(({ id }) => ({ tool_use_id: id, content: 3 as never }));
    await expect(agent.sendMessage(undefined, { toolResults: odd })).rejects.toThrow(ConfigurationError);
    await expect(agent.sendMessage(null as never, { toolResults: resultsFor(calls) })).rejects.toThrow(
      ConfigurationError,
    );
    expect(emulator.requests).toHaveLength(1);
    expect((await agent.sendMessage('', { toolResults: resultsFor(calls, '') })).text).toBe('Sunny');
  });

  test('one that was cut is no call', async () => {
    const emulator = createEmulator({ script: [maxTokens(toolUse('weather', { city: 'Rome' })), text('Sorry')] });
    await using agent = agentWith(emulator, { tools: [WEATHER] });
    const answer = await agent.sendMessage('Weather?');
    expect([answer.stopReason, answer.toolUses, agent.openCalls]).toEqual(['max_tokens', [], []]);
    expect((await agent.sendMessage('Go on')).text).toBe('Sorry');
  });

  test('allowed and disallowed tools are chosen by name', async () => {
    const emulator = createEmulator();
    const offered = async (options: ClaudeAgentClientOptions): Promise<unknown> => {
      await using agent = agentWith(emulator, options);
      await agent.sendMessage('@say hello');
      return (emulator.requests.at(-1)!.body as { tools?: { name: string }[] }).tools?.map(({ name }) => name);
    };
    expect(await offered({})).toBeUndefined();
    expect(await offered({ tools: ['Read', WEATHER, 'Bash'], disallowedTools: ['Bash'] })).toEqual(['Read', 'weather']);
    expect(await offered({ tools: ['Read', WEATHER, 'Bash'], allowedTools: ['weather'] })).toEqual(['weather']);
    const preset = await offered({ tools: { type: 'preset', preset: 'claude_code' } });
    expect(preset).toEqual(expect.arrayContaining(['Bash', 'Read', 'Write', 'WebFetch', 'TaskCreate']));
    expect(preset).not.toEqual(expect.arrayContaining(['AskUserQuestion']));
  });

  test.each<[ClaudeAgentClientOptions, string]>([
    [{ tools: ['Reed'] }, 'is no built-in tool'],
    [{ tools: ['AskUserQuestion'] }, 'needs an agent loop'],
  ])('%o is refused', async (options, told) => {
    await using agent = agentWith(createEmulator(), options);
    await expect(agent.sendMessage('Hello')).rejects.toThrow(told);
  });

  test('rules are refused where names are meant', () => {
    expect(() => agentWith(createEmulator(), { disallowedTools: ['Bash(rm *)'] })).toThrow('use query()');
    expect(() => agentWith(createEmulator(), { system: 'x' } as ClaudeAgentClientOptions)).toThrow(
      'no option `system`',
    );
    for (const message of [
      3,
      null,
      { role: 'user' },
      { role: 'user', content: ' ' },
      { role: 'other', content: 'a' },
    ]) {
      expect(() => agentWith(createEmulator(), { messages: [message as never] })).toThrow(ConfigurationError);
    }
    expect(() => agentWith(createEmulator(), { messages: [{ role: 'assistant', content: 'Hi' }] })).toThrow(
      'role `user`',
    );
  });
});

describe('built-in tools run on request', () => {
  test('files in cwd, and nothing beyond', async () => {
    const cwd = temporaryFolder('direct');
    await writeFile(join(cwd, 'notes.txt'), 'one\ntwo\n');
    const emulator = createEmulator({
      script: [
        toolUses([
          { name: 'Read', input: { file_path: 'notes.txt' } },
          { name: 'Read', input: { file_path: '/etc/hostname' } },
          { name: 'Write', input: { file_path: 'new.txt', content: 'three' } },
          { name: 'Read', input: { path: 3 } },
        ]),
        text('Done.'),
      ],
    });
    await using agent = agentWith(emulator, { cwd, tools: ['Read', 'Write'] });
    const { toolUses: calls } = await agent.sendMessage('Read notes.txt');
    const toolResults = await Promise.all(calls.map((call) => agent.runTool(call)));
    expect(toolResults.map(({ is_error }) => is_error === true)).toEqual([false, true, false, true]);
    expect(toolResults[0]?.content).toContain('two');
    expect(await readFile(join(cwd, 'new.txt'), 'utf8')).toBe('three');
    expect((await agent.sendMessage(undefined, { toolResults })).text).toBe('Done.');
    expect(JSON.stringify(emulator.requests[0]?.body.system)).toContain(cwd);
  });

  test('commands stay where the last one has gone', async () => {
    const cwd = temporaryFolder('direct');
    await using agent = agentWith(createEmulator(), { cwd, tools: ['Bash'], sandbox: { enabled: false } });
    const run = async (command: string): Promise<unknown> =>
      (await agent.runTool({ type: 'tool_use', id: 't1', name: 'Bash', input: { command } })).content;
    await run('mkdir sub; cd sub');
    expect(await run('pwd')).toContain(join(cwd, 'sub'));
    expect(await run('echo "${ANTHROPIC_API_KEY:-no key}"')).toContain('no key');
  });

  test('an abort and a close end a command', async () => {
    const agent = agentWith(createEmulator(), {
      cwd: temporaryFolder('direct'),
      tools: ['Bash'],
      sandbox: { enabled: false },
    });
    const sleep = { type: 'tool_use' as const, id: 't1', name: 'Bash', input: { command: 'sleep 60' } };
    const controller = new AbortController();
    const first = agent.runTool(sleep, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow(AbortError);
    const second = agent.runTool(sleep);
    const [outcome] = await Promise.allSettled([second, agent.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    await expect(agent.runTool(sleep)).rejects.toThrow('The client is closed');
  });

  test('a tool that is not offered is not run', async () => {
    await using agent = agentWith(createEmulator(), { tools: ['Read'] });
    const call = { type: 'tool_use' as const, id: 't1', name: 'Bash', input: { command: 'id' } };
    await expect(agent.runTool(call)).rejects.toThrow('no built-in tool that this client offers (Read)');
  });

  test('WebSearch asks the small model, and that counts', async () => {
    const emulator = createEmulator({ script: [text('Nothing found.')] });
    await using agent = agentWith(emulator, { tools: ['WebSearch'] });
    const call = { type: 'tool_use' as const, id: 't1', name: 'WebSearch', input: { query: 'colloquy' } };
    expect((await agent.runTool(call)).content).toContain('Nothing found.');
    expect(emulator.requests[0]?.body.model).toBe('claude-haiku-5-5');
    expect(agent.usage.requests).toBe(1);
  });
});

describe('a turn counts only when its answer is whole', () => {
  test('an error leaves the conversation as it was', async () => {
    const emulator = createEmulator({ script: [text('Hi'), cut({ afterEvents: 4 }), status(400), text('Four')] });
    await using agent = agentWith(emulator, { maxRetries: 0 });
    await agent.sendMessage('Hello');
    const before = [...agent.messages];
    await expect(agent.sendMessage('2 + 2?')).rejects.toThrow(APIConnectionError);
    await expect(agent.sendMessage('2 + 2?')).rejects.toMatchObject({ status: 400 });
    expect(agent.messages).toEqual(before);
    expect((await agent.sendMessage('2 + 2?')).text).toBe('Four');
  });

  test('an abort, and a loop that is left', async () => {
    const emulator = createEmulator({
      script: [paced(20, text('One two three')), paced(20, text('One two three')), text('Hi')],
    });
    await using agent = agentWith(emulator);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = agent.sendMessage('Hello', { signal, onText: () => controller.abort() });
    await expect(aborted).rejects.toThrow(AbortError);
    for await (const { textDelta } of agent.sendMessageStream('Hello')) if (textDelta !== undefined) break;
    expect(agent.messages).toEqual([]);
    expect((await agent.sendMessage('Hello')).text).toBe('Hi');
    expect(agent.usage.requests).toBe(3);
  });

  test('a refused turn is dropped', async () => {
    const emulator = createEmulator({ script: [text('Hi'), refusal(), text('Sure')] });
    await using agent = agentWith(emulator);
    await agent.sendMessage('Hello');
    expect((await agent.sendMessage('Something bad')).stopReason).toBe('refusal');
    expect(rolesOf(agent)).toEqual(['user', 'assistant']);
    expect((await agent.sendMessage('Something good')).text).toBe('Sure');
  });

  test('an answer that pauses is gone on with', async () => {
    const emulator = createEmulator({ script: [pauseTurn(text('Searching')), text('Found.')] });
    await using agent = agentWith(emulator);
    expect((await agent.sendMessage('Search')).stopReason).toBe('pause_turn');
    expect((await agent.sendMessage()).text).toBe('Found.');
    await expect(agent.sendMessage()).rejects.toThrow('is empty');
    expect(emulator.requests.map((request) => request.status)).toEqual([200, 200]);
  });

  test('an answer of nothing is no message', async () => {
    const emulator = createEmulator({ script: [text([]), text('Hi')] });
    await using agent = agentWith(emulator);
    await agent.sendMessage('Hello');
    expect((await agent.sendMessage('Hello?')).text).toBe('Hi');
    expect(rolesOf(agent)).toEqual(['user', 'user', 'assistant']);
  });

  test('two at once: the second is refused', async () => {
    await using agent = agentWith(createEmulator({ script: [text('Hi'), text('Ho')] }));
    const [first, second] = await Promise.allSettled([agent.sendMessage('One'), agent.sendMessage('Two')]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { text: 'Hi' } });
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'ConfigurationError' } });
    expect((await agent.sendMessage('Two')).text).toBe('Ho');
  });
});

describe('the prompt cache', () => {
  test('of 100 turns, from turn 20 on at least 90 % of the input is read from it', async () => {
    const emulator = createEmulator({ script: Array.from({ length: 100 }, () => text('a'.repeat(800))) });
    await using agent = agentWith(emulator, { systemPrompt: 's'.repeat(2_400) });
    for (let turn = 0; turn < 100; turn += 1) await agent.sendMessage('p'.repeat(200));
    const late = emulator.requests.slice(19).map(({ usage }) => ({
      read: usage?.cache_read_input_tokens ?? 0,
      all:
        (usage?.input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0) + (usage?.cache_read_input_tokens ?? 0),
    }));
    const sum = (pick: (one: (typeof late)[number]) => number): number =>
      late.reduce((total, one) => total + pick(one), 0);
    expect(sum(({ read }) => read) / sum(({ all }) => all)).toBeGreaterThan(0.9);
    expect(agent.usage.savedUSD).toBeGreaterThan(agent.usage.costUSD);
  });

  test('answers with many calls are read too', async () => {
    const many = toolUses(Array.from({ length: 30 }, () => ({ name: 'weather', input: { city: 'Rome' } })));
    const emulator = createEmulator({ script: [text('Hello'), many, text('Sunny'), text('Yes')] });
    await using agent = agentWith(emulator, { tools: [WEATHER], systemPrompt: 's'.repeat(4_000) });
    await agent.sendMessage('Hello');
    const { toolUses: calls } = await agent.sendMessage('Weather?');
    await agent.sendMessage(undefined, { toolResults: resultsFor(calls) });
    const last = await agent.sendMessage('Really?');
    const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = last.usage;
    expect(cache_read_input_tokens).toBeGreaterThan((input_tokens + (cache_creation_input_tokens ?? 0)) * 10);
  });

  test('can be left out', async () => {
    const emulator = createEmulator();
    await using agent = agentWith(emulator, { promptCaching: false, systemPrompt: 's', tools: [WEATHER] });
    await agent.sendMessage([{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }]);
    expect(JSON.stringify(emulator.requests[0]?.body)).not.toContain('cache_control');
    expect(agent.usage.savedUSD).toBe(0);
  });
});
