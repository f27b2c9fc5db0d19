import { expect, test } from 'vitest';
import { createEmulator, text } from '../index.ts';
import { ask, bodyOf, jsonOfBody, post, textOfBody } from '../testing/ask.ts';
import type { RateLimitOptions } from './rate-limits.ts';

/** An emulator whose clock stands until the test moves it. */
function limited(rateLimits: RateLimitOptions) {
  const time = { ms: Date.parse('2026-11-20T12:00:00Z') };
  const clock = { now: () => time.ms, sleep: () => Promise.reject(new Error('nobody should sleep')) };
  return { emulator: createEmulator({ rateLimits, clock }), wait: (ms: number) => (time.ms += ms) };
}

const limitsOf = ({ headers }: { headers: Record<string, string> }) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith('anthropic-ratelimit-'))
      .map(([name, value]) => [name.slice('anthropic-ratelimit-'.length), value]),
  );

test('every answer to a messages request tells what the key may still ask for, and when all of it is back', async () => {
  const { emulator } = limited({ requestsPerMinute: 60, inputTokensPerMinute: 60_000, outputTokensPerMinute: 6000 });
  const told = {
    'requests-limit': '60',
    'requests-remaining': '59',
    'requests-reset': '2026-11-20T12:00:01Z',
    'tokens-limit': '6000',
    'tokens-remaining': '6000',
    'tokens-reset': '2026-11-20T12:00:00Z',
    'input-tokens-limit': '60000',
    'input-tokens-remaining': '58000',
    'input-tokens-reset': '2026-11-20T12:00:02Z',
    'output-tokens-limit': '6000',
    'output-tokens-remaining': '6000',
    'output-tokens-reset': '2026-11-20T12:00:00Z',
  };
  emulator.script(text('Hi'), text('y'.repeat(8000)));
  const messages = [{ role: 'user', content: 'x'.repeat(8000) }];
  expect(limitsOf(await post(emulator, bodyOf({ messages })))).toEqual(told);
  const streamed = await post(emulator, bodyOf({ messages, stream: true, max_tokens: 5000 }));
  expect(limitsOf(streamed)).toMatchObject({ 'requests-remaining': '58', 'output-tokens-remaining': '6000' });
  expect(limitsOf(await post(emulator, bodyOf()))).toMatchObject({
    'output-tokens-remaining': '4000',
    'tokens-remaining': '4000',
    'tokens-limit': '6000',
    'output-tokens-reset': '2026-11-20T12:00:21Z',
  });
});

test('refuses the request that is one too many with 429, until the time in retry-after has passed', async () => {
  const { emulator, wait } = limited({ requestsPerMinute: 2 });
  await ask(emulator);
  await ask(emulator);
  const refused = await post(emulator, bodyOf());
  expect([refused.status, refused.headers['retry-after'], limitsOf(refused)['requests-remaining']]).toEqual([
    429,
    '30',
    '0',
  ]);
  expect(await jsonOfBody(refused)).toEqual({
    type: 'error',
    error: { type: 'rate_limit_error', message: expect.stringContaining('the rate limit of 2 requests per minute') },
    request_id: refused.headers['request-id'],
  });
  wait(29_999);
  expect((await post(emulator, bodyOf())).status).toBe(429);
  wait(1);
  expect((await post(emulator, bodyOf())).status).toBe(200);
});

test('counts the tokens of a prompt before it is answered, and those of an answer afterwards', async () => {
  const { emulator, wait } = limited({ inputTokensPerMinute: 1000, outputTokensPerMinute: 1000 });
  const status = async (chars: number): Promise<unknown[]> => {
    const response = await post(emulator, bodyOf({ messages: [{ role: 'user', content: 'x'.repeat(chars) }] }));
    return [response.status, response.headers['retry-after'], /\d+ \w+ tokens/.exec(await textOfBody(response))?.[0]];
  };
  emulator.script(text('Hi'));
  expect(await status(2400)).toEqual([200, undefined, undefined]);
  expect(await status(2400)).toEqual([429, '12', '1000 input tokens']);
  // More than the bucket ever holds is told to wait until it is full; it will not be let in then either.
  expect(await status(4004)).toEqual([429, '36', '1000 input tokens']);
  wait(60_000);
  emulator.script(text('y'.repeat(4000)));
  await ask(emulator, { max_tokens: 3000 });
  expect(await status(4)).toEqual([429, '1', '1000 output tokens']);
});

test('keys and classes of models have allowances of their own, and so has the counting of tokens', async () => {
  const { emulator } = limited({ requestsPerMinute: 1 });
  const statusOf = async (model: string, key: string, path?: string): Promise<number> => {
    const body = bodyOf({ model });
    if (path !== undefined) delete body.max_tokens;
    const o = { headers: { authorization: `Bearer ${key}` }, ...(path === undefined ? {} : { path }) };
    return (await post(emulator, body, o)).status;
  };
  expect(await statusOf('claude-opus-5-5', 'a')).toBe(200);
  expect(await statusOf('claude-opus-5', 'a')).toBe(429);
  expect(await statusOf('claude-sonnet-5-5', 'a')).toBe(200);
  expect(await statusOf('claude-opus-5', 'b')).toBe(200);
  expect(await statusOf('claude-opus-5', 'b', '/v1/messages/count_tokens')).toBe(200);
  expect(await statusOf('claude-sonnet-5', 'b', '/v1/messages/count_tokens')).toBe(429);
});

test('what is refused for another reason, or limited, takes nothing from the script', async () => {
  const { emulator } = limited({ requestsPerMinute: 1 });
  emulator.script(text('One'), text('Two'));
  expect((await post(emulator, bodyOf({ messages: [] }))).status).toBe(400);
  expect((await post(emulator, bodyOf())).status).toBe(200);
  expect((await post(emulator, bodyOf())).status).toBe(429);
  const other = await post(emulator, bodyOf(), { headers: { authorization: 'Bearer other' } });
  expect(await jsonOfBody(other)).toMatchObject({ content: [{ text: 'Two' }] });
});

test('a limit that is no number above 0 is told at once', () => {
  expect(() => createEmulator({ rateLimits: { requestsPerMinute: 0 } })).toThrow(
    'rateLimits.requestsPerMinute must be a number above 0',
  );
  expect(() => createEmulator({ rateLimits: { outputTokensPerMinute: Number.NaN } })).toThrow(RangeError);
});
