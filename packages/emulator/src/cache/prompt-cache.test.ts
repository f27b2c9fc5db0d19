import { describe, expect, test } from 'vitest';
import { createEmulator, cut, manualClock, status, text, type Emulator, type Reply } from '../index.ts';
import { ask, askStream, bodyOf, jsonOfBody, post, textOfBody, type Message } from '../testing/ask.ts';

const FIVE_MINUTES = 5 * 60_000;
const HOUR = 60 * 60_000;

/** A text block of so many tokens, marked or not. */
function part(tokens: number, letter: string, ttl?: '5m' | '1h'): Record<string, unknown> {
  const marker = ttl === undefined ? {} : { cache_control: { type: 'ephemeral', ttl } };
  return { type: 'text', text: letter.repeat(4 * tokens), ...marker };
}

const tool = (letter: string, ttl?: '5m' | '1h'): Record<string, unknown> => ({
  name: 'look',
  description: letter.repeat(5000),
  input_schema: { type: 'object' },
  ...(ttl === undefined ? {} : { cache_control: { type: 'ephemeral', ttl } }),
});

const user = (...content: unknown[]): Record<string, unknown> => ({ role: 'user', content });
const assistant = (...content: unknown[]): Record<string, unknown> => ({ role: 'assistant', content });

/** What an answer says of its input: in full, written for five minutes, written for an hour, read. */
function billOf({ usage }: Pick<Message, 'usage'>): { full: number; for5m: number; for1h: number; read: number } {
  // The helper's type knows plain numbers only.
  const written = usage.cache_creation as unknown as Record<
    'ephemeral_5m_input_tokens' | 'ephemeral_1h_input_tokens',
    number
  >;
  expect(usage.cache_creation_input_tokens).toBe(written.ephemeral_5m_input_tokens + written.ephemeral_1h_input_tokens);
  return {
    full: usage.input_tokens ?? -1,
    for5m: written.ephemeral_5m_input_tokens,
    for1h: written.ephemeral_1h_input_tokens,
    read: usage.cache_read_input_tokens ?? -1,
  };
}

async function bill(emulator: Emulator, fields: Record<string, unknown>): Promise<ReturnType<typeof billOf>> {
  return billOf(await ask(emulator, fields));
}

const emulate = (...script: Reply[]): Emulator => createEmulator({ script, clock: manualClock() });

