// What programs hand over by mistake, and what they rely on without having tried it.
import { createEmulator, type Emulator, text, toolUse } from '@colloquy/emulator';
import { AbortError, APIError, ask, ChatClient, ClaudeAgentClient, ConfigurationError, TimeoutError } from 'colloquy';
import { describe, expect, test } from 'vitest';

const offline = (emulator: Emulator): { send: Emulator['send']; env: Record<string, never>; maxRetries: number } => ({
  send: emulator.send,
  env: {},
  maxRetries: 0,
});

async function* hanging(): AsyncGenerator<never, void, void> {
  yield await new Promise<never>(() => {});
}

describe('what no request can hold is told before anything is sent', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  test.each<[string, object]>([
    ['a header’s name', { headers: { 'x y': '1' } }],
    ['a header’s value', { headers: { x: 'a\nb' } }],
    ['a header in another script', { headers: { x: '€' } }],
    ['a beta', { betas: ['a\nb'] }],
    ['a system block without text', { system: [{ type: 'text' }] }],
    ['a number that JSON has not', { extraBody: { metadata: 5n } }],
    ['a circle', { extraBody: { metadata: circle } }],
    [
      'a budget that is no number',
      { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budgetTokens: Number.NaN } },
    ],
    ['a budget that is text', { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budgetTokens: '2000' } }],
  ])('%s', async (_, options) => {
    const emulator = createEmulator();
    const asked = (async () => new ChatClient({ ...offline(emulator), ...options }).chat('Hello'))();
    await expect(asked).rejects.toThrow(ConfigurationError);
    expect(emulator.requests).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['nothing', [null]],
    ['text that is no block', ['Hello']],
    ['a block without a type', [{ text: 'Hello' }]],
    ['a message of numbers', [{ role: 'user', content: [5] }]],
    ['a number that JSON has not', [{ type: 'text', text: 5n }]],
  ])('a prompt of %s', async (_, prompt) => {
    const emulator = createEmulator();
    await using chat = new ChatClient(offline(emulator));
    await using agent = new ClaudeAgentClient(offline(emulator));
    await expect(chat.chat(prompt as never)).rejects.toThrow(ConfigurationError);
    await expect(agent.sendMessage(prompt as never)).rejects.toThrow(ConfigurationError);
    expect(emulator.requests).toEqual([]);
  });

  test.each([null, 3, 'model'])('options that are %o', async (options) => {
    await using chat = new ChatClient(offline(createEmulator()));
    await using agent = new ClaudeAgentClient(offline(createEmulator()));
    await expect(chat.chat('Hello', options as never)).rejects.toThrow('Options must be an object');
    await expect(agent.sendMessage('Hello', options as never)).rejects.toThrow('Options must be an object');
  });

  test.each([[{}], [{ type: 'preset', preset: 'other' }], [[5]], [[null]], [['']]])('tools that are %o', (tools) => {
    const make = (): unknown => new ClaudeAgentClient({ ...offline(createEmulator()), tools: tools as never });
    expect(make).toThrow(ConfigurationError);
  });

  test('a result that no request can hold leaves the conversation as it was', async () => {
    const emulator = createEmulator({ script: [toolUse('look', {}), text('Done.')] });
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    await using agent = new ClaudeAgentClient({ ...offline(emulator), tools });
    const [call] = (await agent.sendMessage('Look')).toolUses;
    const withContent = (content: unknown) => ({ toolResults: [{ tool_use_id: call!.id, content: content as never }] });
    for (const content of [[null], ['text'], [{ type: 'text', text: 5n }]])
      await expect(agent.sendMessage(undefined, withContent(content))).rejects.toThrow(ConfigurationError);
    expect((await agent.sendMessage(undefined, withContent('seen'))).text).toBe('Done.');
    await expect(agent.runTool(null as never)).rejects.toThrow(ConfigurationError);
  });
});

test('onText among the options of a client, or of ask, is told every answer', async () => {
  const heard: string[] = [];
  const onText = (piece: string): void => void heard.push(piece);
  const emulator = createEmulator({ script: [text('One '), text('two')] });
  await using chat = new ChatClient({ ...offline(emulator), onText });
  await chat.chat('Hello');
  await ask('Hello', { ...offline(emulator), onText });
  expect(heard.join('')).toBe('One two');
});

describe('collect of a stream that somebody else has', () => {
  test('ends with the signal, with timeoutMs, and with the client', async () => {
    const chat = new ChatClient(offline(createEmulator()));
    const stop = new AbortController();
    const aborted = chat.collect(hanging(), { signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toThrow(AbortError);
    await expect(chat.collect(hanging(), { timeoutMs: 1 })).rejects.toThrow(TimeoutError);
    const closed = chat.collect(hanging());
    await chat.close();
    await expect(closed).rejects.toThrow(AbortError);
  });

  test('an abort drops the connection of a stream of the client', async () => {
    const emulator = createEmulator({ script: [text(['One ', 'two'])] });
    await using chat = new ChatClient(offline(emulator));
    const stop = new AbortController();
    const stream = chat.stream('Hello');
    const collected = chat.collect(stream, { signal: stop.signal, onText: () => stop.abort() });
    await expect(collected).rejects.toThrow(AbortError);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('gives the whole answer of a stream that was looped over in part', async () => {
    await using chat = new ChatClient(offline(createEmulator({ script: [text(['One ', 'two'])] })));
    const stream = chat.stream('Hello');
    for (let next = await stream.next(); next.value?.textDelta !== 'One ';) next = await stream.next();
    expect((await chat.collect(stream)).text).toBe('One two');
  });

  test.each([null, 'text', { data: 5 }])('a chunk that is %o breaks the protocol', async (chunk) => {
    await using chat = new ChatClient(offline(createEmulator()));
    const source = (async function* () {
      yield chunk as never;
    })();
    await expect(chat.collect(source)).rejects.toThrow(APIError);
  });

  test('is of the form that outputSchema asks for here', async () => {
    const emulator = createEmulator({ script: [text('{"a":1}'), text('no')] });
    await using chat = new ChatClient(offline(emulator));
    const outputSchema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
    expect((await chat.collect(chat.stream('1'), { outputSchema })).output).toEqual({ a: 1 });
    await expect(chat.collect(chat.stream('2'), { outputSchema })).rejects.toMatchObject({ type: 'invalid_output' });
  });
});
