import { pauseTurn, status, text, together, webSearch } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { play } from './play.ts';

const FOUND = [
  { url: 'https://a.example/one', title: 'One' },
  { url: 'https://b.example/two', title: 'Two' },
];

test('a search is run by the API, in a request of its own, and told as links with an account', async () => {
  const { told, isError, structured, result, emulator } = await play(
    'WebSearch',
    { query: 'colloquy news' },
    { replies: [together(webSearch('colloquy news', FOUND), text('Both speak of it.')), text('Done')] },
  );
  expect(isError).toBe(false);
  expect(told).toBe(
    'Web search for "colloquy news".\n\nFound:\n- One: https://a.example/one\n- Two: https://b.example/two\n\nBoth speak of it.',
  );
  expect(structured).toEqual({
    query: 'colloquy news',
    results: [
      {
        tool_use_id: expect.stringMatching(/^srvtoolu_/),
        content: [
          { title: 'One', url: 'https://a.example/one' },
          { title: 'Two', url: 'https://b.example/two' },
        ],
      },
      'Both speak of it.',
    ],
    durationSeconds: expect.any(Number),
    searchCount: expect.any(Number),
  });
  expect(emulator.requests[1]?.body).toMatchObject({
    model: 'claude-haiku-5-5',
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }],
  });
  expect(emulator.requests[2]?.body).not.toMatchObject({ tools: [{ type: 'web_search_20250305' }] });
  expect(result.modelUsage['claude-haiku-5-5']?.webSearchRequests).toBe(1);
  // Ten dollars for a thousand searches, besides the tokens.
  expect(result.modelUsage['claude-haiku-5-5']?.costUSD).toBeGreaterThan(0.01);
});

test.each([
  [{ allowed_domains: ['a.example'] }, 'One'],
  [{ blocked_domains: ['a.example'] }, 'Two'],
])('domains are kept to: %j', async (domains, title) => {
  const { told, emulator } = await play(
    'WebSearch',
    { query: 'news', ...domains },
    { replies: [webSearch('news', FOUND), text('Done')] },
  );
  expect(emulator.requests[1]?.body).toMatchObject({ tools: [domains] });
  expect(told.match(/^- \w+/gm)).toEqual([`- ${title}`]);
});

test('both lists of domains at once, or a query that is none, are refused without a request', async () => {
  const both = { query: 'news', allowed_domains: ['a.example'], blocked_domains: ['b.example'] };
  const refused = await play('WebSearch', both);
  expect(refused.told).toContain('only one of "allowed_domains" and "blocked_domains" can be given');
  expect(refused.emulator.requests).toHaveLength(2);
  expect((await play('WebSearch', { query: 'x' })).isError).toBe(true);
});

test('a search that fails, or finds nothing, is told', async () => {
  const failed = await play(
    'WebSearch',
    { query: 'news' },
    { replies: [webSearch('news', { error: 'too_many_requests' }), text('Done')] },
  );
  expect(failed).toMatchObject({
    isError: true,
    told: 'Web search for "news".\n\nThe search failed: too_many_requests',
  });
  const nothing = await play('WebSearch', { query: 'news' }, { replies: [webSearch('news', []), text('Done')] });
  expect(nothing).toMatchObject({ isError: false, told: 'Web search for "news".\n\nNothing was found.' });
});

test('an answer that pauses is sent back as it is, and gone on with', async () => {
  const replies = [pauseTurn(webSearch('news', FOUND)), text('That is all.'), text('Done')];
  const { told, emulator } = await play('WebSearch', { query: 'news' }, { replies });
  expect(told).toContain('- Two: https://b.example/two\n\nThat is all.');
  const body = emulator.requests[2]?.body as { messages: { role: string; content: { type: string }[] }[] };
  expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  expect(body.messages[1]?.content.map(({ type }) => type)).toEqual(['server_tool_use', 'web_search_tool_result']);
});

test('an error of the API is told to the model', async () => {
  const { isError, told } = await play('WebSearch', { query: 'news' }, { replies: [status(400), text('Done')] });
  expect(isError).toBe(true);
  expect(told).toContain('400');
});

test('a search asks first, unless a rule allows it', async () => {
  let asked = '';
  await play(
    'WebSearch',
    { query: 'news' },
    {
      options: {
        allowedTools: [],
        canUseTool: async (name, input) => {
          asked = `${name} ${JSON.stringify(input)}`;
          return { behavior: 'deny', message: 'No.' };
        },
      },
    },
  );
  expect(asked).toBe('WebSearch {"query":"news"}');
});
