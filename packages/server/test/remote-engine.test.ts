import { readFile } from 'node:fs/promises';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import {
  type CanUseTool,
  ClaudeSDKClient,
  ConfigurationError,
  Conversation,
  createSdkMcpServer,
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  listSessions,
  query,
  renameSession,
  type SDKMessage,
  SessionNotFoundError,
  tagSession,
  textOf,
  tool,
} from 'colloquy';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { deferred } from '../src/testing/deferred.ts';
import { jsonOf } from '../src/testing/test-app.ts';
import { remoteOptions } from './remote-client.ts';
import { startServer, temporaryFolder } from './running-server.ts';

// Programs that use a server through the remote engine, unchanged but for their options.

const typesOf = (messages: readonly SDKMessage[]): string[] =>
  messages.map((message) => (message.type === 'system' ? `system/${message.subtype}` : message.type));

async function collect(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> {
  const all: SDKMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** The first message that fits; the loop is left there. */
async function first(
  messages: AsyncIterable<SDKMessage>,
  fits: (message: SDKMessage) => boolean,
): Promise<SDKMessage | undefined> {
  for await (const message of messages) if (fits(message)) return message;
  return undefined;
}

const bash = (command: string): ReturnType<typeof toolUse> => toolUse('Bash', { command, description: 'A test' });

test('query() gives the messages of a turn that a server runs', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text('Hello, you.')] }) });
  const messages = await collect(query({ prompt: 'Say hello', options: remoteOptions(app, client.secret) }));
  expect(typesOf(messages)).toEqual(['system/init', 'assistant', 'result']);
  expect(messages.at(-1)).toMatchObject({ subtype: 'success', result: 'Hello, you.' });
});

test('with includePartialMessages the text is told as it is written', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text(['Hel', 'lo'])] }) });
  const options = { ...remoteOptions(app, client.secret), includePartialMessages: true };
  const messages = await collect(query({ prompt: 'Say hello', options }));
  const deltas = messages.flatMap((message) =>
    message.type === 'stream_event' && message.event.type === 'content_block_delta' ? [message.event.delta] : [],
  );
  expect(deltas).toEqual([
    { type: 'text_delta', text: 'Hel' },
    { type: 'text_delta', text: 'lo' },
  ]);
});

test('a conversation asks, streams, is resumed with its history, and is forked', async () => {
  const { app, client } = await startServer({
    emulator: createEmulator({ script: [text('One.'), text('Two.'), text('Three.'), text('Four.')] }),
  });
  const options = remoteOptions(app, client.secret);
  await using conversation = new Conversation(options);
  const id = conversation.id ?? '';
  expect(await conversation.ask('First')).toBe('One.');
  expect(conversation.id).toBe(id);
  let streamed = '';
  for await (const piece of conversation.askStream('Second')) streamed += piece;
  expect(streamed).toBe('Two.');
  await using again = new Conversation({ ...options, resume: id });
  expect(await again.ask('Third')).toBe('Three.');
  expect(again.history.map((said) => said.text)).toEqual(['First', 'One.', 'Second', 'Two.', 'Third', 'Three.']);
  await using fork = await again.fork();
  expect(fork.id).not.toBe(id);
  expect(await fork.ask('Fourth')).toBe('Four.');
  expect(again.history).toHaveLength(6);
});

test('a client has several sessions at once, each with its responses', async () => {
  const { app, client: server } = await startServer();
  await using client = new ClaudeSDKClient(remoteOptions(app, server.secret));
  await client.query('One', { sessionId: 'a' });
  await client.query('Two', { sessionId: 'b' });
  const a = await collect(client.receiveResponse({ sessionId: 'a' }));
  const b = await collect(client.receiveResponse({ sessionId: 'b' }));
  expect(a.at(-1)).toMatchObject({ type: 'result', session_label: 'a', session_id: client.sessionId('a') });
  expect(b.at(-1)).toMatchObject({ type: 'result', session_label: 'b', session_id: client.sessionId('b') });
});

