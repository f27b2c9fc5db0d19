import { createEmulator, emit, stall, text, toolUse } from '@colloquy/emulator';
import {
  AbortError,
  ConfigurationError,
  LimitExceededError,
  type Options,
  query,
  type SDKMessage,
  type SDKUserMessage,
  SessionNotFoundError,
} from 'colloquy';
import { expect, test } from 'vitest';
import { brief, collect, isDelta, offline } from './offline.ts';

const said = (content: string, more: Partial<SDKUserMessage> = {}): SDKUserMessage => ({
  type: 'user',
  message: { role: 'user', content },
  parent_tool_use_id: null,
  ...more,
});

const NOBODY = 'f0000000-0000-4000-8000-000000000000';

/** An iterable whose items are pushed while it is read. */
function channel<T>() {
  const items: T[] = [];
  let wake = (): void => {};
  let ended = false;
  let onLeft = (): void => {};
  const left = new Promise<void>((resolve) => (onLeft = resolve));
  return {
    left,
    push(item: T): void {
      items.push(item);
      wake();
    },
    end(): void {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
      try {
        for (;;) {
          const item = items.shift();
          if (item !== undefined) yield item;
          else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        onLeft();
      }
    },
  };
}

test('a string is one turn: the loop ends after its result', async () => {
  const emulator = createEmulator({ script: [text('Hello')] });
  const messages = await collect(query({ prompt: 'Hi', options: offline(emulator) }));
  expect(messages.map(brief)).toEqual(['init', 'assistant Hello', 'result Hello']);
  expect(messages[0]).not.toHaveProperty('session_label');
});

test('with partial messages the raw events come too, each block after its deltas', async () => {
  const emulator = createEmulator({ script: [text(['Hel', 'lo'])] });
  const messages = await collect(query({ prompt: 'Hi', options: offline(emulator, { includePartialMessages: true }) }));
  expect(messages.map(brief)).toEqual([
    'init',
    'status',
    'message_start',
    'content_block_start',
    'delta Hel',
    'delta lo',
    'assistant Hello',
    'content_block_stop',
    'message_delta',
    'message_stop',
    'result Hello',
  ]);
});

test('work begins at once, before anybody reads', async () => {
  const emulator = createEmulator({ script: [text('Hello')] });
  const run = query({ prompt: 'Hi', options: offline(emulator) });
  await emulator.nextRequest();
  await emulator.idle();
  expect((await collect(run)).map(brief)).toEqual(['init', 'assistant Hello', 'result Hello']);
});

test('an iterable keeps the session open until it ends and every prompt has its result', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two'), text('three')] });
  const prompts = channel<SDKUserMessage>();
  prompts.push(said('1'));
  const results: string[] = [];
  for await (const message of query({ prompt: prompts, options: offline(emulator) })) {
    if (message.type !== 'result') continue;
    results.push(brief(message));
    if (results.length === 1) {
      prompts.push(said('2'));
      prompts.push(said('3'));
      prompts.end();
    }
  }
  expect(results).toEqual(['result one', 'result two', 'result three']);
  expect(emulator.requests[2]?.messages).toHaveLength(5);
});

test('an input that ends after its results ends the loop; one that is empty ends it at once', async () => {
  const emulator = createEmulator({ script: [text('one')] });
  const prompts = channel<SDKUserMessage>();
  prompts.push(said('1'));
  const seen: string[] = [];
  for await (const message of query({ prompt: prompts, options: offline(emulator) })) {
    seen.push(brief(message));
    if (message.type === 'result') queueMicrotask(() => prompts.end());
  }
  expect(seen.at(-1)).toBe('result one');
  const empty = channel<SDKUserMessage>();
  empty.end();
  expect(await collect(query({ prompt: empty, options: offline(emulator) }))).toEqual([]);
});

test('streamInput adds prompts to a query that runs', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  const run = query({ prompt: '1', options: offline(emulator) });
  const more = channel<SDKUserMessage>();
  more.push(said('2'));
  more.end();
  const [messages] = await Promise.all([collect(run), run.streamInput(more)]);
  expect(messages.filter(({ type }) => type === 'result').map(brief)).toEqual(['result one', 'result two']);
});

