import { expect, test } from 'vitest';
import { jsonCopy } from './json-copy.ts';

const circle: Record<string, unknown> = {};
circle['self'] = circle;

test('a copy holds what JSON holds, and nothing of the original', () => {
  const original = { a: [1, { b: 'x' }], c: undefined, d: () => 1 };
  const copy = jsonCopy(original);
  original.a.push(2);
  expect(copy).toEqual({ ok: true, value: { a: [1, { b: 'x' }] } });
});

test.each([[undefined], [() => 1], [Symbol('x')], [{ toJSON: () => undefined }]])(
  'what JSON leaves out is undefined (%#)',
  (value: unknown) => {
    expect(jsonCopy(value)).toEqual({ ok: true, value: undefined });
  },
);

test.each([
  [circle],
  [{ n: 1n }],
  [
    {
      toJSON() {
        throw Object.create(null);
      },
    },
  ],
  [new Proxy({}, { ownKeys: () => circle['missing'] as never })],
])('what JSON cannot hold is told, not thrown (%#)', (value: unknown) => {
  expect(jsonCopy(value)).toEqual({ ok: false, problem: expect.stringMatching(/./) });
});

test('too many levels are told, not thrown', () => {
  let deep: unknown = {};
  for (let level = 0; level < 100_000; level += 1) deep = { deep };
  expect(jsonCopy(deep)).toMatchObject({ ok: false });
});
