import { expect, test } from 'vitest';
import { createEmulator, text } from '../index.ts';
import { bodyOf, jsonOfBody, post } from '../testing/ask.ts';

async function answerTo(fields: Record<string, unknown>, betas?: string): Promise<unknown[]> {
  const headers = betas === undefined ? {} : { 'anthropic-beta': betas };
  const response = await post(createEmulator({ script: [text('Fine')] }), bodyOf(fields), { headers });
  const { error } = await jsonOfBody<{ error?: { type: string; message: string } }>(response);
  return error === undefined ? [response.status] : [response.status, error.type, error.message];
}

const asking = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
const answered = (...content: unknown[]) => ({
  messages: [
    { role: 'user', content: 'x' },
    { role: 'assistant', content },
    { role: 'user', content: 'y' },
  ],
});
const source = { type: 'text', media_type: 'text/plain', data: 'Hello' };
const document = (more: Record<string, unknown>) => asking({ type: 'document', source, ...more });
const found = (more: Record<string, unknown>) =>
  asking({ type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }], ...more });
const tool = (more: Record<string, unknown>) => ({
  tools: [{ name: 'Bash', input_schema: { type: 'object' }, ...more }],
});
const search = (more: Record<string, unknown>) => ({
  tools: [{ type: 'web_search_20260318', name: 'web_search', ...more }],
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['a title that is no text', document({ title: 5 }), /document.title: Input should be a valid string/],
  ['citations that are no object', document({ citations: true }), /document.citations: Input should be an object/],
  [
    'a cache marker on citations',
    document({ citations: { enabled: true, cache_control: { type: 'ephemeral' } } }),
    /document.citations/,
  ],
  ['a search result without a source', found({ source: undefined }), /search_result.source: Field required/],
  ['a search result without content', found({ content: [] }), /search_result.content/],
  ['a search result of empty text', found({ content: [{ type: 'text', text: ' ' }] }), /search_result.content/],
  ['a search result of pictures', found({ content: [{ type: 'image' }] }), /search_result.content/],
  ['an upload without a file', asking({ type: 'container_upload' }), /container_upload.file_id: Field required/],
  [
    'a transformation that does not exist',
    asking({
      type: 'image',
      source: { type: 'url', url: 'https://example.com/a.png' },
      transformations: { oversized_image: 'crop' },
    }),
    /transformations/,
  ],
  ['an empty compaction', answered({ type: 'compaction', content: '' }), /compaction.content/],
  ['citations of an answer that are no list', answered({ type: 'text', text: 'x', citations: {} }), /text.citations/],
  ['a user id that is no text', { metadata: { user_id: 5 } }, /metadata.user_id/],
  ['a container that is a number', { container: 5 }, /container: Input should be a string or an object/],
  ['a place that is a number', { inference_geo: 5 }, /inference_geo/],
  [
    'a parallel flag that is no boolean',
    { tool_choice: { type: 'auto', disable_parallel_tool_use: 'yes' } },
    /disable_parallel_tool_use/,
  ],
  ['a strict flag that is no boolean', tool({ strict: 'yes' }), /tools.0.custom.strict/],
  ['a description that is no text', tool({ description: 5 }), /tools.0.custom.description/],
  ['a tool of no known type', tool({ type: 'teleport_20260101' }), /'teleport_20260101' is no tool of the API/],
  ['a type that is no text', tool({ type: 5 }), /tools.0.type/],
  ['a web search of another name', search({ name: 'search' }), /name: Input should be 'web_search'/],
  ['no uses', search({ max_uses: 0 }), /max_uses: Input should be a whole number above 0/],
  [
    'domains that are both allowed and blocked',
    search({ allowed_domains: ['a.org'], blocked_domains: ['b.org'] }),
    /only one of allowed_domains and blocked_domains/,
  ],
  [
    'a beta tool without its beta',
    { tools: [{ type: 'computer_20251124', name: 'computer' }] },
    /needs one of the betas computer-use-2025-11-24/,
  ],
])('refuses %s', async (_, fields, message) => {
  expect(await answerTo(fields)).toEqual([400, 'invalid_request_error', expect.stringMatching(message)]);
});

test.each<[string, Record<string, unknown>, string?]>([
  ['null where nothing is meant', { ...document({ title: null, context: null, citations: null }), container: null }],
  ['a document with citations', document({ title: 'T', context: 'C', citations: { enabled: true } })],
  ['a search result', found({ citations: { enabled: false } })],
  ['a custom tool with type null', tool({ type: null, strict: false, eager_input_streaming: null })],
  ['a web search with limits', search({ max_uses: 2, allowed_domains: ['a.org'] })],
  [
    'sets of tools, which have no name',
    { tools: [{ type: 'computer_toolset_20260801' }, { type: 'browser_toolset_20260801' }] },
  ],
  [
    'a beta tool with its beta',
    { tools: [{ type: 'computer_20251124', name: 'computer' }] },
    'computer-use-2025-11-24',
  ],
])('accepts %s', async (_, fields, betas) => {
  expect(await answerTo(fields, betas)).toEqual([200]);
});
