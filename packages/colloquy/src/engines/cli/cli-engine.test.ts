import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import {
  AbortError,
  CLIConnectionError,
  CLIJSONDecodeError,
  CLINotFoundError,
  ConfigurationError,
  ProcessError,
  SessionNotFoundError,
  TimeoutError,
} from '../../errors.ts';
import { createSdkMcpServer, tool } from '../../mcp/sdk-server.ts';
import type { SDKMessage, SDKUserMessage } from '../../messages.ts';
import type { Options } from '../../options/options.ts';
import type { EngineSession } from '../engine.ts';
import { ClaudeSDKClient } from '../../client.ts';
import { Conversation } from '../../conversation.ts';
import { query } from '../../query.ts';
import { promptOf } from '../user-message.ts';
import { createCliEngine } from './cli-engine.ts';
import type { CliSession } from './cli-session.ts';
import type { StartOptions } from './open-process.ts';

const FAKE = join(import.meta.dirname, '__fixtures__/fake-claude.mjs');

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'colloquy-claude-'));
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

/** Options for the stand-in, with a home of its own. */
async function optionsFor(given: Options = {}, how = ''): Promise<Options> {
  const home = await folder();
  const env = { PATH: process.env['PATH'], HOME: home, FAKE: how, TMPDIR: home, ...given.env };
  return { engine: 'cli', pathToClaudeCodeExecutable: FAKE, cwd: home, ...given, env };
}

async function open(given: Options = {}, how = '', start: StartOptions = {}): Promise<CliSession> {
  const session = await createCliEngine(start).open(await optionsFor(given, how));
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}

/** Everything up to the result, whose turn is this prompt's. */
async function ask(session: EngineSession, text: string, o = { partial: false }): Promise<SDKMessage[]> {
  const messages: SDKMessage[] = [];
  const reader = session.messages({ ...o, lifecycle: true });
  await session.send(promptOf(text));
  for await (const message of reader) {
    messages.push(message);
    if (message.type === 'result') break;
  }
  return messages;
}

async function answer(session: EngineSession, text: string): Promise<string> {
  const result = (await ask(session, text)).at(-1);
  return result?.type === 'result' && result.subtype === 'success' ? result.result : JSON.stringify(result);
}

const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

const kinds = (messages: readonly SDKMessage[]): string[] =>
  messages.map((message) => ('subtype' in message ? `${message.type}/${message.subtype}` : message.type));

describe('a turn', () => {
  test('messages come as Claude Code gives them, and further prompts go to the same process', async () => {
    const session = await open();
    const messages = await ask(session, 'say hello');
    expect(kinds(messages)).toEqual(['command_lifecycle', 'system/init', 'assistant', 'result/success']);
    expect(messages.every((message) => message.session_id === session.id)).toBe(true);
    expect(await answer(session, 'pid')).toBe(await answer(session, 'pid'));
  });

  test('what is no message is passed over, and a message of a newer kind passed on', async () => {
    const messages = await ask(await open(), 'noise');
    expect(kinds(messages)).toEqual([
      'command_lifecycle',
      'system/init',
      'from_the_future',
      'assistant',
      'result/success',
    ]);
  });

  test('a line of many megabytes is one message', async () => {
    expect(await answer(await open(), 'big 4000000')).toBe('ä'.repeat(4_000_000));
  });

  test('stream events are for readers who want them, and the slow lose those and nothing else', async () => {
    const session = await open({ includePartialMessages: true });
    const slow = session.messages({ partial: true })[Symbol.asyncIterator]();
    expect(kinds(await ask(session, 'say first'))).toHaveLength(4);
    const quick = await ask(session, 'stream 5000', { partial: true });
    expect(quick.filter(({ type }) => type === 'stream_event').length).toBeGreaterThan(0);
    await session[Symbol.asyncDispose]();
    const heard: SDKMessage[] = [];
    for (let next = await slow.next(); next.done !== true; next = await slow.next()) heard.push(next.value);
    expect(heard.filter(({ type }) => type === 'result')).toHaveLength(2);
    expect(heard.filter(({ type }) => type === 'stream_event').length).toBeLessThanOrEqual(2000);
  });

  test('each reader has messages of its own', async () => {
    const session = await open();
    const [first, second] = [session.messages(), session.messages()].map((reader) => reader[Symbol.asyncIterator]());
    await session.send(promptOf('say hi'));
    const [one, two] = [await first!.next(), await second!.next()].map(({ value }) => value as SDKMessage);
    expect(one).toEqual(two);
    one!.session_label = 'mine';
    expect(two).not.toHaveProperty('session_label');
  });

  test('a prompt that was accepted before is not asked again', async () => {
    const session = await open();
    const prompt = { ...promptOf('say once'), uuid: 'p1' };
    const reader = session.messages()[Symbol.asyncIterator]();
    await session.send(prompt);
    expect(await session.send(prompt)).toMatchObject({ uuid: 'p1' });
    for (let next = await reader.next(); (next.value as SDKMessage).type !== 'result';) next = await reader.next();
    expect(await session.send(prompt)).toEqual({ uuid: 'p1', settled: true });
  });

  test('a prompt that is not JSON is refused', async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const prompt = { ...promptOf('x'), message: { role: 'user' as const, content: circle as never } };
    await expect((await open()).send(prompt)).rejects.toThrow(ConfigurationError);
  });
});

