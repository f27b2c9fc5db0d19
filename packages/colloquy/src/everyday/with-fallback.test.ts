import { expect, test } from 'vitest';
import { AbortError, APIError, ConfigurationError } from '../errors.ts';
import { FallbackError, withFallback } from './with-fallback.ts';

const refused = new APIError('no such model', { status: 404, type: 'not_found_error' });
const failingBut = (good: string) => async (name: string) => {
  if (name !== good) throw new Error(`${name} is broken`);
  return name.toUpperCase();
};

test('the first that works answers; it is told which, and why those before it did not', async () => {
  const told: unknown[] = [];
  const outcome = await withFallback(['a', 'b', 'c'], failingBut('b'), {
    onFallback: ({ configuration, index }) => told.push([configuration, index]),
  });
  expect(outcome).toEqual({ value: 'B', configuration: 'b', index: 1, errors: [new Error('a is broken')] });
  expect(told).toEqual([['a', 0]]);
});

test('when none works, every error is told, and the last is the cause', async () => {
  const error: unknown = await withFallback(['a', 'b'], failingBut('none')).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FallbackError);
  expect(error).toMatchObject({
    code: 'all_failed',
    errors: [new Error('a is broken'), new Error('b is broken')],
    cause: new Error('b is broken'),
    message: 'None of 2 configurations has worked: 1. a is broken; 2. b is broken',
  });
});

test('an error that another configuration would not cure is thrown as it is', async () => {
  const tried: string[] = [];
  const outcome = withFallback(
    ['a', 'b'],
    async (name) => {
      tried.push(name);
      throw refused;
    },
    { fallsBack: (error) => !(error instanceof APIError && error.status === 404) },
  );
  await expect(outcome).rejects.toBe(refused);
  expect(tried).toEqual(['a']);
});

test('after an abort nothing further is tried', async () => {
  const controller = new AbortController();
  const tried: string[] = [];
  const outcome = withFallback(
    ['a', 'b'],
    async (name, signal) => {
      tried.push(name);
      controller.abort();
      signal?.throwIfAborted();
    },
    { signal: controller.signal },
  );
  await expect(outcome).rejects.toThrow(AbortError);
  await expect(withFallback(['a'], failingBut('a'), { signal: controller.signal })).rejects.toThrow(AbortError);
  expect(tried).toEqual(['a']);
});

test('an abort of the work itself is no reason for another configuration', async () => {
  const outcome = withFallback(['a', 'b'], () => Promise.reject(new AbortError('interrupted')));
  await expect(outcome).rejects.toThrow('interrupted');
});

test('at least one configuration is needed', async () => {
  await expect(withFallback([], failingBut('a'))).rejects.toThrow(ConfigurationError);
});
