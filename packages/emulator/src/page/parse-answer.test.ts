import { expect, test } from 'vitest';
import type { MessagesRequest } from '../request/messages-request.ts';
import { AnswerError, parseAnswer } from './parse-answer.ts';

const REQUEST: MessagesRequest = {
  model: 'claude-opus-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [
    { name: 'Read', input_schema: { type: 'object' } },
    { name: 'web_search', type: 'web_search_20260318' },
  ],
};

test('a text is cut into words that come at a reading pace', () => {
  expect(parseAnswer({ blocks: [{ type: 'text', text: 'Hello there' }] }, REQUEST)).toEqual({
    type: 'message',
    blocks: [{ type: 'text', deltas: ['Hello ', 'there'] }],
    gapMs: 40,
  });
});

test('a long text comes faster, within 15 seconds', () => {
  const reply = parseAnswer({ blocks: [{ type: 'text', text: 'word '.repeat(2999) }] }, REQUEST);
  expect(reply.gapMs).toBe(5);
});

test('texts and calls of offered tools make one message, with a stop reason if one is chosen', () => {
  const blocks = [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', name: 'Read', input: { file_path: 'a.md' } },
  ];
  expect(parseAnswer({ blocks, stop_reason: 'max_tokens' }, REQUEST)).toEqual({
    type: 'message',
    blocks: [
      { type: 'text', deltas: ['I ', 'look.'] },
      { type: 'tool_use', name: 'Read', input: { file_path: 'a.md' } },
    ],
    gapMs: 40,
    stopReason: 'max_tokens',
  });
});

test('a refusal may be without a word, and says that a person chose it', () => {
  expect(parseAnswer({ blocks: [], stop_reason: 'refusal' }, REQUEST)).toEqual({
    type: 'message',
    blocks: [],
    gapMs: 40,
    stopReason: 'refusal',
    stopDetails: { type: 'refusal', category: null, explanation: 'Who answered chose to refuse.' },
  });
});

test.each<[string, unknown]>([
  ['the answer must be an object', 'text'],
  ['blocks: must be a list', {}],
  ['blocks: an answer without any needs a stop_reason', { blocks: [] }],
  ['blocks[0]: must be an object', { blocks: [null] }],
  ['blocks[0].type: must be text or tool_use', { blocks: [{ type: 'thinking', thinking: 'x' }] }],
  [
    'blocks[1].text: must not be empty',
    {
      blocks: [
        { type: 'text', text: 'a' },
        { type: 'text', text: ' ' },
      ],
    },
  ],
  [
    'blocks[0].name: must be a tool that the request offers',
    { blocks: [{ type: 'tool_use', name: 'Write', input: {} }] },
  ],
  [
    'blocks[0].name: must be a tool that the request offers',
    { blocks: [{ type: 'tool_use', name: 'web_search', input: {} }] },
  ],
  ['blocks[0].input: must be an object', { blocks: [{ type: 'tool_use', name: 'Read', input: [] }] }],
  ['blocks[0].id: there is no such field', { blocks: [{ type: 'text', text: 'a', id: 'x' }] }],
  ['extra: there is no such field', { blocks: [], extra: 1 }],
])('refuses an answer and says why: %s', (message, typed) => {
  expect(() => parseAnswer(typed, REQUEST)).toThrow(expect.objectContaining({ constructor: AnswerError }));
  expect(() => parseAnswer(typed, REQUEST)).toThrow(message);
});
