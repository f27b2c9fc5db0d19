import { describe, expect, test } from 'vitest';
import type { MessagesRequest } from '../request/messages-request.ts';
import { createEmulator } from '../index.ts';
import { jsonOfBody, post } from '../testing/ask.ts';
import { DigestChain } from './digest-chain.ts';
import { Prompt } from './prompt.ts';

const request = (fields: Partial<MessagesRequest>): MessagesRequest => ({
  model: 'claude-opus-5-5',
  max_tokens: 10,
  messages: [],
  ...fields,
});
const user = (...content: { type: string; [field: string]: unknown }[]) => ({ role: 'user', content });
const nameOf = (fields: Partial<MessagesRequest>): string => {
  const prompt = new Prompt(request(fields));
  return prompt.digestUpTo(prompt.chains.messages.length);
};

describe('tokens', () => {
  const tool = { name: 'look', input_schema: { type: 'object' } };

  test.each<[what: string, fields: Partial<MessagesRequest>, bytes: number]>([
    ['a text is its bytes', { messages: [{ role: 'user', content: 'Grüße' }] }, 7],
    [
      'a call is its name and input',
      { messages: [user({ type: 'tool_use', id: 'a', name: 'look', input: { a: 1 } })] },
      11,
    ],
    ['a result is its text', { messages: [user({ type: 'tool_result', tool_use_id: 'a', content: 'done' })] }, 4],
    [
      'a result is its blocks',
      { messages: [user({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'done' }] })] },
      4,
    ],
    ['an empty result is nothing', { messages: [user({ type: 'tool_result', tool_use_id: 'a' })] }, 0],
    ['thinking is its text', { messages: [user({ type: 'thinking', thinking: 'Hm.', signature: 'long' })] }, 3],
    [
      'an image is 1,500 tokens, however large',
      { messages: [user({ type: 'image', source: { type: 'base64', data: 'x'.repeat(99_999) } })] },
      6000,
    ],
    [
      'a document is its text and title',
      { messages: [user({ type: 'document', title: 'T', source: { type: 'text', data: 'text' } })] },
      5,
    ],
    [
      'a PDF is 1,500 tokens for each 100 KB',
      { messages: [user({ type: 'document', source: { type: 'base64', data: 'x'.repeat(102_401) } })] },
      12_000,
    ],
    ['a tool is its JSON', { tools: [tool] }, JSON.stringify(tool).length],
    [
      'a cache marker is nothing',
      { tools: [{ ...tool, cache_control: { type: 'ephemeral' } }] },
      JSON.stringify(tool).length,
    ],
    ['a tool that waits to be looked up is nothing', { tools: [{ ...tool, defer_loading: true }] }, 0],
    ['the system prompt counts', { system: [{ type: 'text', text: 'Be kind.' }] }, 8],
    [
      'everything is added before it is rounded',
      {
        system: 'a',
        messages: [
          { role: 'user', content: 'b' },
          { role: 'user', content: 'c' },
        ],
      },
      3,
    ],
  ])('%s', (_, fields, bytes) => {
    expect(new Prompt(request(fields)).tokens).toBe(Math.ceil(bytes / 4));
  });

  test('are what count_tokens says', async () => {
    const body = {
      model: 'claude-opus-5-5',
      tools: [tool],
      system: 'Be kind.',
      messages: [{ role: 'user', content: 'Hello' }],
    };
    const response = await post(createEmulator(), body, { path: '/v1/messages/count_tokens' });
    const bytes = JSON.stringify(tool).length + 'Be kind.Hello'.length;
    expect(await jsonOfBody(response)).toEqual({ input_tokens: Math.ceil(bytes / 4) });
  });
});

describe('names of prompts', () => {
  const call = { type: 'tool_use', id: 'a', name: 'look', input: { b: 1, a: 2 } };
  const result = { type: 'tool_result', tool_use_id: 'a', content: 'done' };

  test.each<[what: string, one: Partial<MessagesRequest>, other: Partial<MessagesRequest>]>([
    [
      'text as string or block',
      { messages: [{ role: 'user', content: 'a' }] },
      { messages: [user({ type: 'text', text: 'a' })] },
    ],
    [
      'null fields',
      { messages: [user(result)] },
      { messages: [user({ ...result, is_error: null, cache_control: null })] },
    ],
    ['an error that is none', { messages: [user(result)] }, { messages: [user({ ...result, is_error: false })] }],
    [
      'the order of fields',
      { messages: [user(result)] },
      { messages: [user({ content: 'done', tool_use_id: 'a', type: 'tool_result' })] },
    ],
    [
      'markers',
      { system: [{ type: 'text', text: 'a' }] },
      { system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] },
    ],
    ['a null system', { system: 'a' }, { system: [{ type: 'text', text: 'a', citations: null }] }],
  ])('do not depend on %s', (_, one, other) => {
    expect(nameOf(one)).toBe(nameOf(other));
  });

  test.each<[what: string, one: Partial<MessagesRequest>, other: Partial<MessagesRequest>]>([
    ['the role', { messages: [{ role: 'user', content: 'a' }] }, { messages: [{ role: 'assistant', content: 'a' }] }],
    [
      'the order of keys in an input',
      { messages: [user(call)] },
      { messages: [user({ ...call, input: { a: 2, b: 1 } })] },
    ],
    [
      'where blocks end',
      { messages: [user({ type: 'text', text: 'ab' })] },
      { messages: [user({ type: 'text', text: 'a' }, { type: 'text', text: 'b' })] },
    ],
    ['whether a result is an error', { messages: [user(result)] }, { messages: [user({ ...result, is_error: true })] }],
    ['the id of a result', { messages: [user(result)] }, { messages: [user({ ...result, tool_use_id: 'b' })] }],
    [
      'citations',
      { messages: [user({ type: 'text', text: 'a' })] },
      { messages: [user({ type: 'text', text: 'a', citations: [{ type: 'x' }] })] },
    ],
    ['what stands in the system prompt', { system: 'a' }, { messages: [{ role: 'user', content: 'a' }] }],
    ['unknown blocks', { messages: [user({ type: 'x', y: 1 })] }, { messages: [user({ type: 'x', y: 2 })] }],
  ])('depend on %s', (_, one, other) => {
    expect(nameOf(one)).not.toBe(nameOf(other));
  });

  test('foresee how a conversation goes on', () => {
    const messages = [{ role: 'user', content: 'a' }];
    const answer = [{ type: 'text', text: 'b' }];
    const foreseen = new Prompt(request({ messages })).digestWithAnswer(answer);
    expect(nameOf({ messages: [...messages, { role: 'assistant', content: answer }] })).toBe(foreseen);
  });
});

test('a chain that continues another has the digests that it would have alone', () => {
  const items = Array.from({ length: 50 }, (_, index) => `item ${index}`);
  const alone = new DigestChain(items);
  for (const end of [10, 30, 20, 50]) new DigestChain(items.slice(0, end), { grows: true }).whole();
  const branch = [...items.slice(0, 15), 'another', ...items.slice(16)];
  const grown = new DigestChain(items, { grows: true });
  const branched = new DigestChain(branch, { grows: true });
  expect(items.map((_, index) => grown.after(index))).toEqual(items.map((_, index) => alone.after(index)));
  expect(branched.after(15)).toBe(alone.after(15));
  expect(branched.after(16)).not.toBe(alone.after(16));
  expect(branched.whole()).toBe(new DigestChain(branch).whole());
});
