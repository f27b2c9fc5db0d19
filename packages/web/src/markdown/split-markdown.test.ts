import { expect, test } from 'vitest';
import { splitMarkdown } from './split-markdown.ts';

test('paragraphs, headings and tables are parts of their own', () => {
  expect(splitMarkdown('# A\n\nOne\ntwo.\n\n| a |\n| - |\n\nEnd')).toEqual([
    '# A\n\n',
    'One\ntwo.\n\n',
    '| a |\n| - |\n\n',
    'End',
  ]);
});

test.each([
  ['a fence with blank lines', '```ts\na\n\nb\n```'],
  ['a fence that is still open', '```\na\n\nb\n\nc'],
  ['a fence within a longer one', '````\n```\n\n```\n````'],
  ['a list whose items stand apart', '- a\n\n- b\n\n  more of b'],
  ['a numbered list', '1. a\n\n2. b'],
  ['a list whose next number is being written', '1. a\n\n2'],
  ['indented code', 'text\n\n    code'],
  ['link definitions', 'See [x].\n\n[x]: https://example.org'],
  ['footnotes', 'See[^1].\n\nMore.\n\n[^1]: note'],
])('%s stays in one piece', (_, text) => {
  expect(splitMarkdown(text)).toEqual([text]);
});

test('a paragraph after a list ends it', () => {
  expect(splitMarkdown('- a\n- b\n\nText\n\n- c')).toEqual(['- a\n- b\n\n', 'Text\n\n', '- c']);
});

test('the parts are the text again, and all but the last stay as they are while it grows', () => {
  const text = '# Title\n\nA *b*.\n\n```sh\nls\n\npwd\n```\n\n1. x\n\n2. y\n\nEnd.\n';
  expect(splitMarkdown(text).join('')).toBe(text);
  let before = splitMarkdown('');
  for (let length = 1; length <= text.length; length += 1) {
    const parts = splitMarkdown(text.slice(0, length));
    expect(parts.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
    before = parts;
  }
});
