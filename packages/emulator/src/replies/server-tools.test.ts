import { describe, expect, test } from 'vitest';
import { createEmulator, pauseTurn, text, together, webFetch, webSearch, type Emulator, type Reply } from '../index.ts';
import { ask, askStream, bodyOf, jsonOfBody, post, said, type Message } from '../testing/ask.ts';

const SEARCH = { type: 'web_search_20250305', name: 'web_search' };
const FETCH = { type: 'web_fetch_20250910', name: 'web_fetch' };
const PAGE = { url: 'https://docs.example.com/a', title: 'A' };
const OTHER = { url: 'https://example.org/b', title: 'B', pageAge: 'May 1, 2026' };
const PROMPT = { role: 'user', content: `Look at ${PAGE.url}` };

const emulate = (...script: Reply[]): Emulator => createEmulator({ script });

/** The content of the only result block. */
function outcome({ content }: Pick<Message, 'content'>): unknown {
  const results = content.filter(({ type }) => type.endsWith('_tool_result'));
  expect(results).toHaveLength(1);
  return results[0]?.content;
}

describe('a search', () => {
  test('is asked for, answered and billed within the answer', async () => {
    const reply = together(text('Searching.'), webSearch('colloquy', [PAGE, OTHER]), text('Found.'));
    const { content, stop_reason, usage } = await ask(emulate(reply), { tools: [SEARCH] });
    expect(content).toEqual([
      { type: 'text', text: 'Searching.' },
      {
        type: 'server_tool_use',
        id: expect.stringMatching(/^srvtoolu_/),
        name: 'web_search',
        input: { query: 'colloquy' },
        caller: { type: 'direct' },
      },
      {
        type: 'web_search_tool_result',
        tool_use_id: content[1]?.id,
        caller: { type: 'direct' },
        content: [
          {
            type: 'web_search_result',
            url: PAGE.url,
            title: 'A',
            page_age: null,
            encrypted_content: expect.any(String),
          },
          {
            type: 'web_search_result',
            url: OTHER.url,
            title: 'B',
            page_age: 'May 1, 2026',
            encrypted_content: expect.any(String),
          },
        ],
      },
      { type: 'text', text: 'Found.' },
    ]);
    expect(stop_reason).toBe('end_turn');
    expect(usage.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 0 });
  });

  test('streams its query in pieces and its results whole; the results are input, told at the end', async () => {
    const events = await askStream(emulate(webSearch('colloquy emulator', [PAGE])), { tools: [SEARCH] });
    const starts = events.flatMap(({ type, content_block: block }) => (type === 'content_block_start' ? [block] : []));
    expect(starts).toMatchObject([
      { type: 'server_tool_use', input: {} },
      { type: 'web_search_tool_result', content: [{ title: 'A' }] },
    ]);
    const pieces = events.flatMap(({ delta }) => (isPiece(delta) ? [delta.partial_json] : []));
    expect([pieces.length > 1, JSON.parse(pieces.join(''))]).toEqual([true, { query: 'colloquy emulator' }]);
    const before = (events[0]?.message as Message | undefined)?.usage.input_tokens ?? 0;
    const after = events.find(({ type }) => type === 'message_delta')?.usage as Message['usage'] | undefined;
    expect(after?.input_tokens).toBeGreaterThan(before + 20);
    expect(after?.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 0 });
  });

  test.each([
    [{ allowed_domains: ['example.com'] }, [PAGE.url]],
    [{ blocked_domains: ['example.com'] }, [OTHER.url]],
    [{ allowed_domains: ['example.org/c'] }, []],
    [{ allowed_domains: ['ample.com'] }, []],
  ])('keeps to the domains of %j', async (settings, urls) => {
    const message = await ask(emulate(webSearch('q', [PAGE, OTHER])), { tools: [{ ...SEARCH, ...settings }] });
    expect(outcome(message)).toMatchObject(urls.map((url) => ({ url })));
    expect(outcome(message)).toHaveLength(urls.length);
  });

  test('that fails, or is one too many, is told with status 200 and not billed', async () => {
    const failed = await ask(emulate(webSearch('q', { error: 'too_many_requests' })), { tools: [SEARCH] });
    expect(outcome(failed)).toEqual({ type: 'web_search_tool_result_error', error_code: 'too_many_requests' });
    expect(failed.usage.server_tool_use).toEqual({ web_search_requests: 0, web_fetch_requests: 0 });
    const twice = together(webSearch('a', [PAGE]), webSearch('b', [PAGE]));
    const { content, usage } = await ask(emulate(twice), { tools: [{ ...SEARCH, max_uses: 1 }] });
    expect(content[3]?.content).toEqual({ type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' });
    expect(usage.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 0 });
  });

  test('needs the tool to be offered', async () => {
    const response = await post(emulate(webSearch('q', [])), bodyOf());
    expect([response.status, await jsonOfBody(response)]).toEqual([
      400,
      expect.objectContaining({
        error: {
          type: 'invalid_request_error',
          message: 'emulator: the reply uses web_search, which the request does not offer',
        },
      }),
    ]);
  });
});