describe('what Claude Code asks of the program', () => {
  test('permission, with what it tells of the call', async () => {
    const asked: unknown[] = [];
    const session = await open({
      canUseTool: async (name, input, o) => {
        asked.push([name, input, o.toolUseID, o.blockedPath, o.decisionReason, o.signal.aborted]);
        return { behavior: 'allow', updatedInput: { command: 'ls' } };
      },
    });
    expect(JSON.parse(await answer(session, 'tool Bash {"command":"rm"}'))).toMatchObject({
      asked: { behavior: 'allow', updatedInput: { command: 'ls' } },
    });
    expect(asked).toEqual([['Bash', { command: 'rm' }, 't1', '/blocked', 'because', false]]);
  });

  test('a callback that throws, or answers what is no answer, is a failure and not a yes', async () => {
    const failing = await open({ canUseTool: () => Promise.reject(new Error('no idea')) });
    expect(await answer(failing, 'tool Bash')).toContain('"asked":"no idea"');
    const odd = await open({ canUseTool: async () => 'yes' as never });
    expect(await answer(odd, 'tool Bash')).toContain('must answer');
  });

  test('hooks, by their ids', async () => {
    const session = await open({
      canUseTool: async () => ({ behavior: 'deny', message: 'no' }),
      hooks: {
        PreToolUse: [
          { matcher: 'Bash', hooks: [async (input) => ({ systemMessage: input.hook_event_name })], timeout: 3 },
          { hooks: [() => Promise.reject(new Error('broken hook'))] },
        ],
      },
    });
    expect(JSON.parse(await answer(session, 'tool Bash'))).toMatchObject({
      hooks: [{}, { systemMessage: 'PreToolUse' }, 'broken hook'],
      asked: { behavior: 'deny', message: 'no' },
    });
    const { seen } = (await session.control('serverInfo', {})) as unknown as { seen: { hooks: object } };
    expect(seen.hooks).toEqual({
      PreToolUse: [
        { hookCallbackIds: ['colloquy_mode'], onFailure: 'block' },
        { matcher: 'Bash', hookCallbackIds: ['PreToolUse_0'], timeout: 3 },
        { hookCallbackIds: ['PreToolUse_1'] },
      ],
    });
  });

  test('tools of the program, over the Model Context Protocol', async () => {
    const add = tool('add', 'Adds.', { a: z.number(), b: z.number().default(1) }, async ({ a, b }, { toolUseId }) => ({
      content: [{ type: 'text', text: `${a + b} ${toolUseId}` }],
    }));
    const fail = tool('fail', 'Fails.', {}, () => Promise.reject(new Error('disk is full')));
    const session = await open({
      mcpServers: {
        calc: createSdkMcpServer({ name: 'calc', tools: [add, fail] }),
        far: { type: 'http', url: 'http://x' },
      },
    });
    const said = JSON.parse(await answer(session, 'mcp calc add {"a":2}'));
    expect(said).toMatchObject({
      hello: { id: 0, result: { protocolVersion: '2025-11-25', serverInfo: { name: 'calc' } } },
      list: { result: { tools: [{ name: 'add', inputSchema: { required: ['a'] } }, { name: 'fail' }] } },
      result: { id: 2, result: { content: [{ type: 'text', text: '3 t9' }] } },
    });
    const wrong = JSON.parse(await answer(session, 'mcp calc add {"a":"two"}'));
    expect(wrong.result.result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('"a"') }] });
    expect(await answer(session, 'mcp calc fail')).toContain('disk is full');
    expect(await answer(session, 'mcp calc gone')).toContain('has no tool gone');
    expect(await answer(session, 'mcp none add')).toContain('There is no in-process server none');
    const { seen } = (await session.control('serverInfo', {})) as unknown as { seen: object };
    expect(seen).toMatchObject({ sdkMcpServers: ['calc'], mcpServers: { far: { type: 'http', url: 'http://x' } } });
  });

  test('a question that it takes back aborts its callback', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const session = await open({
      canUseTool: (_name, _input, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => aborted.resolve(signal.reason))),
    });
    expect(await answer(session, 'giveup')).toBe('gave up');
    expect(await aborted.promise).toBeInstanceOf(AbortError);
  });

  test('questions that nobody can answer end the run instead of going on for ever', async () => {
    const session = await open();
    await expect(ask(session, 'nonsense')).rejects.toThrow(/do not understand each other.*what_is_this/);
    expect(await answer(session, 'say again')).toBe('again');
  });
});

