import { createEmulator, emit, stall, text } from '@colloquy/emulator';
import { AbortError, ClaudeSDKClient, NothingPendingError, type SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { brief, collect, isDelta, newFolder, offline, until } from './offline.ts';

const isResult = (message: SDKMessage): boolean => message.type === 'result';

test('every loop is a reader of its own: none takes messages from another', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  const [all, others] = [collect(client.receiveMessages()), collect(client.receiveMessages())];
  await client.query('1', { sessionId: 'a' });
  await client.query('2', { sessionId: 'b' });
  const a = await collect(client.receiveResponse({ sessionId: 'a' }));
  const b = await collect(client.receiveResponse({ sessionId: 'b' }));
  await client.disconnect();
  const inSession = (messages: SDKMessage[], label: string): SDKMessage[] =>
    messages.filter(({ session_label }) => session_label === label);
  expect(inSession(await all, 'a')).toEqual(a);
  expect(inSession(await all, 'b')).toEqual(b);
  expect(await others).toEqual(await all);
  expect(a.map(brief)).toEqual(['init', 'assistant one', 'result one']);
});

test('a loop over all messages that begins after the prompt misses nothing of its response', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('1');
  await emulator.idle();
  const seen: string[] = [];
  for await (const message of client.receiveMessages()) {
    seen.push(brief(message));
    if (message.type === 'result') break;
  }
  await client.query('2');
  for await (const message of client.receiveMessages()) {
    seen.push(brief(message));
    if (message.type === 'result') break;
  }
  expect(seen).toEqual(['init', 'assistant one', 'result one', 'init', 'assistant two', 'result two']);
  // Loops over all messages take nothing away from those over one response.
  expect((await collect(client.receiveResponse())).map(brief)).toEqual(seen.slice(0, 3));
});

test('after a loop is left, the next response is that of the next prompt', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('1');
  await client.query('2');
  for await (const message of client.receiveResponse()) if (message.type === 'assistant') break;
  expect((await collect(client.receiveResponse())).map(brief)).toEqual(['init', 'assistant two', 'result two']);
  await client.query('3');
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ type: 'result', is_error: false });
});

test('with nothing pending a loop fails at once, and says why', async () => {
  const emulator = createEmulator({ script: [text('one')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await expect(client.receiveResponse().next()).rejects.toThrow(NothingPendingError);
  await client.query('1', { sessionId: 'a' });
  await expect(collect(client.receiveResponse({ sessionId: 'b' }))).rejects.toThrow('There is no prompt in session b');
  await collect(client.receiveResponse());
  await expect(collect(client.receiveResponse())).rejects.toThrow(NothingPendingError);
});

test('a loop that begins while the prompt is still on its way waits for its response', async () => {
  const emulator = createEmulator({ script: [text('one')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  const [, response] = await Promise.all([client.query('1'), collect(client.receiveResponse())]);
  expect(response.map(brief)).toEqual(['init', 'assistant one', 'result one']);
});

test('a withdrawn prompt has no response: a loop that waits for it ends, and none waits anew', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 8 }), text('three')] });
  await using client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true }));
  await client.query('1');
  await client.query('2');
  await client.query('2b');
  const first = client.receiveResponse();
  await until(client.receiveMessages(), isDelta);
  const waiting = [collect(first), collect(client.receiveResponse())];
  const { cancelled, still_queued } = await client.interrupt({ cancelQueued: true });
  expect(cancelled).toHaveLength(2);
  expect(still_queued).toEqual([]);
  expect((await waiting[0]!).at(-1)).toMatchObject({ type: 'result', subtype: 'error_during_execution' });
  expect(await waiting[1]).toEqual([]);
  await expect(client.receiveResponse().next()).rejects.toThrow(NothingPendingError);
  await client.query('3');
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ type: 'result', result: 'three' });
});