test('canUseTool is asked here about calls there: it allows with another input, and denies', async () => {
  const folder = await temporaryFolder();
  const script = [bash('echo no > told.txt'), bash('rm told.txt'), text('Done.')];
  const { app, client } = await startServer({ folder, emulator: createEmulator({ script }) });
  const asked: unknown[] = [];
  const options = {
    ...remoteOptions(app, client.secret),
    canUseTool: async (name: string, input: Record<string, unknown>) => {
      asked.push([name, input['command']]);
      return asked.length === 1
        ? { behavior: 'allow' as const, updatedInput: { ...input, command: 'echo yes > told.txt' } }
        : { behavior: 'deny' as const, message: 'Not that.' };
    },
  };
  const messages = await collect(query({ prompt: 'Go', options }));
  expect(asked).toEqual([
    ['Bash', 'echo no > told.txt'],
    ['Bash', 'rm told.txt'],
  ]);
  expect(await readFile(`${folder}/told.txt`, 'utf8')).toBe('yes\n');
  expect(messages.at(-1)).toMatchObject({ result: 'Done.', permission_denials: [{ tool_name: 'Bash' }] });
  expect(typesOf(messages)).not.toContain('system/permission_request');
});

test('what the server suggests may be answered as it is, and then holds for the session', async () => {
  const folder = await temporaryFolder();
  const write = toolUse('Write', { file_path: `${folder}/a.txt`, content: 'a' });
  const script = [write, toolUse('Write', { file_path: `${folder}/b.txt`, content: 'b' }), text('Done.')];
  const { app, client } = await startServer({ folder, emulator: createEmulator({ script }) });
  let asked = 0;
  const options = {
    ...remoteOptions(app, client.secret),
    canUseTool: (async (_name, input, { suggestions }) => {
      asked += 1;
      return { behavior: 'allow', updatedInput: input, updatedPermissions: suggestions };
    }) satisfies CanUseTool,
  };
  const messages = await collect(query({ prompt: 'Go', options }));
  expect(messages.at(-1)).toMatchObject({ result: 'Done.', permission_denials: [] });
  expect(asked).toBe(1);
});

test('when somebody else answers first, the callback is told by its signal, and the call runs once', async () => {
  const folder = await temporaryFolder();
  const script = [bash('echo once >> told.txt'), text('Done.')];
  const { app, client } = await startServer({ folder, emulator: createEmulator({ script }) });
  const aborted = deferred();
  await using sdk = new ClaudeSDKClient({
    ...remoteOptions(app, client.secret),
    canUseTool: async (_name, _input, { signal }) => {
      const { data } = await jsonOf<{ data: { kind: string; seq: number }[] }>(
        client.get(`/v1/sessions/${sdk.sessionId()}/log`),
      );
      const request = data.find(({ kind }) => kind === 'permission_request')?.seq;
      signal.addEventListener('abort', () => aborted.resolve());
      await client.post(`/v1/sessions/${sdk.sessionId()}/answers`, { request, decision: { behavior: 'allow' } });
      await aborted.promise;
      return { behavior: 'deny', message: 'Too late.' };
    },
  });
  await sdk.query('Go');
  const messages = await collect(sdk.receiveResponse());
  expect(messages.at(-1)).toMatchObject({ subtype: 'success', result: 'Done.', permission_denials: [] });
  expect(await readFile(`${folder}/told.txt`, 'utf8')).toBe('once\n');
});

test('without a callback the program sees that its turn waits for another viewer', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [bash('true'), text('Done.')] }) });
  const q = query({ prompt: 'Go', options: remoteOptions(app, client.secret) });
  const types: string[] = [];
  for await (const message of q) {
    types.push(...typesOf([message]));
    if (message.type !== 'system' || message.subtype !== 'permission_request') continue;
    const answer = { request: message.request, decision: { behavior: 'deny' } };
    await client.post(`/v1/sessions/${message.session_id}/answers`, answer);
  }
  expect(types).toEqual([
    'system/init',
    'assistant',
    'system/permission_request',
    'system/permission_answered',
    'user',
    'assistant',
    'result',
  ]);
});