describe('modes of ours', () => {
  const verdicts = async (session: EngineSession, prompt: string): Promise<object> =>
    JSON.parse(await answer(session, prompt)).hooks[0];

  test('readOnly denies what does more than read, and is told beside the mode that Claude Code is in', async () => {
    const session = await open({ permissionMode: 'readOnly' });
    const [, init] = await ask(session, 'args');
    expect(init).toMatchObject({ permissionMode: 'default', colloquy_mode: 'readOnly' });
    const deny = { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny' } };
    for (const call of ['Write {}', 'Bash {"command":"make"}', 'mcp__a__b {}', 'WebFetch {}', 'SomethingNew {}'])
      expect({ call, ...(await verdicts(session, `tool ${call}`)) }).toMatchObject({ call, ...deny });
    for (const call of ['Read {}', 'Grep {}', 'Bash {"command":"ls"}'])
      expect({ call, ...(await verdicts(session, `tool ${call}`)) }).toEqual({ call });
  });

  test('strict has everything asked, from the moment it is set', async () => {
    const session = await open();
    expect(await verdicts(session, 'tool Read')).toEqual({});
    expect(await session.control('setPermissionMode', { mode: 'strict' })).toEqual({ mode: 'default' });
    expect(await verdicts(session, 'tool Read')).toMatchObject({ hookSpecificOutput: { permissionDecision: 'ask' } });
    await session.control('setPermissionMode', { mode: 'acceptEdits' });
    expect(await verdicts(session, 'tool Read')).toEqual({});
  });

  test('bypassPermissions needs its option', async () => {
    const session = await open();
    await expect(session.control('setPermissionMode', { mode: 'bypassPermissions' })).rejects.toThrow(
      'allowDangerouslySkipPermissions',
    );
  });
});

describe('controls', () => {
  test('an interrupt ends the turn, and what is queued goes on', async () => {
    const session = await open();
    const reader = session.messages()[Symbol.asyncIterator]();
    await session.send({ ...promptOf('hang'), uuid: 'a' });
    await session.send({ ...promptOf('say next'), uuid: 'b' });
    await reader.next();
    expect(await session.control('interrupt', {})).toEqual({ still_queued: ['b'] });
    const results: unknown[] = [];
    while (results.length < 2) {
      const { value } = await reader.next();
      if ((value as SDKMessage).type === 'result') results.push((value as { subtype: string }).subtype);
    }
    expect(results).toEqual(['error_during_execution', 'success']);
  });

  test('models, servers, and what Claude Code refuses', async () => {
    const session = await open();
    expect(await session.control('setModel', { model: 'other' })).toEqual({ model: 'other' });
    expect(await session.control('setModel', {})).toEqual({ model: 'first-model' });
    expect(await session.control('mcpServerStatus', {})).toEqual([{ name: 'one', status: 'failed', error: 'gone' }]);
    await expect(session.control('askClaudeCode', { subtype: 'fly' })).rejects.toMatchObject({
      name: 'ConfigurationError',
      errorCode: 'unsupported_request',
    });
    await expect(session.control('answer', { request: 1, decision: { behavior: 'deny' } })).rejects.toThrow(
      'canUseTool',
    );
  });
});

describe('the process', () => {
  test('gets the options as flags, and an environment that replaces ours', async () => {
    const session = await open({
      model: 'm',
      allowedTools: ['Read', 'Bash(ls *)'],
      tools: [],
      settingSources: [],
      settings: { permissions: { allow: ['Read'] } },
      sandbox: { enabled: true },
      additionalDirectories: ['more'],
      maxTurns: 3,
      thinking: { type: 'disabled' },
      canUseTool: async () => ({ behavior: 'allow' }),
      extraArgs: { flag: null, other: '-x' },
      skills: ['one'],
      managedSettings: { model: 'm' },
      outputFormat: { type: 'json_schema', schema: { type: 'object' } },
      mcpServers: { files: { type: 'stdio', command: 'c' } },
      toolConfig: { askUserQuestion: { previewFormat: 'html' } },
      env: { FAKE: '' },
    });
    const args: string[] = JSON.parse(await answer(session, 'args'));
    expect(args.slice(0, 5)).toEqual(['--output-format', 'stream-json', '--verbose', '--input-format', 'stream-json']);
    expect(args).toEqual(
      expect.arrayContaining([
        '--model=m',
        '--allowedTools=Read,Bash(ls *),Skill(one)',
        '--managed-settings',
        '--json-schema',
        '--await-initialize',
        '--tools=',
        '--setting-sources=',
        '--settings={"permissions":{"allow":["Read"]},"sandbox":{"enabled":true}}',
        '--max-turns=3',
        '--thinking=disabled',
        '--permission-prompt-tool=stdio',
        '--flag',
        '--other=-x',
        `--session-id=${session.id}`,
      ]),
    );
    expect(args[args.indexOf('--add-dir') + 1]).toMatch(/^\/.*\/more$/);
    expect(await answer(session, 'env CLAUDE_CODE_ENTRYPOINT')).toBe('colloquy');
    expect(await answer(session, 'env CLAUDE_CODE_QUESTION_PREVIEW_FORMAT')).toBe('html');
    expect(await answer(session, 'env USER')).toBe('not set');
    expect(args).not.toContain('--mcp-config');
    // What nobody has chosen is left to its settings.
    expect(args.filter((arg) => /^--(permission-mode|effort|debug)/.test(arg))).toEqual([]);
  });

  test('that ends in the middle of a turn is an error with exit code and stderr, and the next prompt goes on in another', async () => {
    const heard: string[] = [];
    const session = await open({ stderr: (text) => heard.push(text) });
    await session.control('setPermissionMode', { mode: 'plan' });
    const died = ask(session, 'die 3');
    await expect(died).rejects.toThrow(ProcessError);
    await expect(died).rejects.toMatchObject({ exitCode: 3, signal: null, stderr: 'out of cheese\n' });
    expect(heard.join('')).toBe('out of cheese\n');
    const args: string[] = JSON.parse(await answer(session, 'args'));
    expect(args).toContain(`--resume=${session.id}`);
    expect(args).toContain('--permission-mode=plan');
    await expect(ask(session, 'kill')).rejects.toMatchObject({ signal: 'SIGKILL', stderr: 'out of memory\n' });
  });

  test('that ends while nobody waits for it is replaced, and nobody is told', async () => {
    const session = await open();
    const pid = Number(await answer(session, 'pid'));
    const reader = session.messages()[Symbol.asyncIterator]();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => gone(pid)).toBe(true);
    const other = await expect.poll(() => answer(session, 'pid').catch(() => 'not yet')).not.toBe('not yet');
    expect(other).not.toBe(String(pid));
    expect((await reader.next()).done).toBe(false);
  });

  test('of a session that is not kept is not replaced: what was said is gone', async () => {
    const session = await open({ persistSession: false });
    await expect(ask(session, 'die 1')).rejects.toThrow(ProcessError);
    await expect(answer(session, 'say hi')).rejects.toThrow(ProcessError);
  });

  test('a line that begins like a message and is none ends the turn with that line', async () => {
    const session = await open();
    await expect(ask(session, 'torn')).rejects.toMatchObject({
      name: 'CLIJSONDecodeError',
      line: expect.stringContaining('{"type":"assistant"'),
    });
  });

  test('is gone when the session is closed, in the middle of a turn too', async () => {
    const session = await open();
    const pid = Number(await answer(session, 'pid'));
    const reader = session.messages()[Symbol.asyncIterator]();
    await session.send(promptOf('hang'));
    await reader.next();
    await session[Symbol.asyncDispose]();
    expect(gone(pid)).toBe(true);
    await expect(session.send(promptOf('more'))).rejects.toThrow(AbortError);
  });

  test('that heeds neither the end of its input nor SIGTERM is killed', async () => {
    const session = await open({}, 'stubborn', { endMs: 100 });
    const pid = Number(await answer(session, 'pid'));
    const startMs = performance.now();
    await session[Symbol.asyncDispose]();
    expect(gone(pid)).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThan(1_000);
  });
});

