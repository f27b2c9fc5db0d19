import { expect, test } from 'vitest';
import type { Entry, Input } from './entries.ts';
import { fromCheckpoint, toCheckpoint } from './checkpoint.ts';
import { emptyState, foldEntry } from './fold.ts';

function entry(seq: number, input: Input): Entry {
  return { v: 1, seq, at: '2026-11-20T08:00:00.000Z', epoch: 1, thread: 'main', ...input };
}

const prompt = (text: string): Input => ({
  kind: 'prompt',
  uuid: text,
  content: [{ type: 'text', text }],
  by: 'sdk',
  origin: null,
  priority: 'later',
  startsTurn: true,
});
const update: Input = { kind: 'settings', patch: { permissionUpdates: [{ type: 'setMode' }] }, by: 'sdk' };

test('a checkpoint stays as it is while the state it was taken of, and one made of it, go on', () => {
  const state = emptyState();
  foldEntry(state, entry(1, prompt('one')));
  const checkpoint = toCheckpoint(state);
  const before = structuredClone(checkpoint);
  const resumed = fromCheckpoint(checkpoint)!;
  for (const each of [state, resumed]) {
    foldEntry(each, entry(2, prompt('two')));
    foldEntry(each, entry(3, update));
  }
  expect(checkpoint).toEqual(before);
  expect(resumed).toEqual(state);
});

test('a checkpoint of another form is not used', () => {
  expect(fromCheckpoint({ v: 1 })).toBeUndefined();
  expect(fromCheckpoint(undefined)).toBeUndefined();
});

test.each([
  [
    'many',
    Array.from({ length: 101 }, (_, index) => `${index}`),
    Array.from({ length: 100 }, (_, index) => `${index}`),
  ],
  ['long ones', ['x'.repeat(150_000), 'x'.repeat(150_000)], ['x'.repeat(150_000)]],
])('while very much waits in the queue, it is not written with every turn: %s', (_what, tooMuch, enough) => {
  const stateWith = (texts: readonly string[]) => {
    const state = emptyState();
    texts.forEach((text, index) => foldEntry(state, entry(index + 1, prompt(text))));
    return state;
  };
  expect(toCheckpoint(stateWith(tooMuch))).toBeUndefined();
  expect(toCheckpoint(stateWith(enough))).toBeDefined();
});