const calc = (calls: unknown[], result: () => Promise<string> = async () => '5') =>
  createSdkMcpServer({
    name: 'calc',
    tools: [
      tool('add', 'Adds two numbers', { a: z.number(), b: z.number().default(1) }, async (args) => {
        calls.push(args);
        return { content: [{ type: 'text', text: await result() }] };
      }),
    ],
  });

test('tools of the program are called by the model of the server, and run here', async () => {
  const emulator = createEmulator({ script: [toolUse('mcp__calc__add', { a: 2 }), text('It is 5.')] });
  const { app, client } = await startServer({ emulator });
  const calls: unknown[] = [];
  const options = {
    ...remoteOptions(app, client.secret),
    mcpServers: { calc: calc(calls) },
    allowedTools: ['mcp__calc__add'],
  };
  const messages = await collect(query({ prompt: 'Add', options }));
  expect(calls).toEqual([{ a: 2, b: 1 }]);
  expect(typesOf(messages)).toEqual(['system/init', 'assistant', 'user', 'assistant', 'result']);
  expect(JSON.stringify(messages[2])).toContain('"text":"5"');
});

test('what goes wrong in a tool of the program is told to the model', async () => {
  const script = [toolUse('mcp__calc__add', { a: 'two' }), toolUse('mcp__calc__add', { a: 2 }), text('Oh.')];
  const { app, client, emulator } = await startServer({ emulator: createEmulator({ script }) });
  const options = {
    ...remoteOptions(app, client.secret),
    mcpServers: { calc: calc([], () => Promise.reject(new Error('The abacus is broken'))) },
    allowedTools: ['mcp__calc__add'],
  };
  await collect(query({ prompt: 'Add', options }));
  const requests = JSON.stringify(emulator.requests.at(-1));
  expect(requests).toContain('The abacus is broken');
});

test('a client that begins anew runs the calls that are open, if it has the tools of the session', async () => {
  const script = [toolUse('mcp__calc__add', { a: 2 }), text('It is 5.')];
  const { app, client } = await startServer({ emulator: createEmulator({ script }) });
  const remote = { ...remoteOptions(app, client.secret), allowedTools: ['mcp__calc__add'] };
  const begun = deferred();
  const never = new Promise<string>(() => {});
  const stuck = new ClaudeSDKClient({
    ...remote,
    mcpServers: {
      calc: calc([], () => {
        begun.resolve();
        return never;
      }),
    },
  });
  await stuck.query('Add');
  await begun.promise;
  const resume = stuck.sessionId() ?? '';
  await stuck.disconnect();

  const other = createSdkMcpServer({ name: 'other', tools: [] });
  const wrong = new ClaudeSDKClient({
    ...remote,
    resume,
    mcpServers: { other: { ...other, tools: calc([]).tools } },
  });
  await expect(wrong.connect()).rejects.toThrow('was made without the tool mcp__other__add');

  const calls: unknown[] = [];
  await using again = new ClaudeSDKClient({ ...remote, resume, mcpServers: { calc: calc(calls) } });
  const messages = again.receiveMessages();
  await again.connect();
  await first(messages, ({ type }) => type === 'result');
  expect(calls).toEqual([{ a: 2, b: 1 }]);
});

