// The official client, over HTTP: what it understands of the emulator's answers is what other clients will.
import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import {
  createEmulator,
  cut,
  emit,
  endEarly,
  errorEvent,
  maxTokens,
  rateLimited,
  refusal,
  splitCharacters,
  stall,
  status,
  text,
  thinking,
  toolUses,
  type Reply,
} from '@colloquy/emulator';

type Fields = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>;

async function connected(...script: Reply[]) {
  const emulator = createEmulator({ script });
  const at = await emulator.listen();
  const client = new Anthropic({ baseURL: at.url, apiKey: 'any', maxRetries: 0 });
  return { emulator, client, [Symbol.asyncDispose]: () => at.close() };
}

const fields = (more: Partial<Fields> = {}): Fields => ({
  model: 'claude-fable-5-2',
  max_tokens: 20_000,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
});

const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

test('create gives a whole message', async () => {
  await using on = await connected(text('Hello there.'));
  const message = await on.client.messages.create(fields());
  expect(message).toMatchObject({
    type: 'message',
    role: 'assistant',
    model: 'claude-fable-5-2',
    content: [{ type: 'text', text: 'Hello there.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 2, output_tokens: 3 },
  });
  expect(message._request_id).toBe(on.emulator.requests[0]?.requestId);
});

test('stream gives the same content, thinking and several tool calls included', async () => {
  const reply = thinking('Hm, let me see.', toolUses([{ name: 'a', input: { x: 'ü"\n🌙' } }, { name: 'b' }]));
  await using on = await connected(reply, reply);
  const texts: string[] = [];
  const streamed = await on.client.messages
    .stream(fields())
    .on('thinking', (delta) => texts.push(delta))
    .finalMessage();
  const whole = await on.client.messages.create(fields());
  const shapes = ({ content }: Anthropic.Message) =>
    content.map((block) => (block.type === 'tool_use' ? { ...block, id: 'any' } : block));
  expect(shapes(streamed)).toEqual(shapes(whole));
  expect([texts.join(''), streamed.stop_reason]).toEqual(['Hm, let me see.', 'tool_use']);
  expect(streamed.usage).toEqual(whole.usage);
});

test('the raw stream ends with message_stop', async () => {
  await using on = await connected(emit(3));
  const types = [];
  for await (const event of await on.client.messages.create({ ...fields(), stream: true })) types.push(event.type);
  expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop']);
});

test('a conversation with tools and thinking is accepted when it comes back', async () => {
  await using on = await connected(thinking('I will look.', toolUses([{ name: 'a' }, { name: 'b' }])), text('Done.'));
  const tools: Anthropic.Tool[] = ['a', 'b'].map((name) => ({ name, input_schema: { type: 'object' } }));
  const first = await on.client.messages.stream(fields({ tools, system: 'Be brief.' })).finalMessage();
  const results = first.content
    .filter((block) => block.type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'ok' }));
  const messages: Anthropic.MessageParam[] = [
    ...fields().messages,
    { role: 'assistant', content: first.content },
    { role: 'user', content: results },
  ];
  const second = await on.client.messages.create(fields({ tools, system: 'Be brief.', messages }));
  expect(second.content).toEqual([{ type: 'text', text: 'Done.' }]);
  const changed = await caught(on.client.messages.create(fields({ tools, system: 'Be long.', messages })));
  expect(changed).toBeInstanceOf(Anthropic.BadRequestError);
});

test('the tool runner of the client, sending the whole history, works a conversation to its end', async () => {
  await using on = await connected();
  const ran: unknown[] = [];
  const message = await on.client.beta.messages.toolRunner({
    model: 'claude-opus-5-5',
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'read notes.txt' }],
    thread: false,
    tools: [
      {
        name: 'Read',
        description: 'Reads a file',
        input_schema: { type: 'object', properties: { file_path: { type: 'string' } } },
        parse: (input: unknown) => input,
        run: (input: unknown) => {
          ran.push(input);
          return 'one\ntwo';
        },
      },
    ],
  });
  expect(ran).toEqual([{ file_path: 'notes.txt' }]);
  expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('`notes.txt` has 2 lines.') }]);
});

test('refusals and cut answers carry their stop reasons', async () => {
  await using on = await connected(refusal({ category: 'cyber', explanation: 'No.' }), maxTokens('So far'));
  expect(await on.client.messages.create(fields())).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: 'cyber', explanation: 'No.' },
  });
  expect(await on.client.messages.stream(fields()).finalMessage()).toMatchObject({
    content: [{ text: 'So far' }],
    stop_reason: 'max_tokens',
  });
});