describe('a fetched page', () => {
  const fetched = (settings: object, url = PAGE.url, messages: unknown[] = [PROMPT]): Promise<Message> =>
    ask(emulate(webFetch(url, { text: 'Grüße aus Köln', title: 'A' })), {
      tools: [{ ...FETCH, ...settings }],
      messages,
    });

  test('comes as a document', async () => {
    const message = await fetched({ citations: { enabled: true } });
    expect(outcome(message)).toEqual({
      type: 'web_fetch_result',
      url: PAGE.url,
      retrieved_at: null,
      content: {
        type: 'document',
        title: 'A',
        citations: { enabled: true },
        source: { type: 'text', media_type: 'text/plain', data: 'Grüße aus Köln' },
      },
    });
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 0, web_fetch_requests: 1 });
  });

  test('is cut at max_content_tokens, between characters', async () => {
    expect(outcome(await fetched({ max_content_tokens: 1 }))).toMatchObject({ content: { source: { data: 'Grü' } } });
  });

  test.each([
    ['url_not_in_prior_context', {}, 'https://example.net/', [PROMPT]],
    ['url_not_allowed', { allowed_domains: ['example.org'] }, PAGE.url, [PROMPT]],
    ['invalid_tool_input', {}, 'no url', [PROMPT]],
    ['url_too_long', {}, `https://example.com/${'x'.repeat(250)}`, [PROMPT]],
  ])('cannot be had: %s', async (code, settings, url, messages) => {
    expect(outcome(await fetched(settings, url, messages))).toEqual({
      type: 'web_fetch_tool_result_error',
      error_code: code,
    });
  });

  test('may be one that a search of the same answer found', async () => {
    const reply = together(webSearch('q', [OTHER]), webFetch(OTHER.url, 'Text.'));
    const { content } = await ask(emulate(reply), { tools: [SEARCH, FETCH] });
    expect(content[3]?.content).toMatchObject({ type: 'web_fetch_result' });
  });
});

describe('sent back', () => {
  const answered = async (): Promise<{ emulator: Emulator; messages: unknown[] }> => {
    const emulator = emulate(together(webSearch('q', [PAGE]), text('Found.')));
    const { content } = await ask(emulator, { tools: [SEARCH] });
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
      { role: 'user', content: 'Go on' },
    ];
    return { emulator, messages };
  };

  test('unchanged it is accepted and counts as input', async () => {
    const { emulator, messages } = await answered();
    const { usage } = await ask(emulator, { tools: [SEARCH], messages });
    expect(usage.input_tokens).toBeGreaterThan(40);
  });

  test.each([
    ['encrypted content', /"encrypted_content":"./, '"encrypted_content":"!', 'Invalid `encrypted_content`'],
    ['a title', '"title":"A"', '"title":"Z"', 'Invalid `encrypted_content`'],
    ['the id of the result', /"tool_use_id":"srvtoolu_/, '"tool_use_id":"srvtoolu_x', 'unexpected `tool_use_id`'],
    ['the id of the call', '"id":"srvtoolu_', '"id":"toolu_', 'String should match pattern'],
  ])('with %s changed it is refused', async (_, from, to, why) => {
    const { emulator, messages } = await answered();
    const response = await post(emulator, JSON.stringify(bodyOf({ tools: [SEARCH], messages })).replace(from, to));
    expect([response.status, await jsonOfBody(response)]).toEqual([
      400,
      expect.objectContaining({ error: expect.objectContaining({ message: expect.stringContaining(why) }) }),
    ]);
  });

  test('a call without its result is refused, unless it is still under way', async () => {
    const emulator = emulate(pauseTurn(), text('Found.'));
    const paused = await ask(emulator, { tools: [SEARCH] });
    expect(paused).toMatchObject({
      content: [{ type: 'server_tool_use', name: 'web_search' }],
      stop_reason: 'pause_turn',
    });
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: paused.content },
    ];
    const late = await post(
      emulator,
      bodyOf({ tools: [SEARCH], messages: [...messages, { role: 'user', content: 'Well?' }] }),
    );
    expect([late.status, await jsonOfBody(late)]).toEqual([
      400,
      expect.objectContaining({
        error: expect.objectContaining({
          message: expect.stringContaining('without a corresponding `web_search_tool_result`'),
        }),
      }),
    ]);
    expect(said(await ask(emulator, { tools: [SEARCH], messages }))).toBe('Found.');
  });
});

test('prompts can ask for searches, pages and pauses', async () => {
  const prompt = {
    role: 'user',
    content: '@search blue whales\n@pause\n@fetch https://example.com/whales\n@say Read.',
  };
  const tools = [SEARCH, FETCH];
  const emulator = emulate();
  const first = await ask(emulator, { tools, messages: [prompt] });
  expect(first.stop_reason).toBe('pause_turn');
  expect(outcome(first)).toMatchObject([
    { url: 'https://example.com/blue-whales/1', title: 'blue whales: made-up page 1' },
    { url: 'https://example.com/blue-whales/2' },
  ]);
  const second = await ask(emulator, { tools, messages: [prompt, { role: 'assistant', content: first.content }] });
  expect(outcome(second)).toMatchObject({ url: 'https://example.com/whales' });
  expect([said(second), second.stop_reason]).toEqual(['Read.', 'end_turn']);
});

function isPiece(delta: unknown): delta is { partial_json: string } {
  return typeof delta === 'object' && delta !== null && 'partial_json' in delta;
}