test('an interrupt ends the turn, and the handler that it waits for is told', async () => {
  const { app, client } = await startServer({
    emulator: createEmulator({ script: [toolUse('mcp__calc__wait', {}), text('Next.')] }),
  });
  const begun = deferred();
  const ended = deferred();
  const wait = tool('wait', 'Waits', {}, async (_args, { signal }) => {
    signal.addEventListener('abort', () => ended.resolve());
    begun.resolve();
    await ended.promise;
    return { content: [] };
  });
  await using sdk = new ClaudeSDKClient({
    ...remoteOptions(app, client.secret),
    mcpServers: { calc: createSdkMcpServer({ name: 'calc', tools: [wait] }) },
    allowedTools: ['mcp__calc__wait'],
  });
  await sdk.query('Wait');
  await begun.promise;
  await sdk.interrupt();
  const result = (await collect(sdk.receiveResponse())).at(-1);
  expect(result).toMatchObject({ type: 'result', terminal_reason: 'aborted_tools' });
  await ended.promise;
  await sdk.query('Go on');
  expect((await collect(sdk.receiveResponse())).at(-1)).toMatchObject({ result: 'Next.' });
});

test('mode, model and what the server offers', async () => {
  const { app, client } = await startServer();
  await using sdk = new ClaudeSDKClient(remoteOptions(app, client.secret));
  expect((await sdk.getServerInfo()).models.length).toBeGreaterThan(0);
  await sdk.setPermissionMode('plan');
  await sdk.setModel('claude-haiku-4-5');
  const session = await jsonOf(client.get(`/v1/native/sessions/${sdk.sessionId()}`));
  expect(session).toMatchObject({ permission_mode: 'plan', model: 'claude-haiku-4-5' });
});

test('leaving a query leaves its turn running', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text('Still here.')] }) });
  const options = remoteOptions(app, client.secret);
  const init = await first(query({ prompt: 'Go', options }), ({ type }) => type === 'system');
  const resume = init?.session_id ?? '';
  await using again = new Conversation({ ...options, resume });
  expect(await again.ask('And?')).not.toBe('');
  expect(again.history.map((said) => said.text).slice(0, 2)).toEqual(['Go', 'Still here.']);
});

test('an abort stops the program at once, and the turn at the server', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [bash('true'), text('Done.')] }) });
  const abortController = new AbortController();
  const q = query({ prompt: 'Go', options: { ...remoteOptions(app, client.secret), abortController } });
  let session = '';
  const run = async (): Promise<void> => {
    for await (const message of q) {
      session = message.session_id ?? session;
      if (message.type === 'system' && message.subtype === 'permission_request') abortController.abort();
    }
  };
  await expect(run()).rejects.toThrow('abort');
  await using viewer = new ClaudeSDKClient({ ...remoteOptions(app, client.secret), resume: session });
  await viewer.query('Are you there?');
  await collect(viewer.receiveResponse());
  const said = await getSessionMessages(session, remoteOptions(app, client.secret));
  expect(JSON.stringify(said)).toContain('Are you there?');
});

test('stored sessions are listed, read, renamed, tagged, forked and deleted over HTTP', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text('One.'), text('Two.')] }) });
  const options = remoteOptions(app, client.secret);
  const { server, send } = options;
  const at = { server, send };
  const messages = await collect(query({ prompt: 'First', options }));
  const id = messages[0]?.session_id ?? '';
  await renameSession(id, 'Mine', at);
  await tagSession(id, 'kept', at);
  expect(await getSessionInfo(id, at)).toMatchObject({
    sessionId: id,
    customTitle: 'Mine',
    tag: 'kept',
    summary: 'Mine',
  });
  await tagSession(id, null, at);
  expect(await getSessionInfo(id, at)).not.toHaveProperty('tag');
  const said = await getSessionMessages(id, at);
  expect(said.map(({ type }) => type)).toEqual(['user', 'assistant']);
  expect(await getSessionMessages(id, { ...at, offset: 1, limit: 1 })).toEqual(said.slice(1));
  const fork = await forkSession(id, { ...at, upToMessageId: said[0]?.uuid, title: 'Other' });
  expect((await listSessions(at)).map(({ sessionId }) => sessionId)).toEqual([fork.sessionId, id]);
  expect(await listSessions({ ...at, limit: 1 })).toMatchObject([{ sessionId: fork.sessionId, customTitle: 'Other' }]);
  await deleteSession(id, at);
  expect(await getSessionInfo(id, at)).toBeUndefined();
  expect(await getSessionMessages(id, at)).toEqual([]);
  await expect(deleteSession(id, at)).rejects.toThrow(SessionNotFoundError);
});

