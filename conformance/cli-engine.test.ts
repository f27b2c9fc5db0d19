import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator, type Reply, stall, text, toolUse } from '@colloquy/emulator';
import {
  ClaudeSDKClient,
  createSdkMcpServer,
  type Options,
  prewarm,
  type Query,
  query,
  type SDKMessage,
  SessionNotFoundError,
  startup,
  textOf,
  tool,
} from 'colloquy';
import { expect, test, type TestContext } from 'vitest';
import { z } from 'zod';
import { findClaudeCode, quietEnv } from './claude-code.ts';

// Our cli engine, driving the real Claude Code, whose model is the emulator.

type Scene = AsyncDisposable & { options: Options; emulator: Emulator; folder: string };

async function scene(context: TestContext, script: Reply[], given: Options = {}): Promise<Scene> {
  const { program, version } = findClaudeCode();
  if (program === undefined) context.skip(`@anthropic-ai/claude-agent-sdk ${version}: run script/conformance --setup`);
  await using stack = new AsyncDisposableStack();
  const emulator = createEmulator({ script });
  const at = stack.use(await emulator.listen());
  const root = await mkdtemp(join(tmpdir(), 'colloquy-cli-engine-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, 'work');
  for (const path of ['work', 'home', 'tmp']) await mkdir(join(root, path));
  const env = { ...quietEnv(root, at.url), ...given.env };
  const options: Options = { engine: 'cli', pathToClaudeCodeExecutable: program, cwd: folder, ...given, env };
  const kept = stack.move();
  return { options, emulator, folder, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function all(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> {
  const heard: SDKMessage[] = [];
  for await (const message of messages) heard.push(message);
  return heard;
}

const kindOf = (message: SDKMessage): string =>
  'subtype' in message ? `${message.type}/${message.subtype}` : message.type;
const kinds = (messages: readonly SDKMessage[]): string[] => messages.map(kindOf);
const resultOf = (messages: readonly SDKMessage[]): string => textOf(messages.at(-1)!);
const toolResults = (messages: readonly SDKMessage[]): unknown[] =>
  messages.flatMap((message) =>
    message.type === 'user' && typeof message.message.content !== 'string'
      ? message.message.content.filter(({ type }) => type === 'tool_result')
      : [],
  );

const bash = (command: string): Reply => toolUse('Bash', { command, description: 'Do it' });

test('a turn: messages in the official order, and a session id known from the beginning', async (context) => {
  const sessionId = '11111111-2222-4333-8444-555555555555';
  await using at = await scene(context, [text('Hello there.')], { sessionId });
  const messages = await all(query({ prompt: 'Hello', options: at.options }));
  expect(kinds(messages)).toEqual(['system/init', 'assistant', 'result/success']);
  expect(resultOf(messages)).toBe('Hello there.');
  expect(new Set(messages.map(({ session_id }) => session_id))).toEqual(new Set([sessionId]));
  expect(at.emulator.requests.map(({ status }) => status)).toEqual([200]);
});

test('partial messages come where they are asked for', async (context) => {
  await using at = await scene(context, [text('One two three.')], { includePartialMessages: true });
  const messages = await all(query({ prompt: 'Count', options: at.options }));
  const deltas = messages.flatMap((message) =>
    message.type === 'stream_event' && message.event.type === 'content_block_delta' ? [message.event.delta] : [],
  );
  expect(deltas.map((delta) => ('text' in delta ? delta.text : '')).join('')).toBe('One two three.');
});

test('canUseTool allows with a changed input, and denies', async (context) => {
  const script = [bash('touch first.txt'), bash('touch second.txt'), text('Done.')];
  const asked: unknown[] = [];
  await using at = await scene(context, script, {
    canUseTool: async (name, input, { toolUseID }) => {
      asked.push([name, input['command'], toolUseID.startsWith('toolu_')]);
      return input['command'] === 'touch first.txt'
        ? { behavior: 'allow', updatedInput: { ...input, command: 'touch other.txt' } }
        : { behavior: 'deny', message: 'Not this one.' };
    },
  });
  const messages = await all(query({ prompt: 'Make files', options: at.options }));
  expect(asked).toEqual([
    ['Bash', 'touch first.txt', true],
    ['Bash', 'touch second.txt', true],
  ]);
  expect(await readdir(at.folder)).toEqual(['other.txt']);
  expect(toolResults(messages)).toMatchObject([{ is_error: false }, { is_error: true, content: 'Not this one.' }]);
  expect(messages.at(-1)).toMatchObject({ permission_denials: [{ tool_name: 'Bash' }] });
});

test('hooks are called, and what they say counts', async (context) => {
  const seen: string[] = [];
  const note = async ({ hook_event_name: name }: { hook_event_name: string }) => (seen.push(name), {});
  await using at = await scene(context, [bash('touch a.txt'), bash('touch b.txt'), text('Done.')], {
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    hooks: {
      UserPromptSubmit: [{ hooks: [note] }],
      PreToolUse: [
        {
          matcher: 'Bash',
          hooks: [
            async (input) =>
              input.hook_event_name === 'PreToolUse' && JSON.stringify(input.tool_input).includes('a.txt')
                ? {
                    hookSpecificOutput: {
                      hookEventName: 'PreToolUse',
                      permissionDecision: 'deny',
                      permissionDecisionReason: 'No file of that name.',
                    },
                  }
                : {},
          ],
        },
      ],
      PostToolUse: [{ hooks: [note] }],
      Stop: [{ hooks: [note] }],
    },
  });
  const messages = await all(query({ prompt: 'Make files', options: at.options }));
  expect(seen).toEqual(['UserPromptSubmit', 'PostToolUse', 'Stop']);
  expect(await readdir(at.folder)).toEqual(['b.txt']);
  expect(JSON.stringify(toolResults(messages)[0])).toContain('No file of that name.');
});

test('tools of the program run in the program', async (context) => {
  const add = tool('add', 'Adds.', { a: z.number(), b: z.number() }, async ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  await using at = await scene(context, [toolUse('mcp__calc__add', { a: 2, b: 40 }), text('It is 42.')], {
    allowedTools: ['mcp__calc__add'],
    mcpServers: { calc: createSdkMcpServer({ name: 'calc', tools: [add] }) },
  });
  const running = query({ prompt: 'Add', options: at.options });
  const messages: SDKMessage[] = [];
  for await (const message of running) {
    messages.push(message);
    if (kindOf(message) !== 'assistant') continue;
    expect(await running.mcpServerStatus()).toMatchObject([{ name: 'calc', status: 'connected' }]);
  }
  expect(toolResults(messages)).toMatchObject([{ content: [{ type: 'text', text: '42' }] }]);
});

/** An MCP server over stdio with one tool, which answers a word of its environment. */
const SERVER = `
for await (const line of (await import('node:readline')).createInterface(process.stdin)) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const results = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'word', description: 'A word.', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: process.env.WORD }] },
  };
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }) + '\\n');
}`;

test('servers of other processes are started by Claude Code, and their secrets are in no argument', async (context) => {
  await using at = await scene(context, [toolUse('mcp__far__word', {}), text('Said.')], {
    allowedTools: ['mcp__far'],
    mcpServers: {
      far: { command: process.execPath, args: ['--input-type=module', '-e', SERVER], env: { WORD: 'hush-hush' } },
    },
  });
  const messages: SDKMessage[] = [];
  for await (const message of query({ prompt: 'Which word?', options: at.options })) {
    messages.push(message);
    for (const pid of await claudesIn(at.folder))
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).not.toContain('hush-hush');
  }
  expect(toolResults(messages)).toMatchObject([{ content: [{ type: 'text', text: 'hush-hush' }] }]);
});

test('readOnly and strict hold inside of Claude Code', async (context) => {
  const script = [bash('touch a.txt'), bash('ls'), text('Done.')];
  await using at = await scene(context, script, { permissionMode: 'readOnly', allowedTools: ['Bash'] });
  const messages = await all(query({ prompt: 'Look', options: at.options }));
  expect(messages[0]).toMatchObject({ permissionMode: 'default', colloquy_mode: 'readOnly' });
  expect(toolResults(messages)).toMatchObject([{ is_error: true }, { is_error: false }]);
  expect(await readdir(at.folder)).toEqual([]);

  at.emulator.script(bash('ls'), text('Done.'));
  const asked: string[] = [];
  const canUseTool: Options['canUseTool'] = async (name) => (asked.push(name), { behavior: 'allow' });
  const strict = { ...at.options, permissionMode: 'strict' as const, canUseTool };
  await all(query({ prompt: 'Look', options: strict }));
  expect(asked).toEqual(['Bash']);
});

test('an interrupt ends the turn with a result, and the queued prompt runs', async (context) => {
  await using at = await scene(context, [stall(), text('The next.')], { includePartialMessages: true });
  await using client = new ClaudeSDKClient(at.options);
  await client.query('First');
  await client.query('Second');
  const first = client.receiveResponse();
  for await (const message of first) {
    if (kindOf(message) === 'system/init') {
      await expect.poll(() => at.emulator.requests.length).toBe(1);
      expect(await client.interrupt()).toMatchObject({ still_queued: [expect.any(String)] });
    }
    if (message.type === 'result') expect(message).toMatchObject({ subtype: 'error_during_execution' });
  }
  const second = await all(client.receiveResponse());
  expect(second.at(-1)).toMatchObject({ subtype: 'success', result: 'The next.' });
});

test('a session is resumed, forked and continued, with the model and the mode changed on the way', async (context) => {
  await using at = await scene(context, [text('One.'), text('Two.'), text('Three.'), text('Four.')]);
  const first = await all(query({ prompt: 'First', options: at.options }));
  const [{ session_id: id = '' } = {}] = first;
  const resumed = query({ prompt: 'Second', options: { ...at.options, resume: id } });
  await resumed.setModel('claude-haiku-4-5');
  expect(new Set((await all(resumed)).map(({ session_id }) => session_id))).toEqual(new Set([id]));
  const forked = await all(query({ prompt: 'Third', options: { ...at.options, resume: id, forkSession: true } }));
  expect(forked[0]?.session_id).not.toBe(id);
  const continued = query({ prompt: 'Fourth', options: { ...at.options, continue: true } });
  await continued.setPermissionMode('acceptEdits');
  const last = await all(continued);
  expect(last[0]?.session_id).toBe(forked[0]?.session_id);
  expect(JSON.stringify(at.emulator.requests.at(-1)?.body)).toContain('Third');
  const unknown = { ...at.options, resume: '99999999-2222-4333-8444-555555555555' };
  await expect(all(query({ prompt: 'Hm', options: unknown }))).rejects.toThrow(SessionNotFoundError);
});

test('one that is killed in the middle of a turn is an error, and the next prompt goes on in the same session', async (context) => {
  await using at = await scene(context, [text('One.'), stall(), text('Three.')]);
  await using client = new ClaudeSDKClient(at.options);
  await client.query('First');
  await all(client.receiveResponse());
  const id = client.sessionId();
  await client.query('Second');
  await expect.poll(() => at.emulator.requests.length).toBe(2);
  for (const pid of await claudesIn(at.folder)) process.kill(pid, 'SIGKILL');
  await expect(all(client.receiveResponse())).rejects.toMatchObject({ name: 'ProcessError', signal: 'SIGKILL' });
  await client.query('Third');
  const messages = await all(client.receiveResponse());
  expect(messages.at(-1)).toMatchObject({ result: 'Three.', session_id: id });
  expect(JSON.stringify(at.emulator.requests.at(-1)?.body)).toContain('First');
});

test('a megabyte on one line, there and back', async (context) => {
  const long = 'Ä word. '.repeat(125_000);
  await using at = await scene(context, [text('Read.')], { extraArgs: { 'replay-user-messages': null } });
  const messages = await all(query({ prompt: long, options: at.options }));
  const [told] = messages.filter((message) => message.type === 'user');
  expect(told !== undefined && textOf(told) === long).toBe(true);
  expect(resultOf(messages)).toBe('Read.');
});

test('structured output, agents and system prompt reach it', async (context) => {
  await using at = await scene(context, [toolUse('StructuredOutput', { n: 7 }), text('Done.')], {
    systemPrompt: 'Count like a clerk.',
    agents: { clerk: { description: 'Counts.', prompt: 'Count.' } },
    outputFormat: {
      type: 'json_schema',
      schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    },
  });
  const running = query({ prompt: 'Count', options: at.options });
  expect((await running.supportedAgents()).map(({ name }) => name)).toContain('clerk');
  expect((await all(running)).at(-1)).toMatchObject({ structured_output: { n: 7 } });
  expect(JSON.stringify(at.emulator.requests[0]?.body['system'])).toContain('Count like a clerk.');
});

test('a query goes on until agents in the background have reported', async (context) => {
  await using at = await scene(context, []);
  const agent = {
    description: 'Look',
    prompt: '@emit 50 gap=20',
    subagent_type: 'general-purpose',
    run_in_background: true,
  };
  const messages = await all(query({ prompt: `@tool Agent ${JSON.stringify(agent)}`, options: at.options }));
  expect(kinds(messages).filter((kind) => kind === 'result/success')).toHaveLength(2);
  expect(messages.at(-1)).toMatchObject({ origin: { kind: 'task-notification' } });
});

test('sessions started ahead of time', async (context) => {
  await using at = await scene(context, [text('Warm.'), text('Spare.')]);
  await using warm = await startup({ options: at.options });
  expect(resultOf(await all(warm.query('Hello')))).toBe('Warm.');
  await using spare = await prewarm({ options: at.options });
  const claimed: Query = spare.claim({ prompt: 'Hello', options: { ...at.options, systemPrompt: 'Be brief.' } });
  expect(resultOf(await all(claimed))).toBe('Spare.');
});

test('ten sessions opened and closed leave no process, and nothing in their temporary folder', async (context) => {
  await using at = await scene(context, []);
  for (let round = 0; round < 5; round++) {
    const sessions = await Promise.all([startup({ options: at.options }), startup({ options: at.options })]);
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  }
  expect(await claudesIn(at.folder)).toEqual([]);
  expect(existsSync(join(at.folder, '.claude'))).toBe(false);
  const left = await readdir(join(at.folder, '../tmp'), { recursive: true, withFileTypes: true });
  expect(left.map(({ name }) => name)).toEqual([]);
});

/** Asks something whose turn never ends, and tells that it has begun. */
const HANG = `
import { query } from 'colloquy';
for await (const { type } of query({ prompt: 'Hang', options: JSON.parse(process.argv[1]) })) console.log(type);
`;

test('nothing of Claude Code is left 10 s after this process was killed', async (context) => {
  await using at = await scene(context, [bash('tail -f /dev/null')], {
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
  });
  const args = ['--conditions=colloquy-source', '--input-type=module', '-e', HANG, JSON.stringify(at.options)];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect.poll(async () => (await claudesIn(at.folder)).length, { timeout: 10_000 }).toBeGreaterThan(1);
  child.kill('SIGKILL');
  await expect.poll(() => claudesIn(at.folder), { timeout: 10_000 }).toEqual([]);
});

/** The processes that work in a folder; none where that cannot be told. */
async function claudesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`HOME=${join(folder, '../home')}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
