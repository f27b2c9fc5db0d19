import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, stall, text, toolUse } from '@colloquy/emulator';
import { AbortError, ClaudeSDKClient, Conversation, query, type SDKMessage, textOf, TimeoutError } from 'colloquy';
import { afterEach, expect, test, vi } from 'vitest';
import { brief, collect, isDelta, newFolder, offline, until } from './offline.ts';

afterEach(() => void vi.useRealTimers());

const streaming = { includePartialMessages: true };

/** An answer that stops in the middle, and never goes on. */
const unfinished = stall({ afterEvents: 6 });

/** What is told of a turn besides stream events. */
const whole = (messages: SDKMessage[]): string[] => messages.filter(({ type }) => type !== 'stream_event').map(brief);

test('an interrupt in the middle of the stream ends the turn with a result, and the next prompt runs', async () => {
  const emulator = createEmulator({ script: [unfinished, text('Next')] });
  await using client = new ClaudeSDKClient(offline(emulator, streaming));
  await client.query('Count');
  const first: SDKMessage[] = [];
  for await (const message of client.receiveResponse()) {
    first.push(message);
    if (isDelta(message) && first.filter(isDelta).length === 2) await client.interrupt();
  }
  const partial = first.find(({ type }) => type === 'assistant')!;
  expect(partial).toMatchObject({ aborted: true });
  expect(textOf(partial)).toMatch(/^One/);
  expect(whole(first).slice(-2)).toEqual(['user [Request interrupted by user]', 'result error_during_execution']);
  expect(first.at(-1)).toMatchObject({ is_error: true, terminal_reason: 'aborted_streaming' });
  await client.query('Go on');
  expect(whole(await collect(client.receiveResponse()))).toEqual(['init', 'status', 'assistant Next', 'result Next']);
  // The model is told what it had said, and that it was interrupted.
  expect(emulator.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
});

test('an interrupt works while nobody reads', async () => {
  const emulator = createEmulator({ script: [unfinished, text('Next')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('Count');
  await emulator.nextRequest();
  await client.interrupt();
  await client.query('Go on');
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ subtype: 'error_during_execution' });
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ result: 'Next' });
});

