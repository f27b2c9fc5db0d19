import { AssertionError } from 'node:assert';
import { expect, test } from 'vitest';
import { createEmulator, text, toolUse, type Emulator, type RequestExpectation } from '../index.ts';
import { ask, bodyOf, post, withResults } from '../testing/ask.ts';

/** A prompt that calls a tool, and the answer to its result; then a refused request. */
async function conversation(): Promise<Emulator> {
  const emulator = createEmulator({ script: [toolUse('Bash', { command: 'make' }), text('It failed.')] });
  const first = await ask(emulator, { messages: [{ role: 'user', content: 'Build it' }] });
  const results = [{ text: 'no rule', isError: true }];
  await ask(emulator, { messages: withResults('Build it', { calls: first.content, results }) });
  await post(emulator, bodyOf({ max_tokens: -1 }));
  return emulator;
}

const FITTING: RequestExpectation[] = [
  { lastUserText: 'Build it', status: 200, method: 'POST', path: '/v1/messages', state: 'answered' },
  { toolResultFor: 'Bash', toolResult: { contains: 'rule' }, body: { messages: [{ role: 'user' }, {}, {}] } },
  { model: 'claude-opus-5-5', status: 400, headers: { authorization: 'Bearer key' }, body: { max_tokens: -1 } },
];

function errorOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('requests that are as expected pass, and nothing has to be said of one', async () => {
  const emulator = await conversation();
  expect(() => emulator.expectRequests(...FITTING)).not.toThrow();
  expect(() => emulator.expectRequests({}, {}, {})).not.toThrow();
  expect(() => createEmulator().expectRequests()).not.toThrow();
});

test('one line tells each request', async () => {
  const emulator = await conversation();
  await emulator.send({ method: 'GET', url: '/v1/models?limit=1', headers: { 'anthropic-version': '2026-10-21' } });
  expect(emulator.tellRequests()).toMatchInlineSnapshot(`
    "1. claude-opus-5-5 "Build it" → 200
    2. claude-opus-5-5 Bash failed: "no rule" → 200
    3. claude-opus-5-5 "Hello" → 400
    4. GET /v1/models → 200"
  `);
});

test.each<[RequestExpectation, string]>([
  [{ lastUserText: 'Built it' }, 'lastUserText is "Build it", not "Built it"'],
  [
    { lastUserText: { contains: 'x' }, status: 500 },
    'status is 200, not 500; lastUserText is "Build it", without "x" in it',
  ],
  [{ toolResultFor: 'Bash' }, 'the newest message has no result of Bash'],
  [{ offersTool: 'Bash' }, 'no tool "Bash" is offered'],
  [{ headers: { 'x-mine': '1' } }, 'headers.x-mine is undefined, not "1"'],
  [{ body: { messages: [{ content: 'Build' }] } }, 'body.messages[0].content is "Build it", not "Build"'],
  [{ body: { messages: [] } }, 'body.messages has 1 elements, not 0'],
])('what is not as expected is told: %j', async (expectation, problem) => {
  const emulator = await conversation();
  const error = errorOf(() => emulator.expectRequests(expectation, {}, {}));
  expect(error).toBeInstanceOf(AssertionError);
  expect((error as AssertionError).message).toBe(
    `Request 1 is not as expected: ${problem}\nThe requests were:\n${emulator.tellRequests()}`,
  );
});

test('too few and too many requests are told, with all of them', async () => {
  const emulator = await conversation();
  const told = `\nThe requests were:\n${emulator.tellRequests()}`;
  expect(errorOf(() => emulator.expectRequests({}, {}))).toMatchObject({
    message: `3 requests were made, not 2${told}`,
    actual: 3,
    expected: 2,
  });
  expect(errorOf(() => emulator.expectRequests(...FITTING, {}))).toMatchObject({
    message: `3 requests were made, not 4${told}`,
  });
  expect(errorOf(() => createEmulator().expectRequests({}))).toMatchObject({ message: '0 requests were made, not 1' });
});

test('requests of any shape can be told and compared', async () => {
  const emulator = createEmulator();
  await post(emulator, '{"messages":7,"tools":{"a":1}');
  await post(emulator, { messages: [null], tools: { a: 1 } });
  expect(errorOf(() => emulator.expectRequests({ offersTool: 'a' }, {}))).toMatchObject({ name: 'AssertionError' });
});

test.each<[unknown, string]>([
  [{ lastusertext: 'Hi' }, 'of request 1, lastusertext is not known here; known are model, lastUserText'],
  [{ lastUserText: /Hi/ }, 'of request 1, lastUserText needs a string, or equals, contains, startsWith or endsWith'],
  [{ nth: 1 }, 'of request 1, nth cannot be expected'],
])('what is no condition does not pass: %j', async (expectation, problem) => {
  const emulator = await conversation();
  // As a test that is not compiled may write it.
  const error = errorOf(() => emulator.expectRequests(expectation as never, {}, {}));
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toContain(problem);
});