test('continue goes on with the newest session, and is a new one when there is none', async () => {
  const { app, client } = await startServer();
  const options = { ...remoteOptions(app, client.secret), continue: true };
  const one = await collect(query({ prompt: 'First', options }));
  const two = await collect(query({ prompt: 'Second', options }));
  expect(two[0]?.session_id).toBe(one[0]?.session_id);
});

test.each([
  ['hooks', { PreToolUse: [] }, 'hooks run where the conversation runs'],
  ['env', {}, 'those of the server'],
  ['agents', {}, 'does not support the option `agents`'],
  ['mcpServers', { files: { command: 'files' } }, 'must be made of in-process servers'],
])('the option %s is refused, with the reason', async (name, value, reason) => {
  const { app, client } = await startServer();
  const options = { ...remoteOptions(app, client.secret), [name]: value };
  expect(() => query({ prompt: 'Go', options })).toThrow(reason);
});

test.each([
  [{ server: undefined }, 'needs the option `server`'],
  [{ server: { url: 'ftp://example.org' } }, 'must be { url, key? }'],
  [{ server: { url: 'https://a:b@example.org' } }, 'without a credential in it'],
  [{ server: { url: 'https://example.org', token: 'x' } }, '`token` is not known'],
  [{ engine: 'api' as const, server: { url: 'https://example.org' } }, "choose `engine: 'remote'`"],
])('%j is refused before anything is sent', (more, reason) => {
  const options = { engine: 'remote' as const, ...more };
  expect(() => query({ prompt: 'Go', options })).toThrow(reason);
  expect(() => new Conversation(options)).toThrow(ConfigurationError);
});

test('what the server keeps of a session cannot be something else when it is resumed', async () => {
  const { app, client } = await startServer();
  const options = { ...remoteOptions(app, client.secret), systemPrompt: 'Be brief.', maxTurns: 3 };
  const [init] = await collect(query({ prompt: 'Go', options }));
  const resume = init?.session_id ?? '';
  await collect(query({ prompt: 'Again', options: { ...options, resume } }));
  await expect(
    collect(query({ prompt: 'Again', options: { ...options, systemPrompt: 'Be long.', resume } })),
  ).rejects.toThrow('was made with another `systemPrompt`');
});

test('two programs in one session are both told everything', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text('One.'), text('Two.')] }) });
  const options = remoteOptions(app, client.secret);
  await using one = new ClaudeSDKClient(options);
  await one.query('First');
  await collect(one.receiveResponse());
  await using two = new ClaudeSDKClient({ ...options, resume: one.sessionId() ?? '' });
  await two.connect();
  const [heardByOne, heardByTwo] = [one.receiveMessages(), two.receiveMessages()];
  await two.query('Second');
  const isResult = ({ type }: SDKMessage): boolean => type === 'result';
  const results = await Promise.all([first(heardByOne, isResult), first(heardByTwo, isResult)]);
  expect(results.map((message) => (message?.type === 'result' ? textOf(message) : ''))).toEqual(['Two.', 'Two.']);
  expect(results[0]?.uuid).toBe(results[1]?.uuid);
});