test.each([
  [400, Anthropic.BadRequestError, 'invalid_request_error'],
  [401, Anthropic.AuthenticationError, 'authentication_error'],
  [402, APIError, 'billing_error'],
  [403, Anthropic.PermissionDeniedError, 'permission_error'],
  [404, Anthropic.NotFoundError, 'not_found_error'],
  [409, Anthropic.ConflictError, 'conflict_error'],
  [413, APIError, 'request_too_large'],
  [422, Anthropic.UnprocessableEntityError, 'invalid_request_error'],
  [429, Anthropic.RateLimitError, 'rate_limit_error'],
  [500, Anthropic.InternalServerError, 'api_error'],
  [504, Anthropic.InternalServerError, 'timeout_error'],
  [529, Anthropic.InternalServerError, 'overloaded_error'],
])('status %i becomes the error class of the client, with type and request id', async (code, kind, type) => {
  await using on = await connected(status(code));
  const error = await caught(on.client.messages.create(fields()));
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ status: code, type, requestID: on.emulator.requests[0]?.requestId });
});

test('the client retries a 529 and a 429 after the time that the answer names', async () => {
  await using on = await connected(
    status(529, { headers: { 'retry-after-ms': '1' } }),
    rateLimited({ retryAfterSeconds: 0 }),
    text('At last'),
  );
  const message = await on.client.messages.create(fields(), { maxRetries: 2 });
  expect(message.content).toMatchObject([{ text: 'At last' }]);
  expect(on.emulator.requests.map(({ status: answered }) => answered)).toEqual([529, 429, 200]);
});

test.each([
  ['a cut connection', cut({ afterEvents: 5 })],
  ['a cut inside a character', cut({ afterEvents: 3, insideCharacter: true })],
  ['an end without message_stop', endEarly({ afterEvents: 5 })],
  ['an error event', errorEvent({ afterEvents: 5 })],
])('the stream helper rejects %s', async (_, reply) => {
  await using on = await connected(reply);
  expect(await caught(on.client.messages.stream(fields()).finalMessage())).toBeInstanceOf(Error);
});

test('a stream cut inside characters loses nothing', async () => {
  await using on = await connected(splitCharacters(text('Grüße aus Köln, 你好 🌙')));
  expect(await on.client.messages.stream(fields()).finalText()).toBe('Grüße aus Köln, 你好 🌙');
});

test('an abort of the client is seen here', async () => {
  await using on = await connected(stall({ afterEvents: 4 }));
  const stream = on.client.messages.stream(fields());
  stream.on('text', () => stream.abort());
  expect(await caught(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError);
  await on.emulator.idle();
  expect(on.emulator.requests[0]?.aborted).toBe(true);
});

test('counts tokens', async () => {
  await using on = await connected();
  const { model, messages } = fields();
  expect(await on.client.messages.countTokens({ model, messages, system: '1234' })).toEqual({ input_tokens: 3 });
});

test('lists models page by page, newest first, and shows one', async () => {
  await using on = await connected();
  const found: string[] = [];
  for await (const model of on.client.models.list({ limit: 5 })) found.push(model.id);
  expect(found).toContain('claude-haiku-4-5-20251001');
  expect([found[0], new Set(found).size]).toEqual(['claude-fable-5-2', found.length]);
  expect(await on.client.models.retrieve('claude-opus-5-5')).toMatchObject({
    type: 'model',
    display_name: 'Claude Opus 5.5',
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: { thinking: { types: { adaptive: { supported: true }, disabled: { supported: false } } } },
  });
  expect(await caught(on.client.models.retrieve('claude-9'))).toBeInstanceOf(Anthropic.NotFoundError);
});

test('a client of the older API version, with its key in x-api-key, is served too', async () => {
  await using on = await connected();
  const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'any' };
  const message = await on.client.messages.create(fields({ model: 'claude-haiku-4-5' }), { headers });
  expect([message.type, on.emulator.requests[0]?.headers['anthropic-version']]).toEqual(['message', '2023-06-01']);
});

test('a closed emulator is a connection error', async () => {
  const on = await connected();
  await on[Symbol.asyncDispose]();
  expect(await caught(on.client.messages.create(fields()))).toBeInstanceOf(APIConnectionError);
});
