import { expect, test } from 'vitest';
import { cited, createEmulator, quote, text, together, webSearch } from '../index.ts';
import { ask, askStream, bodyOf, jsonOfBody, post, streamedText } from '../testing/ask.ts';

const ON = { citations: { enabled: true } };
const TEXT = {
  type: 'document',
  title: 'Grass',
  source: { type: 'text', media_type: 'text/plain', data: 'The grass is green. The sky is blue.' },
  ...ON,
};
const LIST = {
  type: 'document',
  source: {
    type: 'content',
    content: [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two and three.' },
    ],
  },
  ...ON,
};
const PDF = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: Buffer.from('%PDF-1.7 nothing').toString('base64') },
  ...ON,
};
const RESULT = {
  type: 'search_result',
  source: 'wiki/sky',
  title: 'Sky',
  content: [{ type: 'text', text: 'It is blue.' }],
  ...ON,
};

const asking = (...sources: unknown[]) => ({
  messages: [{ role: 'user', content: [...sources, { type: 'text', text: 'Well?' }] }],
});

test.each([
  [
    'characters of a text',
    [TEXT],
    quote('The sky is blue.'),
    {
      type: 'char_location',
      cited_text: 'The sky is blue.',
      document_index: 0,
      document_title: 'Grass',
      file_id: null,
      start_char_index: 20,
      end_char_index: 36,
    },
  ],
  [
    'a block of a list',
    [TEXT, LIST],
    quote('Two'),
    {
      type: 'content_block_location',
      cited_text: 'Two and three.',
      document_index: 1,
      document_title: null,
      file_id: null,
      start_block_index: 1,
      end_block_index: 2,
    },
  ],
  [
    'a page of a PDF',
    [TEXT, PDF],
    quote('Somewhere', { page: 3 }),
    {
      type: 'page_location',
      cited_text: 'Somewhere',
      document_index: 1,
      document_title: null,
      file_id: null,
      start_page_number: 3,
      end_page_number: 4,
    },
  ],
  [
    'a search result',
    [TEXT, RESULT],
    quote('It is blue.'),
    {
      type: 'search_result_location',
      cited_text: 'It is blue.',
      search_result_index: 0,
      source: 'wiki/sky',
      title: 'Sky',
      start_block_index: 0,
      end_block_index: 1,
    },
  ],
])('cites %s', async (_, sources, reply, citation) => {
  const { content } = await ask(createEmulator({ script: [reply] }), asking(...sources));
  expect(content).toEqual([{ type: 'text', text: expect.any(String), citations: [citation] }]);
});

test('cites what a tool has returned', async () => {
  const messages = [
    { role: 'user', content: 'Look it up' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [RESULT] }] },
  ];
  const { content } = await ask(createEmulator({ script: [quote('It is blue.', { saying: 'Blue.' })] }), { messages });
  expect(content).toMatchObject([{ text: 'Blue.', citations: [{ type: 'search_result_location', title: 'Sky' }] }]);
});

test('cites what the API itself has found, and takes that back unchanged only', async () => {
  const url = 'https://example.com/a';
  const emulator = createEmulator({
    script: [webSearch('q', [{ url, title: 'A' }]), quote('From there.', { url }), text('Fine.')],
  });
  const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
  const messages: unknown[] = [{ role: 'user', content: 'Hello' }];
  const found = await ask(emulator, { tools, messages });
  messages.push({ role: 'assistant', content: found.content }, { role: 'user', content: 'Well?' });
  const { content } = await ask(emulator, { tools, messages });
  const citation = {
    type: 'web_search_result_location',
    cited_text: 'From there.',
    url,
    title: 'A',
    encrypted_index: expect.any(String),
  };
  expect(content).toEqual([{ type: 'text', text: 'From there.', citations: [citation] }]);
  messages.push({ role: 'assistant', content }, { role: 'user', content: 'Good.' });
  expect((await post(emulator, bodyOf({ tools, messages }))).status).toBe(200);
  const tampered = JSON.stringify(bodyOf({ tools, messages })).replace('"cited_text":"From', '"cited_text":"Form');
  expect((await post(emulator, tampered)).status).toBe(400);
});

test('streams the citations of a block behind its text', async () => {
  const citations = [
    { type: 'char_location', cited_text: 'a' },
    { type: 'char_location', cited_text: 'b' },
  ];
  const emulator = createEmulator({ script: [together(text('Plain. '), cited('So it says.', citations))] });
  const events = await askStream(emulator);
  expect(streamedText(events)).toBe('Plain. So it says.');
  expect(events.flatMap(({ type, content_block: block }) => (type === 'content_block_start' ? [block] : []))).toEqual([
    { type: 'text', text: '' },
    { type: 'text', text: '', citations: [] },
  ]);
  const deltas = events.flatMap(({ index, delta }) => (index === 1 && delta !== undefined ? [delta] : []));
  expect(deltas.slice(-2)).toEqual(citations.map((citation) => ({ type: 'citations_delta', citation })));
});

test.each([
  ['that no document holds', asking(TEXT), quote('The sea is red.')],
  ['of a document without citations', asking({ ...TEXT, citations: { enabled: false } }), quote('The sky is blue.')],
  ['of a search result that is not there', asking(TEXT), quote('The sky', { url: 'https://example.com/' })],
])('a passage %s is told as the mistake of the script', async (_, fields, reply) => {
  const response = await post(createEmulator({ script: [reply] }), bodyOf(fields));
  expect([response.status, JSON.stringify(await jsonOfBody(response))]).toEqual([
    400,
    expect.stringContaining('emulator: a reply function'),
  ]);
});
