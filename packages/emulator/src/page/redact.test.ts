import { expect, test } from 'vitest';
import { Redaction } from './redact.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';
const TOKEN = 'opaque.token-0123456789';

test('hides every header that is not known to be harmless', () => {
  const headers = {
    'user-agent': 'colloquy/1.0',
    'anthropic-beta': 'a,b',
    'x-stainless-retry-count': '0',
    authorization: `Bearer ${TOKEN}`,
    'x-api-key': KEY,
    cookie: 'session=abc',
    'x-company-auth': 'abc',
  };
  expect(new Redaction(headers).headers(headers)).toEqual({
    'user-agent': 'colloquy/1.0',
    'anthropic-beta': 'a,b',
    'x-stainless-retry-count': '0',
    authorization: '(hidden)',
    'x-api-key': '(hidden)',
    cookie: '(hidden)',
    'x-company-auth': '(hidden)',
  });
});

test('hides what the credential headers hold, and keys, wherever a body repeats them', () => {
  const redaction = new Redaction({ authorization: `Bearer ${TOKEN}` });
  const body = {
    system: `export TOKEN=${TOKEN}; export KEY=${KEY}`,
    mcp_servers: [{ name: 'a', authorization_token: 'short' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: `"${KEY}"` }] }],
    metadata: { [TOKEN]: 1 },
    max_tokens: 5,
    stream: false,
    thinking: null,
  };
  expect(redaction.json(body, { maxChars: 1000 })).toEqual({
    system: 'export TOKEN=(hidden); export KEY=(hidden)',
    mcp_servers: [{ name: 'a', authorization_token: '(hidden)' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: '"(hidden)"' }] }],
    metadata: { '(hidden)': 1 },
    max_tokens: 5,
    stream: false,
    thinking: null,
  });
});

test('a key as short as a word hides no words, and a field that describes a secret stays', () => {
  const redaction = new Redaction({ 'x-api-key': 'any' });
  const schema = { properties: { password: { type: 'string' } } };
  expect(redaction.text('any word')).toBe('any word');
  expect(redaction.json(schema, { maxChars: 100 })).toEqual(schema);
});

test('hides the values of unknown query parameters', () => {
  expect(new Redaction({}).query('beta=true&key=abc&limit=2&flag')).toBe('beta=true&key=(hidden)&limit=2&flag');
});

test('says how much of a long string is left out', () => {
  expect(new Redaction({}).json(['x'.repeat(12)], { maxChars: 10 })).toEqual(['xxxxxxxxxx… (2 more characters)']);
});
