import { expect, test } from 'vitest';
import { z } from 'zod';
import { HttpError } from './http-error.ts';
import { parse } from './parse.ts';

const problemOf = (schema: z.ZodType, value: unknown): string => {
  try {
    parse(schema, value);
  } catch (error) {
    if (error instanceof HttpError) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'none';
};

test('each problem is told with its place', () => {
  const schema = z.strictObject({ a: z.strictObject({ b: z.number() }) });
  expect(problemOf(schema, { a: { b: 'x', c: 1 } })).toBe(
    '400 a.b: Invalid input: expected number, received string; a.c: not known here',
  );
});

test('a name of megabytes is not sent back', () => {
  const name = 'k'.repeat(5_000_000);
  expect(problemOf(z.strictObject({}), { [name]: 1 }).length).toBeLessThan(300);
  expect(problemOf(z.record(z.string(), z.string()), { [name]: 1 }).length).toBeLessThan(300);
});