test('a server that is started anew is gone on with: what it had accepted is told, and what comes next is sent', async () => {
  const folder = await temporaryFolder();
  const emulator = createEmulator({ script: [bash('echo once >> told.txt'), text('Done.'), text('Next.')] });
  const before = await startServer({ folder, emulator });
  let { app } = before;
  const released = deferred();
  const asked = deferred();
  const calls: string[] = [];
  await using sdk = new ClaudeSDKClient({
    ...remoteOptions(() => app, before.client.secret),
    canUseTool: async (name) => {
      calls.push(name);
      asked.resolve();
      await released.promise;
      return { behavior: 'allow' };
    },
  });
  const messages = sdk.receiveMessages();
  await sdk.query('Go');
  await asked.promise;
  await before.stop();
  ({ app } = await startServer({ folder, emulator }));
  released.resolve();
  const told: SDKMessage[] = [];
  for await (const message of messages) {
    told.push(message);
    if (message.type === 'result') break;
  }
  expect(typesOf(told)).toEqual(['system/init', 'assistant', 'user', 'assistant', 'result']);
  expect(calls).toEqual(['Bash']);
  expect(await readFile(`${folder}/told.txt`, 'utf8')).toBe('once\n');
  await sdk.query('And?');
  await collect(sdk.receiveResponse());
  expect((await collect(sdk.receiveResponse())).at(-1)).toMatchObject({ result: 'Next.' });
});

test('a session that is deleted while it is read ends its readers with that, and nothing can be sent to it', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [text('One.')] }) });
  const options = remoteOptions(app, client.secret);
  await using sdk = new ClaudeSDKClient(options);
  await sdk.query('Go');
  await collect(sdk.receiveResponse());
  const reading = first(sdk.receiveMessages(), () => false).catch((error: unknown) => error);
  await deleteSession(sdk.sessionId() ?? '', { server: options.server, send: options.send });
  expect(await reading).toBeInstanceOf(SessionNotFoundError);
  await expect(sdk.query('Again')).rejects.toThrow(SessionNotFoundError);
});

test('of two programs with the same tool, one result counts, and the turn goes on once', async () => {
  const script = [toolUse('mcp__calc__add', { a: 2 }), text('It is 5.')];
  const { app, client, emulator } = await startServer({ emulator: createEmulator({ script }) });
  const both = deferred();
  const calls: unknown[] = [];
  const options = {
    ...remoteOptions(app, client.secret),
    allowedTools: ['mcp__calc__add'],
    mcpServers: {
      calc: calc(calls, async () => {
        if (calls.length === 2) both.resolve();
        await both.promise;
        return '5';
      }),
    },
  };
  await using one = new ClaudeSDKClient({ ...options, sessionId: '0c0b7a52-33a8-4d0f-9f7b-3f6f2f1d8a11' });
  await one.connect();
  await using two = new ClaudeSDKClient({ ...options, resume: one.sessionId() ?? '' });
  await two.connect();
  await one.query('Add');
  expect((await collect(one.receiveResponse())).at(-1)).toMatchObject({ result: 'It is 5.' });
  expect(calls).toHaveLength(2);
  expect(emulator.requests).toHaveLength(2);
});

test('a question that is open when a program comes is put to its callback', async () => {
  const { app, client } = await startServer({ emulator: createEmulator({ script: [bash('true'), text('Done.')] }) });
  const options = remoteOptions(app, client.secret);
  const request = await first(
    query({ prompt: 'Go', options }),
    (message) => message.type === 'system' && message.subtype === 'permission_request',
  );
  const asked: unknown[] = [];
  await using sdk = new ClaudeSDKClient({
    ...options,
    resume: request?.session_id ?? '',
    canUseTool: async (name, input, { toolUseID, decisionReason }) => {
      asked.push([name, input['command'], toolUseID, typeof decisionReason]);
      return { behavior: 'deny', message: 'No.' };
    },
  });
  const messages = sdk.receiveMessages();
  await sdk.connect();
  const result = await first(messages, ({ type }) => type === 'result');
  expect(result).toMatchObject({ result: 'Done.', permission_denials: [{ tool_name: 'Bash' }] });
  expect(asked).toEqual([['Bash', 'true', expect.stringMatching(/^toolu_/), 'string']]);
});
