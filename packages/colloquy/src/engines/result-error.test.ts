import { expect, test } from 'vitest';
import { AbortError, APIConnectionError, APIError, LimitExceededError, TimeoutError } from '../errors.ts';
import type { SDKMessage } from '../messages.ts';
import { ResultErrors } from './result-error.ts';

// Only the fields that are looked at.
const told = (fields: object): SDKMessage => fields as SDKMessage;
const success = (fields: object): SDKMessage =>
  told({ type: 'result', subtype: 'success', is_error: true, result: 'Said', ...fields });
const failed = (fields: object): SDKMessage =>
  told({ type: 'result', subtype: 'error_during_execution', is_error: true, errors: ['One', 'two'], ...fields });
const reported = (error: string): SDKMessage => told({ type: 'assistant', error });

function errorOf(...messages: SDKMessage[]): unknown {
  const errors = new ResultErrors();
  return messages.map((message) => errors.errorOf(message)).at(-1);
}

test.each([
  ['an interrupt', [failed({ terminal_reason: 'aborted_streaming' })], AbortError, {}],
  ['an interrupted tool', [failed({ terminal_reason: 'aborted_tools' })], AbortError, {}],
  ['a time-out', [failed({ terminal_reason: 'aborted_tools', colloquy_timed_out: true })], TimeoutError, {}],
  ['max turns', [failed({ subtype: 'error_max_turns', terminal_reason: 'max_turns' })], LimitExceededError, {}],
  [
    'the budget',
    [failed({ subtype: 'error_max_budget_usd', terminal_reason: 'budget_exhausted' })],
    LimitExceededError,
    {},
  ],
  [
    'a 401',
    [reported('authentication_failed'), success({ terminal_reason: 'api_error', api_error_status: 401 })],
    APIError,
    { status: 401, type: 'authentication_error' },
  ],
  [
    'a 500 that nothing told of',
    [success({ terminal_reason: 'api_error', api_error_status: 500 })],
    APIError,
    { status: 500, type: 'api_error' },
  ],
  [
    'an error in the stream',
    [reported('overloaded'), success({ terminal_reason: 'api_error', api_error_status: null })],
    APIError,
    { status: undefined, type: 'overloaded_error' },
  ],
  [
    'a connection that broke',
    [reported('server_error'), success({ terminal_reason: 'api_error', api_error_status: null })],
    APIConnectionError,
    {},
  ],
  ['a refusal', [success({ terminal_reason: 'model_error' })], APIError, { type: 'model_error' }],
])('%s is an error of its class', (_what, messages, type, facts) => {
  const error = errorOf(...messages);
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject(facts);
});

test('the message says what the result said', () => {
  expect(errorOf(failed({ terminal_reason: 'aborted_tools' }))).toMatchObject({
    message: 'The session returned an error result: One; two',
  });
  expect(errorOf(success({ terminal_reason: 'api_error' }))).toMatchObject({
    message: 'The session returned an error result: Said',
  });
  expect(errorOf(failed({ errors: [], terminal_reason: 'max_turns' }))).toMatchObject({
    message: 'The session returned an error result: max_turns',
  });
});

test('an error told in an earlier turn is not taken for this one', () => {
  const init = told({ type: 'system', subtype: 'init' });
  expect(
    errorOf(reported('overloaded'), init, success({ terminal_reason: 'api_error', api_error_status: 400 })),
  ).toMatchObject({ type: 'api_error' });
});

test('a result without is_error is no error', () => {
  expect(errorOf(success({ is_error: false, terminal_reason: 'completed' }))).toBeUndefined();
});
