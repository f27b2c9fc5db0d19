import { expect, test } from 'vitest';
import { summariseTool } from './summarise-tool.ts';

test('a call is told by its name and what it is about', () => {
  expect(summariseTool('Read', { file_path: '/tmp/notes.txt', limit: 10 })).toBe('Read /tmp/notes.txt');
  expect(summariseTool('Bash', { command: 'ls -la\ncat x', description: 'List' })).toBe('Bash ls -la cat x');
  expect(summariseTool('Grep', { pattern: 'TODO' })).toBe('Grep TODO');
});

test('an unknown tool is told by its whole input, cut', () => {
  expect(summariseTool('mcp__math__add', { a: 1, b: 2 })).toBe('mcp__math__add {"a":1,"b":2}');
  expect(summariseTool('mcp__x__now', {})).toBe('mcp__x__now');
  expect(summariseTool('Odd', { data: 'x'.repeat(400) })).toHaveLength(160);
});
