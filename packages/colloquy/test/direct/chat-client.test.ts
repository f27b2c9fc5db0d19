import { getEventListeners } from 'node:events';
import {
  createEmulator,
  cut,
  emit,
  type Emulator,
  errorEvent,
  html,
  maxTokens,
  paced,
  rateLimited,
  refusal,
  splitCharacters,
  stall,
  status,
  text,
  thinking,
  toolUse,
} from '@colloquy/emulator';
import {
  AbortError,
  APIConnectionError,
  APIError,
  ask,
  ChatClient,
  type ChatClientOptions,
  type ChatMessage,
  ConfigurationError,
  type StreamChunk,
  TimeoutError,
} from 'colloquy';
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

afterEach(() => void vi.useRealTimers());

const chatWith = (emulator: Emulator, options: ChatClientOptions = {}): ChatClient =>
  new ChatClient({ send: emulator.send, env: {}, ...options });

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function chunksOf(stream: AsyncIterable<StreamChunk>): Promise<StreamChunk[]> {
  const chunks: StreamChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('what goes over the wire', () => {
  test('a prompt is one user message, with the defaults of the client', async () => {
    const emulator = createEmulator({ script: [text('Four.')] });
    await using chat = chatWith(emulator, { system: 'Be short.', model: 'opus', maxTokens: 100 });
    const answer = await chat.chat('2 + 2?');
    expect(answer).toMatchObject({ text: 'Four.', stopReason: 'end_turn', toolUses: [], output: undefined });
    expect(answer.requestId).toMatch(/^req_/);
    expect(emulator.requests[0]?.body).toEqual({
      model: 'claude-opus-5-5',
      max_tokens: 100,
      stream: true,
      system: [{ type: 'text', text: 'Be short.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: '2 + 2?' }] }],
    });
  });

  test('a conversation goes as it is, and a call overrides what the client says', async () => {
    const emulator = createEmulator({ script: [toolUse('add', { a: 1 })] });
    await using chat = chatWith(emulator, { system: 'Be short.', model: 'opus', effort: 'low' });
    const messages: ChatMessage[] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: [{ type: 'text', text: 'Add' }] },
    ];
    const tools = [{ name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } }];
    const answer = await chat.chat(messages, {
      model: 'claude-opus-4-6',
      system: 'Use tools.',
      maxTokens: 3_000,
      thinking: { type: 'enabled', budgetTokens: 2_000 },
      effort: undefined,
      tools,
      toolChoice: { type: 'auto' },
      stopSequences: ['STOP'],
      extraBody: { metadata: { user_id: 'u1' } },
    });
    expect(answer.toolUses).toMatchObject([{ name: 'add', input: { a: 1 } }]);
    expect(emulator.requests[0]?.body).toEqual({
      model: 'claude-opus-4-6',
      max_tokens: 3_000,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      output_config: { effort: 'low' },
      tool_choice: { type: 'auto' },
      stop_sequences: ['STOP'],
      metadata: { user_id: 'u1' },
      system: [{ type: 'text', text: 'Use tools.' }],
      tools,
      messages,
    });
  });

  test('images and documents are blocks of the prompt', async () => {
    const emulator = createEmulator({ script: [text('A pixel.')] });
    await using chat = chatWith(emulator);
    const { text: said } = await chat.chat([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
      { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'A note.' } },
      { type: 'text', text: 'What is this?' },
    ]);
    expect(said).toBe('A pixel.');
    expect(emulator.requests[0]?.body).toMatchObject({
      messages: [{ content: [{ type: 'image' }, { type: 'document', title: 'Notes' }, { type: 'text' }] }],
    });
  });

  test('a bearer token, and a key in either version of the API', async () => {
    const emulator = createEmulator();
    const headersWith = async (options: ChatClientOptions): Promise<unknown> => {
      await using chat = chatWith(emulator, options);
      await chat.chat('Hello');
      return emulator.requests.at(-1)?.headers;
    };
    expect(await headersWith({ authToken: 'gateway-token' })).toMatchObject({ authorization: 'Bearer gateway-token' });
    expect(await headersWith({ env: { ANTHROPIC_AUTH_TOKEN: 'from-env' } })).toMatchObject({
      authorization: 'Bearer from-env',
    });
    expect(await headersWith({ apiKey: 'sk-ant-api03-x', env: { ANTHROPIC_AUTH_TOKEN: 'other' } })).toMatchObject({
      authorization: 'Bearer sk-ant-api03-x',
      'anthropic-version': '2026-10-21',
    });
    expect(await headersWith({ apiKey: 'sk-ant-api03-x', apiVersion: '2023-06-01' })).toMatchObject({
      'x-api-key': 'sk-ant-api03-x',
      'anthropic-version': '2023-06-01',
    });
    expect(await headersWith({ keepAlive: false, headers: { 'x-team': 'a' } })).toMatchObject({
      connection: 'close',
      'x-team': 'a',
    });
  });

  test('over a socket: base URL, key, streaming and a kept-alive connection', async () => {
    await using server = await createEmulator({ script: [text('One'), text('Two')] }).listen();
    await using chat = new ChatClient({ env: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: 'any' } });
    expect([(await chat.chat('1')).text, (await chat.stream('2')).text]).toEqual(['One', 'Two']);
  });

  test('over the official library, with its endpoint', async () => {
    await using server = await createEmulator({ script: [text('One'), status(404)] }).listen();
    await using chat = new ChatClient({ client: new Anthropic({ apiKey: 'any', baseURL: server.url }) });
    expect((await chat.stream('Hello')).text).toBe('One');
    await expect(chat.chat('Hello')).rejects.toMatchObject({ name: 'APIError', status: 404, type: 'not_found_error' });
    expect(await chat.countTokens('Hello')).toBeGreaterThan(0);
  });

  test('sampling options go where version and model take them', async () => {
    const emulator = createEmulator();
    await using chat = chatWith(emulator, { apiVersion: '2023-06-01', model: 'claude-sonnet-4-5', temperature: 0.2 });
    await chat.chat('Hello', { topK: 5 });
    expect(emulator.requests[0]?.body).toMatchObject({ temperature: 0.2, top_k: 5 });
    expect(emulator.requests[0]?.status).toBe(200);
  });

  test('without a stream the answer comes in one piece, and is told as chunks all the same', async () => {
    const emulator = createEmulator({ script: [text('Hello there'), text('Again')] });
    await using chat = chatWith(emulator, { stream: false });
    const heard: string[] = [];
    const answer = await chat.stream('Hello', { onText: (piece) => void heard.push(piece) });
    expect([answer.text, heard]).toEqual(['Hello there', ['Hello there']]);
    expect((await chat.chat('Hello')).text).toBe('Again');
    expect(emulator.requests[0]?.body).not.toHaveProperty('stream');
  });
});