describe('which session', () => {
  test('is new under the given id, resumed, forked, or the newest of the folder', async () => {
    const id = '11111111-2222-4333-8444-555555555555';
    const options = await optionsFor({ sessionId: id });
    const engine = createCliEngine();
    onTestFinished(() => engine.close());
    const first = await engine.open(options);
    expect(first.id).toBe(id);
    await answer(first, 'say hi');
    await first.close();
    const { sessionId: _, ...others } = options;
    const resumed = await engine.open({ ...others, resume: id });
    expect(resumed.id).toBe(id);
    expect(await answer(resumed, 'args')).toContain(`--resume=${id}`);
    const fork = await engine.open({ ...others, resume: id, forkSession: true });
    expect(fork.id).not.toBe(id);
    expect(JSON.parse(await answer(fork, 'args'))).toEqual(
      expect.arrayContaining([`--resume=${id}`, '--fork-session', `--session-id=${fork.id}`]),
    );
  });

  test('that does not exist is SessionNotFoundError', async () => {
    const resume = '99999999-2222-4333-8444-555555555555';
    await expect(open({ resume })).rejects.toThrow(SessionNotFoundError);
  });
});

describe('a Claude Code', () => {
  test('that is not where it should be: the path is named, and how to install it', async () => {
    const missing = open({ pathToClaudeCodeExecutable: '/nowhere/claude' });
    await expect(missing).rejects.toThrow(CLINotFoundError);
    await expect(missing).rejects.toMatchObject({ cliPath: '/nowhere/claude', lookedIn: ['/nowhere/claude'] });
    await expect(missing).rejects.toThrow('npm install @anthropic-ai/claude-code');
    const nowhere = createCliEngine({ from: '/nowhere/index.js' }).open({
      engine: 'cli',
      env: { PATH: '/nowhere/bin' },
    });
    await expect(nowhere).rejects.toThrow('There is no Claude Code in PATH (/nowhere/bin), nor in the package');
  });

  test('that cannot be executed', async () => {
    const path = join(await folder(), 'claude');
    await writeFile(path, 'not a program');
    await expect(open({ pathToClaudeCodeExecutable: path })).rejects.toThrow(CLIConnectionError);
    await chmod(path, 0o755);
    await expect(open({ pathToClaudeCodeExecutable: path })).rejects.toThrow(ProcessError);
  });

  test('that is too old', async () => {
    await expect(open({}, 'old')).rejects.toThrow(/Claude Code 1\.0\.20 at .* is too old; this needs 2\.1\.0/);
  });

  test('that dies before it is ready', async () => {
    const dying = open({}, 'die');
    await expect(dying).rejects.toThrow('Claude Code ended before it was ready with exit code 7: It is not my day');
    await expect(dying).rejects.toMatchObject({ name: 'ProcessError', exitCode: 7, stderr: 'It is not my day\n' });
  });

  test('that answers nothing', async () => {
    await expect(open({}, 'silent', { handshakeMs: 300 })).rejects.toThrow(TimeoutError);
  });

  test('that prints rubbish', async () => {
    const rubbish = open({}, 'rubbish', { handshakeMs: 300 });
    await expect(rubbish).rejects.toThrow(CLIJSONDecodeError);
    await expect(rubbish).rejects.toMatchObject({ line: 'Usage: claude-something-else [file]' });
  });

  test('that prints rubbish without an end', async () => {
    await expect(open({}, 'flood')).rejects.toMatchObject({ name: 'CLIJSONDecodeError', line: 'y' });
  });

  test('that refuses the session', async () => {
    await expect(open({}, 'refuse')).rejects.toThrow(
      'did not accept the session: Claude Code refused initialize: not today',
    );
  });

  test('whose folder is not there', async () => {
    await expect(open({ cwd: '/nowhere/at/all' })).rejects.toThrow('names /nowhere/at/all, which does not exist');
  });

  test('that is not waited for any longer', async () => {
    const abortController = new AbortController();
    const opening = open({ abortController }, 'silent');
    abortController.abort(new Error('changed my mind'));
    await expect(opening).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'changed my mind' } });
  });

  test('gets no option that it has nothing for', async () => {
    await expect(open({ maxRetries: 1 })).rejects.toThrow('The cli engine does not support the option `maxRetries`');
    await expect(
      open({ canUseTool: async () => ({ behavior: 'allow' }), permissionPromptToolName: 'mcp__a__b' }),
    ).rejects.toThrow('both answer permission prompts');
  });
});