test('a uuid given to a prompt comes back with its result, and sends it only once', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  const uuid = 'a7d1c2b4-0000-4000-8000-000000000001';
  async function* twice(): AsyncGenerator<SDKUserMessage, void, void> {
    yield said('1', { uuid });
    yield said('1', { uuid });
  }
  const messages = await collect(query({ prompt: twice(), options: offline(emulator) }));
  expect(messages.filter(({ type }) => type === 'result')).toMatchObject([{ user_message_uuids: [uuid] }]);
  expect(emulator.requests).toHaveLength(1);
});

test('leaving the loop ends the session and the input', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 })] });
  const prompts = channel<SDKUserMessage>();
  prompts.push(said('1'));
  const run = query({ prompt: prompts, options: offline(emulator, { includePartialMessages: true }) });
  for await (const message of run) if (isDelta(message)) break;
  await emulator.idle();
  prompts.push(said('2'));
  await prompts.left;
  expect(emulator.requests).toHaveLength(1);
  await expect(run.interrupt()).rejects.toThrow(AbortError);
  await expect(run.streamInput(channel())).rejects.toThrow(AbortError);
});

test('close ends a loop that waits', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 })] });
  const run = query({ prompt: 'Hi', options: offline(emulator, { includePartialMessages: true }) });
  const seen: SDKMessage[] = [];
  for await (const message of run) {
    seen.push(message);
    if (isDelta(message)) queueMicrotask(() => run.close());
  }
  expect(seen.some(({ type }) => type === 'result')).toBe(false);
  await emulator.idle();
});

test('a last result that is an error is thrown after it was told', async () => {
  const ping = { name: 'ping', description: 'Pings', inputSchema: {}, handler: async () => ({ content: [] }) };
  const mcpServers: Options['mcpServers'] = { t: { type: 'sdk', name: 't', version: '1.0.0', tools: [ping] } };
  const emulator = createEmulator({ script: [toolUse('mcp__t__ping'), text('never')] });
  const seen: string[] = [];
  const run = (async () => {
    const options = offline(emulator, { maxTurns: 1, mcpServers, allowedTools: ['mcp__t'] });
    for await (const message of query({ prompt: 'Hi', options })) seen.push(brief(message));
  })();
  await expect(run).rejects.toThrow(LimitExceededError);
  await expect(run).rejects.toThrow('returned an error result');
  expect(seen.at(-1)).toBe('result error_max_turns');
});

test('an error that is not the last result is not thrown', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 }), text('two')] });
  const prompts = channel<SDKUserMessage>();
  prompts.push(said('1'));
  const run = query({ prompt: prompts, options: offline(emulator, { includePartialMessages: true }) });
  const results: string[] = [];
  for await (const message of run) {
    if (isDelta(message) && results.length === 0) await run.interrupt();
    if (message.type !== 'result') continue;
    results.push(brief(message));
    if (results.length === 1) prompts.push(said('2'));
    prompts.end();
  }
  expect(results).toEqual(['result error_during_execution', 'result two']);
});

test('a prompt that is withdrawn has no result to wait for', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 6 })] });
  const prompts = channel<SDKUserMessage>();
  const uuids = ['a7d1c2b4-0000-4000-8000-000000000001', 'a7d1c2b4-0000-4000-8000-000000000002'];
  for (const uuid of uuids) prompts.push(said('Hi', { uuid }));
  prompts.end();
  const run = query({ prompt: prompts, options: offline(emulator, { includePartialMessages: true }) });
  const seen: SDKMessage[] = [];
  const loop = (async () => {
    for await (const message of run) {
      seen.push(message);
      if (!isDelta(message) || seen.filter(isDelta).length > 1) continue;
      expect(await run.interrupt({ cancelQueued: true })).toEqual({ still_queued: [], cancelled: [uuids[1]] });
    }
  })();
  await expect(loop).rejects.toThrow('interrupted by user');
  expect(seen.filter(({ type }) => type === 'result')).toMatchObject([{ user_message_uuids: [uuids[0]] }]);
});