describe('what is written and read', () => {
  test('a marked prefix is written once and then read; what follows the last marker is paid in full', async () => {
    const emulator = emulate();
    const system = [part(600, 's', '5m')];
    const first = await bill(emulator, { system, messages: [user(part(50, 'a'))] });
    const second = await bill(emulator, { system, messages: [user(part(70, 'b'))] });
    expect([first, second]).toEqual([
      { full: 50, for5m: 600, for1h: 0, read: 0 },
      { full: 70, for5m: 0, for1h: 0, read: 600 },
    ]);
  });

  test('without a marker nothing is cached', async () => {
    const emulator = emulate();
    const system = [part(600, 's')];
    await bill(emulator, { system });
    expect(await bill(emulator, { system, messages: [user(part(10, 'a'))] })).toEqual({
      full: 610,
      for5m: 0,
      for1h: 0,
      read: 0,
    });
  });

  test('a conversation reads what the request before wrote and writes what is new', async () => {
    const emulator = emulate();
    const history = [user(part(700, 'a', '5m'))];
    expect(await bill(emulator, { messages: history })).toEqual({ full: 0, for5m: 700, for1h: 0, read: 0 });
    const longer = [user(part(700, 'a')), assistant(part(30, 'b')), user(part(100, 'c', '5m'))];
    expect(await bill(emulator, { messages: longer })).toEqual({ full: 0, for5m: 130, for1h: 0, read: 700 });
  });

  test('an hour is written up to the last marker of an hour, five minutes up to the last marker', async () => {
    const emulator = emulate();
    const bills = [];
    for (const letter of ['a', 'b']) {
      const messages = [user(part(100, letter, '5m'), part(40, 'c'))];
      bills.push(await bill(emulator, { tools: [tool('t')], system: [part(600, 's', '1h')], messages }));
    }
    const head = Math.ceil((JSON.stringify(tool('t')).length + 2400) / 4);
    expect(bills[0]?.for1h).toBe(head);
    expect(bills).toEqual([
      { full: 40, for5m: 100, for1h: head, read: 0 },
      { full: 40, for5m: 100, for1h: 0, read: head },
    ]);
  });

  test('cache_control of the whole request marks the last block that takes a marker', async () => {
    const emulator = emulate();
    const fields = { cache_control: { type: 'ephemeral' } };
    const messages = [user(part(600, 'a'))];
    expect(await bill(emulator, { ...fields, messages })).toEqual({ full: 0, for5m: 600, for1h: 0, read: 0 });
    const longer = [...messages, assistant(part(5, 'b')), user(part(5, 'c'))];
    expect(await bill(emulator, { ...fields, messages: longer })).toEqual({ full: 0, for5m: 10, for1h: 0, read: 600 });
  });

  test('where the markers stand, how text is written, and the order of fields do not matter', async () => {
    const emulator = emulate();
    await bill(emulator, { system: 'x'.repeat(2400), messages: [user(part(100, 'a', '5m'))] });
    const same = { text: 'x'.repeat(2400), type: 'text', citations: null };
    const messages = [{ role: 'user', content: 'a'.repeat(400) }, assistant(part(1, 'b')), user(part(1, 'c', '5m'))];
    expect(await bill(emulator, { system: [same], messages })).toMatchObject({ read: 700, for5m: 2 });
  });

  test('the stream tells the same, at its start and at its end', async () => {
    const emulator = emulate();
    const system = [part(600, 's', '5m')];
    await bill(emulator, { system });
    const events = await askStream(emulator, { system });
    const start = events[0]?.message as Message;
    const end = events.find(({ type }) => type === 'message_delta')?.usage;
    expect(billOf(start)).toEqual({ full: 2, for5m: 0, for1h: 0, read: 600 });
    expect(end).toMatchObject({ input_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 600 });
  });

  test('the recorded request tells it too', async () => {
    const emulator = emulate(text('x'.repeat(40)));
    await bill(emulator, { system: [part(600, 's', '5m')] });
    expect(emulator.requests[0]?.usage).toEqual({
      input_tokens: 2,
      cache_creation_input_tokens: 600,
      cache_read_input_tokens: 0,
      output_tokens: 10,
    });
  });

  test('max_tokens 0 only fills the cache', async () => {
    const emulator = emulate();
    const system = [part(600, 's', '5m')];
    expect(await ask(emulator, { system, max_tokens: 0 })).toMatchObject({ content: [], stop_reason: 'max_tokens' });
    expect(await bill(emulator, { system })).toMatchObject({ read: 600 });
  });

  test('counting tokens neither reads nor writes', async () => {
    const emulator = emulate();
    const { max_tokens: _, ...body } = bodyOf({ system: [part(600, 's', '5m')] });
    expect(await jsonOfBody(await post(emulator, body, { path: '/v1/messages/count_tokens' }))).toEqual({
      input_tokens: 602,
    });
    expect(await bill(emulator, body)).toMatchObject({ for5m: 600, read: 0 });
  });
});