test('a cancelled question of ours is taken back', async () => {
  const options = await optionsFor();
  const session = await createCliEngine().open(options);
  onTestFinished(() => session.close());
  const { channel } = await session.running();
  const stop = new AbortController();
  const asked = channel.request({ subtype: 'deaf' }, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  const file = join(options.env?.['HOME'] ?? '', 'cancelled');
  await expect.poll(() => existsSync(file)).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('x');
  await expect(channel.request({ subtype: 'deaf' }, { timeoutMs: 50 })).rejects.toThrow('within 0.05 s');
});

describe('above the engine', () => {
  test('a process that the program starts itself is spoken to like any, and ended at the end', async () => {
    const started: { args: string[]; child: ReturnType<typeof spawn> }[] = [];
    const options = await optionsFor({
      spawnClaudeCodeProcess: ({ command, args, cwd, env }) => {
        const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
        started.push({ args, child });
        return child;
      },
    });
    const messages: SDKMessage[] = [];
    for await (const message of query({ prompt: 'say hi', options })) messages.push(message);
    expect(kinds(messages)).toEqual(['system/init', 'assistant', 'result/success']);
    expect(started.map(({ args }) => args.includes('stream-json'))).toEqual([true]);
    await expect.poll(() => started[0]?.child.exitCode).toBe(0);
  });

  test('query() gives the messages, and throws when the process ends', async () => {
    const options = await optionsFor();
    const messages: SDKMessage[] = [];
    for await (const message of query({ prompt: 'say hi', options })) messages.push(message);
    expect(kinds(messages)).toEqual(['system/init', 'assistant', 'result/success']);
    const dying = query({ prompt: 'die 4', options });
    await expect(async () => {
      for await (const message of dying) expect(message.type).toBe('system');
    }).rejects.toMatchObject({ name: 'ProcessError', exitCode: 4 });
  });

  test('query() tells what becomes of the prompts that were given a uuid, and names no other', async () => {
    const uuid = 'a0000000-0000-4000-8000-000000000001';
    const told: SDKMessage[] = [];
    async function* prompts(): AsyncGenerator<SDKUserMessage> {
      yield { ...promptOf('say one'), uuid };
      yield promptOf('say two');
    }
    for await (const message of query({ prompt: prompts(), options: await optionsFor() })) told.push(message);
    const lives = told.flatMap((one) => (one.type === 'command_lifecycle' ? [[one.command_uuid, one.state]] : []));
    expect(lives).toEqual([
      [uuid, 'started'],
      [uuid, 'completed'],
    ]);
    const results = told.filter(({ type }) => type === 'result');
    expect(results).toMatchObject([{ user_message_uuids: [uuid] }, { subtype: 'success' }]);
    expect(results[1]).not.toHaveProperty('user_message_uuids');
  });

  test('query() waits for agents that work in the background, and gives what comes of them', async () => {
    const said: unknown[] = [];
    for await (const message of query({ prompt: 'agent', options: await optionsFor() }))
      if (message.type === 'result' && message.subtype === 'success') said.push(message.result);
    expect(said).toEqual(['sent', 'the agent is back']);
  });

  test('in-process servers can be given later', async () => {
    const hello = tool('hello', 'Greets.', {}, async () => ({ content: [{ type: 'text', text: 'hello' }] }));
    const ended = Promise.withResolvers<void>();
    async function* prompts(): AsyncGenerator<SDKUserMessage> {
      await ended.promise;
      yield promptOf('mcp late hello');
    }
    await using running = query({ prompt: prompts(), options: await optionsFor() });
    const late = createSdkMcpServer({ name: 'late', tools: [hello] });
    expect(await running.setMcpServers({ late })).toEqual({ added: ['late'], removed: [], errors: {} });
    expect(await running.readFile('/etc/hosts')).toBeNull();
    await expect(running.reloadSkills()).rejects.toThrow('Claude Code refused reload_skills');
    ended.resolve();
    const messages: SDKMessage[] = [];
    for await (const message of running) messages.push(message);
    expect(JSON.stringify(messages.at(-1))).toContain('hello');
  });

  test('an abort ends the query at once, and the process soon after', async () => {
    const abortController = new AbortController();
    const running = query({ prompt: 'hang', options: await optionsFor({ abortController }) });
    await expect(async () => {
      for await (const message of running) if (message.type === 'system') abortController.abort(new Error('enough'));
    }).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'enough' } });
  });

  test('a client whose process was killed goes on in the same session', async () => {
    await using client = new ClaudeSDKClient(await optionsFor());
    await client.query('kill');
    await expect(async () => {
      for await (const message of client.receiveResponse()) expect(message.type).toBe('system');
    }).rejects.toMatchObject({ name: 'ProcessError', signal: 'SIGKILL' });
    const before = client.sessionId();
    await client.query('say again');
    const messages: SDKMessage[] = [];
    for await (const message of client.receiveResponse()) messages.push(message);
    expect(messages.at(-1)).toMatchObject({ type: 'result', result: 'again', session_id: before });
  });

  test('a conversation, its pieces of text, and what was said before', async () => {
    const options = await optionsFor();
    await using conversation = new Conversation(options);
    expect(await conversation.ask('say hello')).toBe('hello');
    const pieces: string[] = [];
    for await (const piece of conversation.askStream('say more')) pieces.push(piece);
    expect(pieces.join('')).toBe('more');
    await using later = new Conversation({ ...options, resume: conversation.id });
    expect(await later.ask('say again')).toBe('again');
    expect(later.history.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  test('two prompts sent at once are both answered', async () => {
    await using client = new ClaudeSDKClient(await optionsFor());
    await Promise.all([client.query('say one'), client.query('say two')]);
    const said: unknown[] = [];
    for (let count = 0; count < 2; count++) {
      for await (const message of client.receiveResponse()) if (message.type === 'result') said.push(message);
    }
    expect(said).toMatchObject([{ result: 'one' }, { result: 'two' }]);
  });
});

test('when this process is killed, Claude Code does not go on, whatever it heeds', { timeout: 20_000 }, async () => {
  const options = await optionsFor({}, 'stubborn');
  const program = join(import.meta.dirname, '__fixtures__/hang-and-tell.mjs');
  const child = spawn(process.execPath, ['--conditions=colloquy-source', program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [told] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(told.toString());
  expect(gone(pid)).toBe(false);
  child.kill('SIGKILL');
  await expect.poll(() => gone(pid), { timeout: 10_000 }).toBe(true);
});