describe('the answer as it comes', () => {
  test('chunks name their event, the text that is new and the block that is whole', async () => {
    const emulator = createEmulator({ script: [text(['Hel', 'lo'])] });
    await using chat = chatWith(emulator);
    const stream = chat.stream('Hello');
    const chunks = await chunksOf(stream);
    expect(chunks.map(({ eventType }) => eventType).filter((type) => type !== 'ping')).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(chunks.flatMap(({ textDelta = [] }) => textDelta)).toEqual(['Hel', 'lo']);
    expect(chunks.flatMap(({ contentBlock = [] }) => contentBlock)).toEqual([{ type: 'text', text: 'Hello' }]);
    expect((await stream).text).toBe('Hello');
  });

  test('characters that are cut between chunks come whole', async () => {
    await using chat = chatWith(createEmulator({ script: [splitCharacters(text('Grüße, 你好 🌙'))] }));
    const chunks = await chunksOf(chat.stream('Hello'));
    expect(chunks.map(({ textDelta = '' }) => textDelta).join('')).toBe('Grüße, 你好 🌙');
  });

  test('collect gathers a prompt, a stream, and chunks from elsewhere', async () => {
    const emulator = createEmulator({ script: [text('One'), text('Two'), text('Three')] });
    await using chat = chatWith(emulator);
    const heard: string[] = [];
    const onText = (piece: string): void => void heard.push(piece);
    expect((await chat.collect('1', { onText })).text).toBe('One');
    expect((await chat.collect(chat.stream('2'), { onText })).text).toBe('Two');
    const chunks = await chunksOf(chat.stream('3'));
    const elsewhere = (async function* () {
      yield* chunks;
    })();
    expect((await chat.collect(elsewhere, { onText })).text).toBe('Three');
    expect(heard.join('')).toBe('OneTwoThree');
    const early = (async function* () {
      yield* chunks.slice(0, 3);
    })();
    await expect(chat.collect(early)).rejects.toMatchObject({ type: 'invalid_stream' });
  });

  test('leaving the loop drops the connection, and what came is counted', async () => {
    const emulator = createEmulator({ script: [emit(1_000, { gapMs: 5 })] });
    await using chat = chatWith(emulator);
    const stream = chat.stream('Hello');
    for await (const { textDelta } of stream) if (textDelta !== undefined) break;
    await emulator.idle();
    expect(emulator.requests[0]?.aborted).toBe(true);
    await expect(stream.answer()).rejects.toThrow(AbortError);
    expect(chat.usage).toMatchObject({ requests: 1 });
    expect(chat.usage.outputTokens).toBeGreaterThan(0);
  });

  test('calls side by side do not mix', async () => {
    await using chat = chatWith(createEmulator());
    const answers = await Promise.all(['a', 'b', 'c'].map((word) => chat.chat(`@say ${word}`)));
    expect(answers.map((answer) => answer.text)).toEqual(['a', 'b', 'c']);
    expect(chat.usage.requests).toBe(3);
  });
});