test('a prompt that joins a running turn gets what is told from there on, and the same result', async () => {
  const { promise: called, resolve: onCall } = deferred<void>();
  const { promise: go, resolve: release } = deferred<void>();
  const { createSdkMcpServer, tool } = await import('colloquy');
  const { toolUse } = await import('@colloquy/emulator');
  const wait = tool('wait', 'Waits', {}, async () => {
    onCall();
    await go;
    return { content: [{ type: 'text', text: 'waited' }] };
  });
  const emulator = createEmulator({ script: [toolUse('mcp__t__wait'), text('both')] });
  const mcpServers = { t: createSdkMcpServer({ name: 't', tools: [wait] }) };
  await using client = new ClaudeSDKClient(offline(emulator, { mcpServers, allowedTools: ['mcp__t__wait'] }));
  await client.query('1');
  await called;
  const joining = {
    type: 'user' as const,
    message: { role: 'user' as const, content: '2' },
    parent_tool_use_id: null,
    priority: 'next' as const,
  };
  await client.query(each(joining));
  release();
  expect((await collect(client.receiveResponse())).map(brief)).toEqual([
    'init',
    'assistant tool_use',
    'user tool_result',
    'assistant both',
    'result both',
  ]);
  expect((await collect(client.receiveResponse())).map(brief)).toEqual(['assistant both', 'result both']);
});

test('a slow loop loses stream events and no message', async () => {
  const emulator = createEmulator({ script: [emit(20_000), text('two')] });
  await using client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true }));
  const slow = client.receiveMessages();
  await client.query('1');
  const fast = await collect(client.receiveResponse());
  await client.query('2');
  await collect(client.receiveResponse());
  const seen: SDKMessage[] = [];
  for await (const message of slow) {
    seen.push(message);
    if (seen.filter(isResult).length === 2) break;
  }
  expect(fast.filter(isDelta)).toHaveLength(20_000);
  expect(seen.filter(isDelta).length).toBeLessThan(20_000);
  const whole = seen
    .filter(({ type }) => type !== 'stream_event')
    .map(brief)
    .map((words) => words.slice(0, 20));
  expect(whole).toEqual([
    'init',
    'status',
    'assistant 1 2 3 4 5 ',
    'result 1 2 3 4 5 6 7',
    'init',
    'status',
    'assistant two',
    'result two',
  ]);
});

test('an abort ends one loop and leaves the others and the session alone', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 8 }), text('two')] });
  await using client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true }));
  const controller = new AbortController();
  const all = client.receiveMessages();
  await client.query('1');
  const aborted = [
    collect(client.receiveResponse({ signal: controller.signal })),
    collect(client.receiveMessages({ signal: controller.signal })),
  ];
  await until(all, isDelta);
  controller.abort(new Error('not now'));
  for (const loop of aborted)
    await expect(loop).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'not now' } });
  await client.interrupt();
  await client.query('2');
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ type: 'result', result: 'two' });
});

test('disconnecting ends every loop: over all messages calmly, over a response that has no result with AbortError', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 8 })] });
  const client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true, cwd: newFolder() }));
  const all = collect(client.receiveMessages());
  await client.query('1');
  await until(client.receiveMessages(), isDelta);
  const response = collect(client.receiveResponse());
  await client.query('2');
  const waiting = collect(client.receiveResponse());
  const outcome = waiting.catch((error: unknown) => error);
  await client.disconnect();
  expect((await response).at(-1)).toMatchObject({ type: 'result', subtype: 'error_during_execution' });
  expect(await outcome).toBeInstanceOf(AbortError);
  expect((await all).filter(isResult)).toHaveLength(1);
  await expect(client.query('3')).rejects.toThrow('connect() opens it again');
  await client.connect();
  expect(client.sessionId()).toBeUndefined();
});

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function* each<T>(...items: T[]): AsyncGenerator<T, void, void> {
  yield* items;
}

test('a prompt sent again under its uuid is not answered again, and nothing waits for that', async () => {
  const emulator = createEmulator({ script: [text('one')] });
  const options = offline(emulator, { persistSession: true });
  const prompt = {
    type: 'user' as const,
    message: { role: 'user' as const, content: 'Hi' },
    parent_tool_use_id: null,
    uuid: 'b7d1c2b4-0000-4000-8000-000000000001',
  };
  const first = new ClaudeSDKClient(options);
  await first.query(each(prompt, prompt));
  expect((await collect(first.receiveResponse())).at(-1)).toMatchObject({ result: 'one' });
  expect((await collect(first.receiveResponse())).at(-1)).toMatchObject({ result: 'one' });
  const id = first.sessionId();
  await first.disconnect();
  await using later = new ClaudeSDKClient({ ...options, resume: id });
  await later.query(each(prompt));
  await expect(later.receiveResponse().next()).rejects.toThrow(NothingPendingError);
  expect(emulator.requests).toHaveLength(1);
});
