import { expect, test } from 'vitest';
import type { ToolBlock } from '../session/view-model.ts';
import { describeTool } from './describe-tool.ts';
import { inputParts, outcomeOf, toolParts } from './tool-details.ts';

function tool(change: Partial<ToolBlock>): ToolBlock {
  return {
    kind: 'tool',
    key: 't1',
    ref: { message: 'm', index: 0 },
    uuid: 'u',
    toolUseId: 't1',
    name: 'Bash',
    input: { command: 'ls' },
    inputJson: '',
    state: 'done',
    result: undefined,
    answered: undefined,
    deniedReason: undefined,
    steps: [],
    ...change,
  };
}

const result = (text: string, structured?: unknown, isError = false): Partial<ToolBlock> => ({
  result: { text, structured, isError, otherParts: 0 },
});

test.each([
  ['Bash', { command: 'npm test\nls' }, { title: 'Bash', summary: 'npm test …', isCode: true }],
  ['Read', { file_path: '/w/src/a.ts' }, { title: 'Read', summary: 'src/a.ts', isCode: true }],
  ['Read', { file_path: '/elsewhere/a.ts' }, { title: 'Read', summary: '/elsewhere/a.ts', isCode: true }],
  ['Grep', { pattern: 'TODO', path: '/w/src' }, { title: 'Grep', summary: 'TODO in src', isCode: true }],
  ['mcp__tickets__create', { title: 'Wrong' }, { title: 'tickets: create', summary: 'Wrong', isCode: false }],
])('a call of %s with %o is described in a line', (name, input, described) => {
  expect(describeTool(name, input, { cwd: '/w' })).toEqual(described);
});

test('a call that a program runs says what it waits for, and then who gave the result', () => {
  const call = { name: 'get_order', input: { id: 'A-17' } };
  const input = { kind: 'fields', label: 'Input', fields: [{ name: 'id', value: 'A-17' }] };
  expect(toolParts(tool({ ...call, state: 'elsewhere' }))).toEqual([
    input,
    { kind: 'note', text: 'The program that has this tool has to give the result.' },
  ]);
  expect(toolParts(tool({ ...call, ...result('sent'), suppliedBy: 'orders' }))).toEqual([
    input,
    { kind: 'note', text: 'The result is from orders' },
    { kind: 'code', label: 'Output', text: 'sent' },
  ]);
});

test('whoever permits a command sees all of it and everything that goes with it', () => {
  expect(inputParts('Bash', { command: 'a\nb', timeout: 5 })).toEqual([
    { kind: 'code', label: 'Command', text: 'a\nb' },
    { kind: 'fields', label: 'Input', fields: [{ name: 'timeout', value: '5' }] },
  ]);
});

test('whoever permits an edit sees the change, and that it is made everywhere', () => {
  expect(inputParts('Edit', { file_path: '/a', old_string: 'x', new_string: 'y', replace_all: true })).toMatchObject([
    {
      kind: 'patch',
      label: '/a',
      hunks: [
        {
          lines: [
            { sign: '-', text: 'x' },
            { sign: '+', text: 'y' },
          ],
        },
      ],
    },
    { kind: 'fields', fields: [{ name: 'replace_all', value: 'true' }] },
  ]);
});

test('a made change is shown in place of the one that was asked for', () => {
  const structured = { structuredPatch: [{ oldStart: 9, newStart: 9, lines: ['-x', '+y'] }] };
  const edit = tool({
    name: 'Edit',
    input: { file_path: '/a', old_string: 'x', new_string: 'y' },
    ...result('ok', structured),
  });
  expect(toolParts(edit)).toMatchObject([{ kind: 'patch', hunks: [{ lines: [{ oldLine: 9 }, { newLine: 9 }] }] }]);
  expect(outcomeOf(edit)).toBe('+1 −1');
});

test('a command shows both of its outputs, or that there was none', () => {
  expect(toolParts(tool(result('x', { stdout: 'out\n', stderr: 'warn' }))).slice(1)).toEqual([
    { kind: 'code', label: 'Output', text: 'out\n' },
    { kind: 'code', label: 'Standard error', text: 'warn' },
  ]);
  expect(toolParts(tool(result('x', { stdout: '', stderr: '' }))).slice(1)).toEqual([
    { kind: 'note', text: 'No output' },
  ]);
});

test('a read file is shown without the numbers that the model sees, and counted', () => {
  const read = tool({
    name: 'Read',
    input: { file_path: '/a' },
    ...result('1\ta', { type: 'text', file: { content: 'a', numLines: 1 } }),
  });
  expect(toolParts(read).at(-1)).toEqual({ kind: 'code', label: 'Output', text: 'a' });
  expect(outcomeOf(read)).toBe('1 line');
});

test('an error is told in its own words, and who denied by name', () => {
  const denied = tool({
    state: 'denied',
    answered: { behavior: 'deny', by: 'Grace' },
    ...result('<tool_use_error>no</tool_use_error>', undefined, true),
  });
  expect(toolParts(denied).slice(1)).toEqual([
    { kind: 'note', text: 'Denied by Grace' },
    { kind: 'code', label: 'Error', text: 'no', isError: true },
  ]);
});

test('while the input streams in, its beginning is shown', () => {
  expect(toolParts(tool({ input: undefined, inputJson: '{"comm', state: 'preparing' }))).toEqual([
    { kind: 'code', label: 'Input', text: '{"comm' },
  ]);
});
