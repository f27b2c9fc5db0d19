import { expect, test } from 'vitest';
import { columnChanges } from './columns.ts';
import type { Input, NewEntry } from './entries.ts';

const prompt = (...content: unknown[]): NewEntry<Input> => ({
  kind: 'prompt',
  uuid: 'u',
  content,
  by: 'x',
  origin: null,
  priority: 'later',
  startsTurn: true,
});
const text = (value: string): object => ({ type: 'text', text: value });

test('a prompt gives its text, of all its blocks, trimmed', () => {
  expect(columnChanges([prompt(text(' Look at \n'), { type: 'image' }, text(' this '))])).toEqual({
    firstPrompt: 'Look at this',
    lastPrompt: 'Look at this',
  });
});

test('of several prompts the first is the first and the last the last', () => {
  expect(columnChanges([prompt(text('a')), prompt(text('b')), prompt(text('c'))])).toEqual({
    firstPrompt: 'a',
    lastPrompt: 'c',
  });
});

test('a prompt without text changes nothing, and neither does what comes from elsewhere', () => {
  expect(columnChanges([prompt({ type: 'image' }), prompt(null, 'x', text('  '))])).toBeUndefined();
  expect(columnChanges([{ ...prompt(text('x')), thread: 'agent' }])).toBeUndefined();
  expect(columnChanges([{ kind: 'interrupt', by: 'x', keepQueue: true }])).toBeUndefined();
});

test('a long prompt is cut at 200 characters, never inside one', () => {
  expect(columnChanges([prompt(text('x'.repeat(201)))])?.lastPrompt).toBe('x'.repeat(200));
  expect(columnChanges([prompt(text(`${'x'.repeat(199)}\u{1F642}`))])?.lastPrompt).toBe('x'.repeat(199));
  expect(columnChanges([prompt(text(`${' '.repeat(1_000)}x`))])?.lastPrompt).toBe('x');
});

test('a title is set by its setting, and cleared by null or nothing', () => {
  const titled = (title: unknown): unknown => columnChanges([{ kind: 'settings', patch: { title }, by: 'x' }]);
  expect([titled('A'), titled(''), titled(null), titled(7)]).toEqual([
    { title: 'A' },
    { title: null },
    { title: null },
    undefined,
  ]);
});