describe('how far back is looked', () => {
  const blocks = (count: number): unknown[] => Array.from({ length: count }, (_, index) => part(1, String(index % 10)));

  test.each([
    [19, 600],
    [20, 0],
  ])('an entry %i blocks before the marker: %i tokens read', async (more, read) => {
    const emulator = emulate();
    await bill(emulator, { messages: [user(part(600, 'a', '5m'))] });
    const messages = [user(part(600, 'a'), ...blocks(more - 1), part(1, 'z', '5m'))];
    expect((await bill(emulator, { messages })).read).toBe(read);
  });

  test('a second marker on the way finds what the first cannot see', async () => {
    const emulator = emulate();
    await bill(emulator, { messages: [user(part(600, 'a', '5m'))] });
    const messages = [user(part(600, 'a'), ...blocks(14), part(1, 'y', '5m'), ...blocks(14), part(1, 'z', '5m'))];
    expect(await bill(emulator, { messages })).toEqual({ full: 0, for5m: 30, for1h: 0, read: 600 });
  });

  test('the look back reaches from the messages into system and tools', async () => {
    const emulator = emulate();
    const head = { tools: [tool('t')], system: [part(100, 's', '5m')] };
    const { for5m } = await bill(emulator, head);
    const unmarked = { tools: [tool('t')], system: [part(100, 's')] };
    expect((await bill(emulator, { ...unmarked, messages: [user(part(9, 'm', '5m'))] })).read).toBe(for5m);
  });

  test('an entry is written at markers and nowhere else', async () => {
    const emulator = emulate();
    await bill(emulator, { messages: [user(part(600, 'a'), part(600, 'b', '5m'))] });
    expect((await bill(emulator, { messages: [user(part(600, 'a', '5m'))] })).read).toBe(0);
  });
});

describe('the shortest prefix that is cached', () => {
  test.each([
    ['claude-opus-5-5', 512],
    ['claude-sonnet-5', 1024],
    ['claude-opus-4-7', 2048],
    ['claude-haiku-4-5', 4096],
  ])('of %s has %i tokens', async (model, least) => {
    const emulator = emulate();
    const short = { model, system: [part(least - 1, 's', '5m')] };
    expect(await bill(emulator, short)).toMatchObject({ for5m: 0, read: 0 });
    expect(await bill(emulator, short)).toMatchObject({ for5m: 0, read: 0, full: least + 1 });
    const enough = { model, system: [part(least, 's', '5m')] };
    expect(await bill(emulator, enough)).toMatchObject({ for5m: least });
    expect(await bill(emulator, enough)).toMatchObject({ read: least });
  });
});

describe('how long an entry lives', () => {
  test.each([
    ['5m' as const, FIVE_MINUTES],
    ['1h' as const, HOUR],
  ])('%s, from the start of the request that read it last', async (ttl, lifeMs) => {
    const clock = manualClock();
    const emulator = createEmulator({ clock });
    const fields = { system: [part(600, 's', ttl)] };
    await bill(emulator, fields);
    await clock.advance(lifeMs - 1);
    expect(await bill(emulator, fields)).toMatchObject({ read: 600 });
    await clock.advance(lifeMs - 1);
    expect(await bill(emulator, fields)).toMatchObject({ read: 600 });
    await clock.advance(lifeMs);
    expect(await bill(emulator, fields)).toMatchObject({ read: 0 });
  });

  test('counts from the start of a request, however long its answer takes', async () => {
    const clock = manualClock();
    const emulator = createEmulator({ clock, script: [{ ...text(['a ', 'b ', 'c']), gapMs: FIVE_MINUTES / 2 }] });
    const fields = { system: [part(600, 's', '5m')] };
    const slow = askStream(emulator, fields);
    await clock.advance(FIVE_MINUTES);
    await slow;
    expect(await bill(emulator, fields)).toMatchObject({ read: 0, for5m: 600 });
  });

  test('an entry keeps the time to live that it was written with', async () => {
    const clock = manualClock();
    const emulator = createEmulator({ clock });
    await bill(emulator, { system: [part(600, 's', '5m')] });
    expect(await bill(emulator, { system: [part(600, 's', '1h')] })).toMatchObject({ read: 600, for1h: 0 });
    await clock.advance(FIVE_MINUTES);
    expect(await bill(emulator, { system: [part(600, 's', '1h')] })).toMatchObject({ read: 0, for1h: 600 });
  });

  test('an entry can be read as soon as its answer begins, and not before', async () => {
    const clock = manualClock();
    const emulator = createEmulator({ clock, script: [{ ...text('late'), delayMs: 1000 }] });
    const fields = { system: [part(600, 's', '5m')] };
    const first = ask(emulator, fields);
    expect(await bill(emulator, fields)).toMatchObject({ read: 0, for5m: 600 });
    await clock.advance(1000);
    expect(billOf(await first)).toMatchObject({ read: 0, for5m: 600 });
    expect(await bill(emulator, fields)).toMatchObject({ read: 600 });
  });

  test.each([
    ['an error', status(529)],
    ['a connection cut before the first byte', cut({ afterEvents: 0 })],
  ])('%s writes nothing', async (_, reply) => {
    const emulator = emulate(reply);
    const fields = { system: [part(600, 's', '5m')] };
    await textOfBody(await post(emulator, bodyOf({ ...fields, stream: true }))).catch(() => undefined);
    expect(await bill(emulator, fields)).toMatchObject({ read: 0, for5m: 600 });
  });

  test('belongs to a workspace', async () => {
    const emulator = emulate();
    const fields = bodyOf({ system: [part(600, 's', '5m')] });
    const as = async (workspace: string): Promise<number> => {
      const response = await post(emulator, fields, { headers: { 'anthropic-workspace-id': workspace } });
      return billOf(await jsonOfBody<Message>(response)).read;
    };
    expect([await as('wrkspc_a'), await as('wrkspc_b'), await as('wrkspc_a')]).toEqual([0, 0, 600]);
  });
});