describe('answers in a form', () => {
  const Person = z.object({ name: z.string(), born: z.string().transform(Number) });

  test('of a zod schema, typed', async () => {
    const emulator = createEmulator({ script: [text('{"name":"Ada","born":"1815"}')] });
    await using chat = chatWith(emulator);
    const { output } = await chat.chat('Who?', { outputSchema: Person });
    const born: number = output.born;
    expect([output.name, born]).toEqual(['Ada', 1815]);
    expect(emulator.requests[0]?.body).toMatchObject({
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', additionalProperties: false, required: ['name', 'born'] },
        },
      },
    });
  });

  test('of a JSON Schema', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    await using chat = chatWith(createEmulator({ script: [text('{"n":3}')] }), { outputSchema: schema });
    expect((await chat.chat('How many?')).output).toEqual({ n: 3 });
  });

  test.each([
    ['cut at its limit', maxTokens('{"name":"A'), 'max_tokens'],
    ['refused', refusal({ explanation: 'No.' }), 'refusal'],
  ])('one that is %s is none', async (_, reply, why) => {
    await using chat = chatWith(createEmulator({ script: [reply] }));
    const asked = chat.chat('Who?', { outputSchema: Person });
    await expect(asked).rejects.toMatchObject({ type: 'invalid_output', message: expect.stringContaining(why) });
    expect(chat.usage.requests).toBe(1);
  });

  test('a schema that cannot be one is refused before anything is sent', async () => {
    const emulator = createEmulator();
    await using chat = chatWith(emulator);
    await expect(chat.chat('Who?', { outputSchema: z.object({ at: z.date() }) })).rejects.toThrow(ConfigurationError);
    await expect(chat.chat('Who?', { outputSchema: { type: 'nonsense' } })).rejects.toThrow(ConfigurationError);
    expect(emulator.requests).toEqual([]);
  });
});

