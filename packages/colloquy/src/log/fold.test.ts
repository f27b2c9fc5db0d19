import { expect, test } from 'vitest';
import type { Entry, Input } from './entries.ts';
import { emptyState, foldEntry, fromCheckpoint, toCheckpoint } from './fold.ts';

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
  expect(fromCheckpoint({ v: 2 })).toBeUndefined();
  expect(fromCheckpoint(undefined)).toBeUndefined();
});
