import { expect, test } from 'vitest';
import { Dialogue } from './dialogue.ts';

type Told = Parameters<Dialogue['add']>[0] & { supersedes?: string[] };

const prompt = (text: string): Told => ({ type: 'user', message: { role: 'user', content: [{ type: 'text', text }] } });
const block = (id: string, uuid: string, content: unknown, more: { supersedes?: string[] } = {}): Told => ({
  type: 'assistant',
  uuid,
  message: { role: 'assistant', id, model: 'claude', content: [content] },
  ...more,
});
const text = (value: string): unknown => ({ type: 'text', text: value });

/** What was said, after these messages. */
function said(...told: Told[]): string[] {
  const dialogue = new Dialogue();
  for (const message of told) dialogue.add(message);
  return dialogue.messages.map((message) => `${message.role}: ${message.text}`);
}

test('keeps prompts and the text of answers, the blocks of one answer joined', () => {
  expect(
    said(
      prompt('Read it'),
      block('m1', '1', { type: 'thinking', thinking: 'Hm', signature: '' }),
      block('m1', '2', text('I will ')),
      block('m1', '3', text('look.')),
      block('m1', '4', { type: 'tool_use', id: 't', name: 'Read', input: {} }),
      { type: 'user', message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] } },
      block('m2', '5', text('It says x.')),
      { type: 'user', message: { role: 'user', content: 'Thanks' } },
    ),
  ).toEqual(['user: Read it', 'assistant: I will look.', 'assistant: It says x.', 'user: Thanks']);
});

test('leaves out an answer that was tried again, and what only tells of an error', () => {
  expect(
    said(prompt('Hi'), block('m1', '1', text('Hel')), block('m2', '2', text('Hello'), { supersedes: ['1'] }), {
      type: 'assistant',
      message: { id: 'x', model: '<synthetic>', content: [text('API Error: 500')] },
    }),
  ).toEqual(['user: Hi', 'assistant: Hello']);
});