describe('counting', () => {
  test('tokens of a prompt, without what the count does not know', async () => {
    const emulator = createEmulator();
    await using chat = chatWith(emulator, { system: 'x'.repeat(400), stopSequences: ['STOP'], effort: 'low' });
    const tokens = await chat.countTokens('Hello');
    expect(tokens).toBeGreaterThan(100);
    expect(emulator.requests[0]).toMatchObject({ path: '/v1/messages/count_tokens', status: 200 });
    expect(emulator.requests[0]?.body).not.toHaveProperty('stop_sequences');
  });

  test('tokens and cost, of each answer and of all', async () => {
    await using chat = chatWith(createEmulator({ script: [text('One'), text('Two')] }));
    const first = await chat.chat('Hello');
    await chat.chat('Hello');
    expect(first.costUSD).toBeCloseTo((first.usage.input_tokens * 4 + first.usage.output_tokens * 20) / 1e6, 10);
    expect(chat.usage).toMatchObject({ requests: 2, costBasis: 'list', savedUSD: 0 });
    expect(chat.usage.costUSD).toBeGreaterThan(first.costUSD ?? 0);
  });

  test('with promptCaching a longer conversation is read from the cache', async () => {
    await using chat = chatWith(createEmulator({ script: [text('One'), text('Two')] }), { promptCaching: true });
    const messages: ChatMessage[] = [{ role: 'user', content: 'word '.repeat(2_000) }];
    const first = await chat.chat(messages);
    messages.push({ role: 'assistant', content: first.message.content }, { role: 'user', content: 'And?' });
    const second = await chat.chat(messages);
    expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
    expect([first.savedUSD! < 0, second.savedUSD! > 0]).toEqual([true, true]);
  });

  test('with promptCaching at least 90 % of turns 20 to 100 is read from it', async () => {
    const emulator = createEmulator({ script: Array.from({ length: 100 }, () => text('a'.repeat(800))) });
    await using chat = chatWith(emulator, { promptCaching: true, system: 's'.repeat(2_400) });
    const messages: ChatMessage[] = [];
    let [read, all] = [0, 0];
    for (let turn = 1; turn <= 100; turn += 1) {
      messages.push({ role: 'user', content: 'p'.repeat(200) });
      const { message, usage } = await chat.chat(messages);
      messages.push({ role: 'assistant', content: message.content });
      const cached = usage.cache_read_input_tokens ?? 0;
      if (turn >= 20) read += cached;
      if (turn >= 20) all += usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0);
    }
    expect(read / all).toBeGreaterThan(0.9);
  });
});

describe('when something goes wrong', () => {
  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
  ])('%i is an APIError of its type, at once', async (code, type) => {
    const emulator = createEmulator({ script: [status(code)] });
    await using chat = chatWith(emulator);
    await expect(chat.chat('Hello')).rejects.toMatchObject({ name: 'APIError', status: code, type });
    expect(emulator.requests).toHaveLength(1);
  });

  test.each([
    ['429', rateLimited()],
    ['500', status(500)],
    ['529', status(529)],
    ['a page of HTML', html()],
    ['an overload told in the stream', errorEvent({ afterEvents: 1 })],
    ['a stream that is cut', cut({ afterEvents: 4 })],
  ])('%s is tried again', async (_, fault) => {
    vi.useFakeTimers();
    const emulator = createEmulator({ script: [fault, text('Hello')] });
    await using chat = chatWith(emulator);
    const retries: number[] = [];
    const answer = chat.chat('Hello', { onRetry: ({ attempt }) => void retries.push(attempt) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await answer).text).toBe('Hello');
    expect([retries, emulator.requests.length]).toEqual([[1], 2]);
  });

  test('waits as long as retry-after says', async () => {
    vi.useFakeTimers();
    const emulator = createEmulator({ script: [rateLimited({ retryAfterSeconds: 7 }), text('Hello')] });
    await using chat = chatWith(emulator);
    const answer = chat.chat('Hello');
    await vi.advanceTimersByTimeAsync(6_999);
    expect(emulator.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).text).toBe('Hello');
  });

  test('gives up after maxRetries, with the last error', async () => {
    vi.useFakeTimers();
    const emulator = createEmulator({ script: [status(529), status(529), status(529)] });
    await using chat = chatWith(emulator, { maxRetries: 2 });
    await Promise.all([
      expect(chat.chat('Hello')).rejects.toMatchObject({ status: 529 }),
      vi.advanceTimersByTimeAsync(60_000),
    ]);
    expect(emulator.requests).toHaveLength(3);
  });

  test('a stream is tried again until something was told, and not after that', async () => {
    vi.useFakeTimers();
    const early = createEmulator({ script: [errorEvent({ afterEvents: 1 }), text('Hello')] });
    await using first = chatWith(early);
    const answer = first.stream('Hello').answer();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await answer).text).toBe('Hello');

    const late = createEmulator({ script: [cut({ afterEvents: 4 }), text('Hello')] });
    await using second = chatWith(late);
    const heard: string[] = [];
    const failed = second.stream('Hello', { onText: (piece) => void heard.push(piece) }).answer();
    await expect(failed).rejects.toThrow(APIConnectionError);
    expect(heard.length).toBeGreaterThan(0);
    expect(late.requests).toHaveLength(1);
    expect(second.usage.requests).toBe(1);
  });

  test('a stream that stalls is given up', async () => {
    vi.useFakeTimers();
    await using chat = chatWith(createEmulator({ script: [stall({ afterEvents: 4 })] }), {
      idleTimeoutMs: 1_000,
      maxRetries: 0,
    });
    await Promise.all([expect(chat.chat('Hello')).rejects.toThrow(TimeoutError), vi.advanceTimersByTimeAsync(1_000)]);
  });

  test('timeoutMs bounds the whole call, its waits included', async () => {
    vi.useFakeTimers();
    await using chat = chatWith(createEmulator({ script: [rateLimited({ retryAfterSeconds: 50 })] }), {
      timeoutMs: 2_000,
    });
    await Promise.all([expect(chat.chat('Hello')).rejects.toThrow('timeoutMs'), vi.advanceTimersByTimeAsync(2_000)]);
  });

  test.each(['before it began', 'while it comes', 'while it waits to try again'])(
    'an abort %s ends the call, and leaves no listener',
    async (when) => {
      const script =
        when === 'while it comes' ? [paced(50, text('One two three four'))] : [rateLimited({ retryAfterSeconds: 50 })];
      const emulator = createEmulator({ script });
      await using chat = chatWith(emulator);
      const controller = new AbortController();
      const reason = new Error('enough');
      if (when === 'before it began') controller.abort(reason);
      const answer = chat.chat('Hello', {
        signal: controller.signal,
        onText: () => controller.abort(reason),
        onRetry: () => controller.abort(reason),
      });
      await expect(answer).rejects.toMatchObject({ name: 'AbortError', cause: reason });
      expect(emulator.requests).toHaveLength(when === 'before it began' ? 0 : 1);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  test('close ends what is under way, and every later call', async () => {
    const chat = chatWith(createEmulator({ script: [stall()] }));
    const answer = chat.chat('Hello');
    await Promise.resolve();
    await Promise.all([chat.close(), chat.close()]);
    await expect(answer).rejects.toThrow(AbortError);
    await expect(chat.chat('Hello')).rejects.toThrow('The client is closed');
    await expect(chat.countTokens('Hello')).rejects.toThrow(AbortError);
  });

  test('what onText throws ends the call', async () => {
    const emulator = createEmulator();
    await using chat = chatWith(emulator);
    const onText = (): void => {
      throw new Error('disk full');
    };
    await expect(chat.chat('Hello', { onText })).rejects.toThrow('disk full');
    expect(emulator.requests).toHaveLength(1);
  });
});