test('an interrupt keeps the prompts that wait, and those of other sessions run on', async () => {
  const emulator = createEmulator({ script: [unfinished, text('other'), text('Next')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('Count', { sessionId: 'a' });
  await emulator.nextRequest();
  await client.query('Hi', { sessionId: 'b' });
  await client.query('Go on', { sessionId: 'a' });
  expect((await client.interrupt({ sessionId: 'a' })).still_queued).toHaveLength(1);
  expect((await collect(client.receiveResponse({ sessionId: 'a' }))).at(-1)).toMatchObject({ is_error: true });
  expect((await collect(client.receiveResponse({ sessionId: 'a' }))).at(-1)).toMatchObject({ result: 'Next' });
  expect((await collect(client.receiveResponse({ sessionId: 'b' }))).at(-1)).toMatchObject({ result: 'other' });
});

test.each([
  ['with a reader', true],
  ['without one', false],
])('an interrupt ends a shell command with all it started, %s', async (_how, isRead) => {
  const cwd = newFolder();
  const command = 'touch started; sleep 60 & sleep 60; touch ended';
  const emulator = createEmulator({ script: [toolUse('Bash', { command }), text('Next')] });
  const options = offline(emulator, { cwd, tools: ['Bash'], allowedTools: [`Bash(${command})`] });
  await using client = new ClaudeSDKClient(options);
  const reading = isRead ? collect(client.receiveMessages()) : undefined;
  const watcher = watch(cwd);
  const started = once(watcher, 'change');
  await client.query('Run it');
  await started;
  watcher.close();
  await client.interrupt();
  await client.query('Go on');
  const first = await collect(client.receiveResponse());
  const second = await collect(client.receiveResponse());
  expect(first.at(-1)).toMatchObject({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' });
  expect(second.at(-1)).toMatchObject({ result: 'Next' });
  const sent = emulator.requests[1]?.messages[2]?.content;
  expect(sent).toMatchObject([{ type: 'tool_result', is_error: true }, { type: 'text' }, { text: 'Go on' }]);
  expect(existsSync(join(cwd, 'ended'))).toBe(false);
  await client.disconnect();
  expect(await (reading ?? [...first, ...second])).toEqual([...first, ...second]);
});

test('aborting the client ends what waits with AbortError, and nothing can be asked any longer', async () => {
  const emulator = createEmulator({ script: [unfinished] });
  const abortController = new AbortController();
  await using client = new ClaudeSDKClient(offline(emulator, { ...streaming, abortController }));
  const all = client.receiveMessages();
  await client.query('Count');
  await until(all, isDelta);
  const waiting = [collect(client.receiveResponse()), collect(client.receiveMessages())];
  const outcomes = waiting.map((loop) => expect(loop).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' }));
  abortController.abort('enough');
  await Promise.all(outcomes);
  await expect(client.query('More')).rejects.toThrow(AbortError);
  await emulator.idle();
  expect(emulator.requests).toHaveLength(1);
});

test('aborting a query throws AbortError from the loop, with nothing more told', async () => {
  const emulator = createEmulator({ script: [unfinished] });
  const abortController = new AbortController();
  const seen: SDKMessage[] = [];
  const loop = (async () => {
    for await (const message of query({
      prompt: 'Count',
      options: offline(emulator, { ...streaming, abortController }),
    })) {
      seen.push(message);
      if (isDelta(message)) abortController.abort();
    }
  })();
  await expect(loop).rejects.toBeInstanceOf(AbortError);
  expect(seen.filter(isDelta)).toHaveLength(1);
  await emulator.idle();
});

test('a query that is aborted before it begins asks nothing', async () => {
  const emulator = createEmulator();
  const options = offline(emulator, { abortController: new AbortController() });
  options.abortController?.abort();
  await expect(query({ prompt: 'Hi', options }).next()).rejects.toBeInstanceOf(AbortError);
  expect(emulator.requests).toEqual([]);
});

test('a turn that takes too long ends with a result that says so, and the next prompt runs', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const emulator = createEmulator({ script: [unfinished, text('Next')] });
  await using client = new ClaudeSDKClient(offline(emulator, { timeoutMs: 30_000 }));
  await client.query('Count');
  await emulator.nextRequest();
  await vi.advanceTimersByTimeAsync(29_999);
  const response = collect(client.receiveResponse());
  expect(emulator.requests[0]?.state).toBe('answering');
  await vi.advanceTimersByTimeAsync(1);
  const result = (await response).at(-1);
  expect(result).toMatchObject({ subtype: 'error_during_execution', is_error: true, colloquy_timed_out: true });
  expect(JSON.stringify(result)).toContain('30000 ms');
  await client.query('Go on');
  expect((await collect(client.receiveResponse())).at(-1)).toMatchObject({ result: 'Next' });
});

test('ask that takes too long rejects with TimeoutError', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const emulator = createEmulator({ script: [unfinished] });
  await using conversation = new Conversation(offline(emulator, { timeoutMs: 1_000 }));
  const asked = conversation.ask('Count').catch((error: unknown) => error);
  await emulator.nextRequest();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await asked).toBeInstanceOf(TimeoutError);
});

test('a prompt of priority now cuts the running turn and runs next', async () => {
  const emulator = createEmulator({ script: [unfinished, text('Urgent'), text('Later')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('Count');
  await emulator.nextRequest();
  await client.query('Later');
  await client.query(
    (async function* () {
      yield {
        type: 'user' as const,
        message: { role: 'user' as const, content: 'Now!' },
        parent_tool_use_id: null,
        priority: 'now' as const,
      };
    })(),
  );
  const results = [];
  for (let turn = 0; turn < 3; turn++) results.push((await collect(client.receiveResponse())).at(-1));
  expect(results).toMatchObject([
    { is_error: false, terminal_reason: 'aborted_streaming' },
    { result: 'Later' },
    { result: 'Urgent' },
  ]);
});

test('ask with a signal interrupts its own turn, and no other', async () => {
  const emulator = createEmulator({ script: [unfinished, text('second'), text('third')] });
  await using conversation = new Conversation(offline(emulator));
  const [first, third] = [new AbortController(), new AbortController()];
  const asked = conversation.ask('1', { signal: first.signal });
  await emulator.nextRequest();
  const second = conversation.ask('2');
  const given = conversation.ask('3', { signal: third.signal });
  third.abort('not that');
  await expect(given).rejects.toMatchObject({ name: 'AbortError', cause: 'not that' });
  first.abort();
  await expect(asked).rejects.toBeInstanceOf(AbortError);
  expect(await second).toBe('second');
});

test('interrupting a conversation rejects the answer that is being written', async () => {
  const emulator = createEmulator({ script: [unfinished, text('Next')] });
  await using conversation = new Conversation(offline(emulator));
  const pieces: string[] = [];
  const streamed = (async () => {
    for await (const piece of conversation.askStream('Count')) {
      pieces.push(piece);
      if (pieces.length === 1) await conversation.interrupt();
    }
  })();
  await expect(streamed).rejects.toBeInstanceOf(AbortError);
  expect(await conversation.ask('Go on')).toBe('Next');
  expect(conversation.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user', 'assistant']);
});
