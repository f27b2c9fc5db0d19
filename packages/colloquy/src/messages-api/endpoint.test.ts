import { expect, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { endpointFromEnv, endpointHeaders, messagesUrl, type Endpoint } from './endpoint.ts';

const endpoint = (parts: Partial<Endpoint>): Endpoint => ({ ...endpointFromEnv({}), ...parts });

test('an empty environment means the public API, without a credential', () => {
  expect(endpointFromEnv({ ANTHROPIC_API_KEY: ' ', ANTHROPIC_BASE_URL: '' })).toEqual({
    baseUrl: 'https://api.anthropic.com',
    credential: undefined,
    apiVersion: '2026-10-21',
    betas: [],
  });
});

test('reads key and base URL, without the space around them', () => {
  const read = endpointFromEnv({ ANTHROPIC_API_KEY: 'sk-1\n', ANTHROPIC_BASE_URL: 'http://127.0.0.1:4010/' });
  expect(read).toMatchObject({ baseUrl: 'http://127.0.0.1:4010/', credential: { kind: 'apiKey', value: 'sk-1' } });
});

test('an auth token wins over a key', () => {
  const read = endpointFromEnv({ ANTHROPIC_API_KEY: 'sk-1', ANTHROPIC_AUTH_TOKEN: 'tok' });
  expect(read.credential).toEqual({ kind: 'authToken', value: 'tok' });
});

test.each([
  ['https://api.anthropic.com', 'https://api.anthropic.com/v1/messages'],
  ['https://api.anthropic.com/', 'https://api.anthropic.com/v1/messages'],
  ['https://api.anthropic.com/v1', 'https://api.anthropic.com/v1/messages'],
  ['https://api.anthropic.com/v1//', 'https://api.anthropic.com/v1/messages'],
  ['https://gateway.test/claude/', 'https://gateway.test/claude/v1/messages'],
  ['http://127.0.0.1:4010', 'http://127.0.0.1:4010/v1/messages'],
  ['http://[::1]:4010/v1', 'http://[::1]:4010/v1/messages'],
])('under %s messages are at %s', (base, url) => {
  expect(messagesUrl(base)).toBe(url);
});

test.each([
  'api.anthropic.com',
  '',
  'ftp://x.test',
  'https://x.test/?key=1',
  'https://x.test/#a',
  'file:///etc',
  'https://user:pass@x.test',
])('%j is refused as a base URL', (base) => {
  expect(() => messagesUrl(base)).toThrow(ConfigurationError);
});

test('a base URL from the environment that cannot work is named at once', () => {
  expect(() => endpointFromEnv({ ANTHROPIC_BASE_URL: 'localhost' })).toThrow(/^ANTHROPIC_BASE_URL is not a URL/);
});

test('key and token are both sent as bearer', () => {
  const key = endpointHeaders(endpoint({ credential: { kind: 'apiKey', value: 'k' } }), 'colloquy/1');
  const token = endpointHeaders(endpoint({ credential: { kind: 'authToken', value: 't' } }), 'colloquy/1');
  expect(key).toEqual({
    'content-type': 'application/json',
    'anthropic-version': '2026-10-21',
    'user-agent': 'colloquy/1',
    authorization: 'Bearer k',
  });
  expect(token).toMatchObject({ authorization: 'Bearer t' });
});

test('under the older version a key has its own header, a token stays bearer', () => {
  const old = { apiVersion: '2023-06-01' } as const;
  const key = endpointHeaders(endpoint({ ...old, credential: { kind: 'apiKey', value: 'k' } }), 'u');
  const token = endpointHeaders(endpoint({ ...old, credential: { kind: 'authToken', value: 't' } }), 'u');
  expect(key).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' });
  expect(key).not.toHaveProperty('authorization');
  expect(token).toMatchObject({ authorization: 'Bearer t' });
});

test('without a credential no header pretends to have one; betas are one header', () => {
  expect(endpointHeaders(endpoint({ betas: ['a-1', 'b-2'] }), 'u')).toEqual({
    'content-type': 'application/json',
    'anthropic-version': '2026-10-21',
    'user-agent': 'u',
    'anthropic-beta': 'a-1,b-2',
  });
});

test('a credential that would break the header is refused without being shown', () => {
  const broken = endpoint({ credential: { kind: 'apiKey', value: 'secret\r\nx-evil: 1' } });
  expect(() => endpointHeaders(broken, 'u')).toThrow(ConfigurationError);
  expect(() => endpointHeaders(broken, 'u')).not.toThrow(/secret/);
});