describe('what cannot work is told before anything is sent', () => {
  test.each<[string, ChatClientOptions, string]>([
    ['a name that is none', { maxToken: 3 } as ChatClientOptions, 'did you mean `maxTokens`'],
    ['a kind of value', { maxTokens: 1.5 }, '`maxTokens` must be a positive whole number'],
    ['two credentials', { apiKey: 'a', authToken: 'b' }, 'both credentials'],
    [
      'two endpoints',
      { client: { messages: { create: async () => [] as never } }, send: undefined, baseURL: 'http://a' },
      '`baseURL` there',
    ],
    ['two networks', { client: { messages: { create: async () => [] as never } } }, '`client` and `send`'],
    ['a proxy for a replaced network', { proxy: 'http://localhost:1' }, 'have nothing to act on'],
    ['a base URL that is none', { baseURL: 'localhost' }, 'Option `baseURL` is not a URL'],
  ])('%s', (_, options, told) => {
    const make = (): unknown => new ChatClient({ send: createEmulator().send, env: {}, ...options });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(told);
  });

  test('no credential for the hosted API', () => {
    expect(() => new ChatClient({ env: {} })).toThrow('ANTHROPIC_API_KEY');
  });

  test.each<ChatClientOptions>([
    { apiKey: 'sk-ant-oat01-secret' },
    { authToken: ' sk-ant-oat01-secret' },
    { env: { ANTHROPIC_AUTH_TOKEN: 'sk-ant-oat01-secret\n' } },
    { env: { ANTHROPIC_API_KEY: 'SK-ANT-OAT01-secret' } },
  ])('a token of a Claude subscription: %o', (options) => {
    const make = (): unknown => new ChatClient(options);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/OAuth token of a Claude subscription.*apiKey.*authToken.*engine: 'cli'/);
    expect(make).not.toThrow('secret');
  });

  test.each<[string, ChatClientOptions, string]>([
    ['sampling in the newer version', { temperature: 1 }, 'takes no `temperature`'],
    ['sampling of a model that has none', { topP: 1, apiVersion: '2023-06-01' }, 'claude-opus-5-5 takes no `topP`'],
    ['sampling by another way', { extraBody: { top_k: 3 } }, 'given by topK'],
    ['thinking that the model refuses', { thinking: { type: 'disabled' } }, 'it takes adaptive'],
    ['thinking of an unknown model', { model: 'other', thinking: { type: 'adaptive' } }, 'is not known'],
    ['an effort that the model has not', { model: 'claude-haiku-4-5', effort: 'low' }, 'does not take `effort`'],
    [
      'an effort beside quiet thinking',
      { model: 'claude-opus-5', thinking: { type: 'disabled' }, effort: 'max' },
      'at most high',
    ],
    [
      'a budget above the answer',
      { model: 'claude-haiku-4-5', maxTokens: 2_000, thinking: { type: 'enabled', budgetTokens: 2_000 } },
      'less than `maxTokens`',
    ],
    ['a longer answer than there is', { maxTokens: 500_000 }, 'at most 128000'],
    [
      'a forced tool',
      { tools: [{ name: 'a', input_schema: {} }], toolChoice: { type: 'any' } },
      'refused by claude-opus-5-5',
    ],
    ['a choice of no tool', { toolChoice: { type: 'auto' } }, 'needs `tools`'],
    [
      'two tools of a name',
      {
        tools: [
          { name: 'a', input_schema: {} },
          { name: 'a', input_schema: {} },
        ],
      },
      'Two tools are named a',
    ],
  ])('%s', async (_, options, told) => {
    const emulator = createEmulator();
    await using chat = chatWith(emulator, options);
    const asked = chat.chat('Hello');
    await expect(asked).rejects.toThrow(ConfigurationError);
    await expect(asked).rejects.toThrow(told);
    expect(emulator.requests).toEqual([]);
  });

  test.each<[string, Parameters<ChatClient['chat']>[0], string]>([
    ['nothing', '  ', 'is empty'],
    ['no blocks', [], 'is empty'],
    ['an answer first', [{ role: 'assistant', content: 'Hello' }], 'role `user`'],
    [
      'an empty message',
      [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: '' },
      ],
      'Message 1 holds nothing',
    ],
    ['something else', 3 as never, 'must be a string'],
  ])('a prompt of %s', async (_, prompt, told) => {
    await using chat = chatWith(createEmulator());
    await expect(chat.chat(prompt)).rejects.toThrow(told);
    await expect(chat.countTokens(prompt)).rejects.toThrow(ConfigurationError);
  });

  test.each([{ proxy: 'http://localhost:1' }, { http2: true }])(
    '%o without undici names what to install',
    async (option) => {
      await using chat = new ChatClient({ apiKey: 'any', baseURL: 'http://127.0.0.1:1', ...option });
      const installed = await import('undici' as string).then(
        () => true,
        () => false,
      );
      const asked = chat.chat('Hello', { maxRetries: 0 });
      await expect(asked).rejects.toThrow(installed ? APIConnectionError : 'npm install undici');
    },
  );
});

describe('ask', () => {
  test('gives the text of the answer', async () => {
    const { send } = createEmulator({ script: [text('Paris')] });
    expect(await ask('Capital of France?', { send, env: {} })).toBe('Paris');
  });

  test('gives what an answer in a form says', async () => {
    const { send } = createEmulator({ script: [text('{"city":"Paris"}')] });
    const { city } = await ask('Capital?', { send, env: {}, outputSchema: z.object({ city: z.string() }) });
    expect(city).toBe('Paris');
  });

  test('a refusal is an error, and thinking is no text', async () => {
    const { send } = createEmulator({ script: [refusal({ explanation: 'Not this.' }), thinking('Hm', text('Yes'))] });
    const asked = ask('Capital?', { send, env: {} });
    await expect(asked).rejects.toThrow(APIError);
    await expect(asked).rejects.toMatchObject({ type: 'refusal', message: expect.stringContaining('Not this.') });
    expect(await ask('Capital?', { send, env: {} })).toBe('Yes');
  });
});
