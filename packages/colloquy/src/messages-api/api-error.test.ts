import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { errorFromResponse, errorInStream, excerpt } from './api-error.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-20T12:00:00Z') }));
afterEach(() => void vi.useRealTimers());

const body = (type: string, extra: Record<string, unknown> = {}): string =>
  JSON.stringify({ type: 'error', error: { type, message: 'Slow down', ...extra }, request_id: 'req_body' });

test('an error has the status, type, code and request id that the API sent', () => {
  const headers = { 'request-id': 'req_head', 'retry-after': '30', 'x-should-retry': 'true' };
  const error = errorFromResponse(
    429,
    headers,
    body('rate_limit_error', { details: { error_code: 'ramp_limit_exceeded' } }),
  );
  expect(error).toMatchObject({
    status: 429,
    type: 'rate_limit_error',
    errorCode: 'ramp_limit_exceeded',
    requestId: 'req_head',
    retryAfterMs: 30_000,
    shouldRetry: true,
    message: 'The Messages API answered 429 rate_limit_error: Slow down (request req_head)',
  });
});

test('the request id of the body serves when no header has it', () => {
  expect(errorFromResponse(500, {}, body('api_error')).requestId).toBe('req_body');
});

test.each([
  [{ 'retry-after-ms': '1500', 'retry-after': '30' }, 1_500],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:07 GMT' }, 7_000],
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-3' }, undefined],
  [{ 'retry-after-ms': '', 'retry-after': '' }, undefined],
  [{}, undefined],
])('%j asks for %s ms', (headers: Record<string, string>, retryAfterMs) => {
  expect(errorFromResponse(429, headers, '').retryAfterMs).toBe(retryAfterMs);
});

test('a page of a proxy is quoted in part and typed by its status', () => {
  const error = errorFromResponse(502, {}, `<html>\n  <h1>Bad gateway</h1>${'x'.repeat(500)}`);
  expect(error.type).toBe('api_error');
  expect(error.message).toMatch(/^The Messages API answered 502 api_error: <html> <h1>Bad gateway<\/h1>x+…$/);
  expect(errorFromResponse(413, {}, 'Request too large').type).toBe('request_too_large');
});

test.each(['null', '[]', '"text"', '{}', '{"error":null}', '{"error":{"type":5}}'])(
  'the JSON body %s is tolerated',
  (json) => {
    expect(errorFromResponse(401, {}, json)).toMatchObject({ status: 401, type: 'authentication_error' });
  },
);

test('a refused key is told with what to check, an empty body as such', () => {
  expect(errorFromResponse(401, {}, '').message).toBe(
    'The Messages API answered 401 authentication_error: no body; check ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN',
  );
});

test('a redirect is an error that points at the base URL', () => {
  expect(errorFromResponse(308, { location: 'https://elsewhere.test' }, '').message).toBe(
    'The Messages API answered 308 api_error: no body; check ANTHROPIC_BASE_URL',
  );
});

test('an error inside a stream has no status', () => {
  const event = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  expect(errorInStream(event, 'req_1')).toMatchObject({
    status: undefined,
    type: 'overloaded_error',
    requestId: 'req_1',
  });
  expect(errorInStream({ type: 'error' }, undefined)).toMatchObject({ type: 'api_error' });
  expect(errorInStream({ type: 'ping' }, undefined)).toBeUndefined();
});

test('an excerpt is one line of at most 200 characters', () => {
  expect(excerpt(' a\n\n b ')).toBe('a b');
  expect(excerpt('y'.repeat(201))).toBe(`${'y'.repeat(200)}…`);
});
