import { ConfigurationError, SessionBusyError, SessionNotFoundError } from 'colloquy';
import { expect, test } from 'vitest';
import { describeError, UsageError } from './describe-error.ts';

test('an error made on purpose is its message, with the reasons below', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:9', { cause: new Error('no route') });
  expect(describeError(new ConfigurationError('The store cannot be opened', { cause }))).toBe(
    'The store cannot be opened\n  because: connect ECONNREFUSED 127.0.0.1:9\n  because: no route',
  );
  expect(describeError(new UsageError('There is no prompt'))).toBe('There is no prompt');
});

test('a reason that the message tells already is not told twice', () => {
  expect(describeError(new ConfigurationError('Bad: no such file', { cause: new Error('no such file') }))).toBe(
    'Bad: no such file',
  );
});

test('a defect comes with its stack, and what is no error is still told', () => {
  expect(describeError(new TypeError('x is not a function'))).toMatch(
    /^unexpected TypeError: x is not a function\n {4}at /,
  );
  expect(describeError('oops')).toBe('unexpected: oops');
});

test('causes that go in a circle end', () => {
  const first = new UsageError('first');
  const second = new Error('second', { cause: first });
  first.cause = second;
  expect(describeError(first)).toBe('first\n  because: second');
});

test('the way out is one that the command line has', () => {
  expect(describeError(new SessionNotFoundError('s1'))).toBe(
    'There is no session s1; "colloquy sessions" lists those that exist',
  );
  expect(describeError(new SessionBusyError('s1', 'host 42'))).toBe(
    'Session s1 is open in host 42; close it there, or go on with a copy: --fork-session',
  );
});