describe('what invalidates a prefix', () => {
  const TOOLS = [tool('t', '5m')];
  const SYSTEM = [part(600, 's', '5m')];
  const IMAGE = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
  const DOCUMENT = {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'Some text.' },
    citations: { enabled: true },
  };
  const before = { model: 'claude-sonnet-4-6', tools: TOOLS, system: SYSTEM, messages: [user(part(600, 'm', '5m'))] };
  const messagesWith = (...more: unknown[]): unknown[] => [
    ...before.messages,
    assistant(part(5, 'x')),
    user(...more, part(5, 'n', '5m')),
  ];
  const tokens = { tools: Math.ceil(JSON.stringify(tool('t')).length / 4), head: 0, all: 0 };
  tokens.head = Math.ceil((JSON.stringify(tool('t')).length + 2400) / 4);
  tokens.all = tokens.head + 600;

  test.each<[change: string, fields: Record<string, unknown>, read: number]>([
    ['nothing', {}, tokens.all],
    ['a further message', { messages: messagesWith() }, tokens.all],
    ['the model', { model: 'claude-sonnet-5' }, 0],
    ['a tool', { tools: [tool('u', '5m')] }, 0],
    ['the order of tools', { tools: [{ ...tool('u'), name: 'other' }, ...TOOLS] }, 0],
    ['the system text', { system: [part(600, 'S', '5m')] }, tokens.tools],
    ['speed', { speed: 'fast' }, tokens.tools],
    ['the web search tool', { tools: [...TOOLS, { type: 'web_search_20250305', name: 'web_search' }] }, tokens.tools],
    ['citations', { messages: messagesWith(DOCUMENT) }, tokens.tools],
    ['tool choice', { tool_choice: { type: 'any' } }, tokens.head],
    ['parallel calls', { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, tokens.head],
    ['tool choice, to its default', { tool_choice: { type: 'auto' } }, tokens.all],
    ['an image', { messages: messagesWith(IMAGE) }, tokens.head],
    ['thinking', { thinking: { type: 'adaptive' } }, tokens.head],
    ['thinking, to its default', { thinking: { type: 'disabled' } }, tokens.all],
    ['effort', { output_config: { effort: 'low' } }, tokens.head],
    ['effort, to its default', { output_config: { effort: 'high' } }, tokens.all],
    [
      'an earlier message',
      { messages: [user(part(600, 'M')), assistant(part(5, 'x')), user(part(5, 'n', '5m'))] },
      tokens.head,
    ],
    ['metadata and max_tokens', { metadata: { user_id: 'u' }, max_tokens: 9 }, tokens.all],
  ])('a change of %s', async (_, fields, read) => {
    const emulator = emulate();
    await bill(emulator, before);
    expect((await bill(emulator, { ...before, ...fields })).read).toBe(read);
  });
});