test('controls change the mode and the model, and tell what there is', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two')] });
  const prompts = channel<SDKUserMessage>();
  const run = query({ prompt: prompts, options: offline(emulator, { model: 'opus' }) });
  await run.setModel('haiku');
  // As in the official SDK, without a model nothing changes; `ClaudeSDKClient` goes back to the first one.
  await run.setModel();
  await run.setPermissionMode('readOnly');
  await expect(run.setPermissionMode('bypassPermissions')).rejects.toThrow(ConfigurationError);
  prompts.push(said('1'));
  prompts.end();
  const info = await run.initializationResult();
  expect(info.output_style).toBe('default');
  expect(await run.supportedModels()).toContainEqual(expect.objectContaining({ value: 'claude-opus-5-5' }));
  expect(await run.supportedCommands()).toEqual([]);
  expect(await run.supportedAgents()).toEqual([]);
  expect(await run.mcpServerStatus()).toEqual([]);
  expect(await run.accountInfo()).toEqual({ apiKeySource: 'ANTHROPIC_API_KEY' });
  const init = (await collect(run)).find((message) => message.type === 'system' && message.subtype === 'init');
  expect(init).toMatchObject({ model: 'claude-haiku-5-5', colloquy_mode: 'readOnly' });
});

test('what cannot work is told before anything starts', async () => {
  const emulator = createEmulator();
  expect(() => query({ prompt: '  ', options: offline(emulator) })).toThrow('its text is empty');
  expect(() => query({ prompt: 'Hi', options: offline(emulator, { maxTurns: 0 }) })).toThrow(ConfigurationError);
  const resumed = query({
    prompt: 'Hi',
    options: offline(emulator, { resume: NOBODY }),
  });
  await expect(resumed.next()).rejects.toThrow(SessionNotFoundError);
  expect(await resumed.next()).toEqual({ value: undefined, done: true });
  // One that nobody iterates must not end the process by an unhandled rejection.
  const waiting = query({ prompt: channel(), options: offline(emulator, { resume: NOBODY }) });
  await expect(waiting.initializationResult()).rejects.toThrow(SessionNotFoundError);
  expect(emulator.requests).toEqual([]);
});

test('an input that fails, or gives no user message, fails the loop', async () => {
  const emulator = createEmulator({ script: [text('one')] });
  async function* failing(): AsyncGenerator<SDKUserMessage, void, void> {
    yield said('1');
    throw new Error('the microphone is gone');
  }
  await expect(collect(query({ prompt: failing(), options: offline(emulator) }))).rejects.toThrow(
    'the microphone is gone',
  );
  // Programs without types may give anything.
  const wrong = [{ role: 'user', content: 'Hi' }] as unknown as SDKUserMessage[];
  async function* untyped(): AsyncGenerator<SDKUserMessage, void, void> {
    yield* wrong;
  }
  await expect(collect(query({ prompt: untyped(), options: offline(emulator) }))).rejects.toThrow('Not a user message');
});

test('20,000 deltas reach a loop that keeps up', async () => {
  const emulator = createEmulator({ script: [emit(20_000)] });
  let deltas = 0;
  for await (const message of query({
    prompt: 'Count',
    options: offline(emulator, { includePartialMessages: true }),
  })) {
    if (isDelta(message)) deltas += 1;
  }
  expect(deltas).toBe(20_000);
});

test('a prompt that was given no uuid is named in nothing that its program hears', async () => {
  const uuid = 'a0000000-0000-4000-8000-000000000001';
  const options = offline(createEmulator({ script: [text('One.'), text('Two.')] }), { includePartialMessages: true });
  async function* prompts() {
    yield said('named', { uuid });
    yield said('unnamed');
  }
  const messages = await collect(query({ prompt: prompts(), options }));
  const named = messages.map((message) => ('user_message_uuid' in message ? message.user_message_uuid : undefined));
  expect(new Set(named.filter((one) => one !== undefined))).toEqual(new Set([uuid]));
  expect(messages.filter(({ type }) => type === 'result')[1]).not.toHaveProperty('user_message_uuids');
});
