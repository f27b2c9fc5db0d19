import { expect, test } from 'vitest';
import { createEmulator, parseScenario, ScenarioError } from '../index.ts';

const one = (reply: unknown): unknown => ({ replies: [reply] });

test.each<[unknown, path: string, problem: string]>([
  [null, '', 'should be an object, and is null'],
  [{}, 'replies', 'is missing'],
  [{ replies: {} }, 'replies', 'should be a list, and is an object'],
  [{ replies: [], sead: 1 }, 'sead', 'is not known here; known are name, description, seed, gapMs, replies, otherwise'],
  [{ replies: [], seed: 1.5 }, 'seed', 'should be a whole number of 0 or more, and is 1.5'],
  [{ replies: [], otherwise: 'sing' }, 'otherwise', 'should be "simulate", "refuse" or a reply, and is "sing"'],
  [one('Hi'), 'replies[0]', 'should be an object, and is "Hi"'],
  [one({}), 'replies[0]', 'says nothing: it needs text, thinking, toolUses, content, stopReason, status or raw'],
  [one({ text: 7 }), 'replies[0].text', 'should be a string or a list, and is 7'],
  [one({ text: ['a', 7] }), 'replies[0].text[1]', 'should be a string, and is 7'],
  [
    one({ text: 'a', content: [] }),
    'replies[0]',
    'has content, and thinking, text or toolUses as well; only one of the two can be',
  ],
  [
    one({ content: [{ type: 'image' }] }),
    'replies[0].content[0].type',
    'should be one of text, thinking, redacted_thinking, tool_use, web_search, web_fetch, block, and is "image"',
  ],
  [
    one({ content: [{ type: 'block', block: {} }] }),
    'replies[0].content[0].block.type',
    'should be a string, and is undefined',
  ],
  [
    one({ content: [{ type: 'web_search', query: 'a', results: [], error: 'b' }] }),
    'replies[0].content[0]',
    'has a result and an error; only one of the two can be',
  ],
  [one({ toolUses: [{ input: {} }] }), 'replies[0].toolUses[0].name', 'is missing'],
  [one({ status: 99 }), 'replies[0].status', 'should be a whole number from 200 to 599, and is 99'],
  [
    one({ status: 429, text: 'no' }),
    'replies[0].text',
    'is not known here; known are when, times, status, errorType, message, errorCode, retryAfterSeconds, headers, delayMs',
  ],
  [one({ status: 429, headers: { 'x-a': 1 } }), 'replies[0].headers["x-a"]', 'should be a string, and is 1'],
  [one({ raw: { body: {} } }), 'replies[0].raw.body', 'should be a string, and is an object'],
  [one({ text: 'a', times: 0 }), 'replies[0].times', 'should be a whole number of 1 or more, and is 0'],
  [
    one({ text: 'a', times: 'ever' }),
    'replies[0].times',
    'should be a whole number of 1 or more, or "always", and is "ever"',
  ],
  [
    one({ text: 'a', when: { lastText: 'a' } }),
    'replies[0].when.lastText',
    expect.stringContaining('is not known here') as never,
  ],
  [one({ text: 'a', when: {} }), 'replies[0].when', 'has no condition; leave it out'],
  [
    one({ text: 'a', when: { system: {} } }),
    'replies[0].when.system',
    'needs a string, or equals, contains, startsWith or endsWith',
  ],
  [
    one({ text: 'a', faults: [{ type: 'cut' }] }),
    'replies[0].faults[0]',
    'needs either afterEvents or before, which say where it strikes',
  ],
  [
    one({ text: 'a', faults: [{ type: 'cut', afterEvents: 1, before: 'ping' }] }),
    'replies[0].faults[0]',
    'needs either afterEvents or before, which say where it strikes',
  ],
  [
    one({ text: 'a', faults: [{ type: 'byte_order_mark' }, { type: 'delay', afterEvents: 1 }] }),
    'replies[0].faults[1].ms',
    'is missing',
  ],
  [
    one({ text: 'a', faults: [{ type: 'line_ends', ends: 'lf' }] }),
    'replies[0].faults[0].ends',
    'should be "crlf" or "cr", and is "lf"',
  ],
  [
    one({ text: 'a', faults: [{ type: 'chunks', afterEvents: 1 }] }),
    'replies[0].faults[0].afterEvents',
    'is not known here; known are type, maxBytes, seed',
  ],
  [
    one({ text: 'a', faults: [{ type: 'toString' }] }),
    'replies[0].faults[0].type',
    expect.stringContaining('one of cut, reset') as never,
  ],
  [
    one({ text: 'a', faults: [{ type: 'cut', before: 'mesage_stop' }] }),
    'replies[0].faults[0].before',
    expect.stringContaining('"message_stop", and is "mesage_stop"') as never,
  ],
  [
    one({ text: 'a', faults: [{ type: 'huge_line', afterEvents: 1, bytes: 1e9 }] }),
    'replies[0].faults[0].bytes',
    'should be a whole number from 1 to 100000000, and is 1000000000',
  ],
  [
    one({ text: 'a', delayMs: 1e12 }),
    'replies[0].delayMs',
    'should be a whole number from 0 to 2147483647, and is 1000000000000',
  ],
  [
    one({ text: 'a', headers: { 'a b': 'c' } }),
    'replies[0].headers["a b"]',
    expect.stringContaining('cannot be sent') as never,
  ],
  [
    one({ status: 500, headers: { a: 'b\nc' } }),
    'replies[0].headers.a',
    expect.stringContaining('cannot be sent') as never,
  ],
  ...['message', 'status', 'raw'].map((type): [unknown, string, string] => [
    one({ type, text: 'a' }),
    'replies[0].type',
    expect.stringContaining('is not known here') as never,
  ]),
  [
    JSON.parse('{"replies":[{"__proto__":{"text":"a"}}]}'),
    'replies[0].__proto__',
    expect.stringContaining('not known') as never,
  ],
])('refuses %j and says where and why', (scenario, path, problem) => {
  let error: unknown;
  try {
    parseScenario(scenario);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ScenarioError);
  expect(error).toMatchObject({ code: 'invalid_scenario', path, problem });
});

test('createEmulator refuses a scenario that cannot be played', () => {
  expect(() => createEmulator({ scenario: { replies: [{ status: 7 }] } })).toThrow(
    'The scenario cannot be played: replies[0].status should be a whole number from 200 to 599, and is 7',
  );
});

test('takes every kind of reply, condition and fault', () => {
  const faults = [
    { type: 'cut', afterEvents: 1, insideCharacter: true },
    ...['reset', 'end', 'stall', 'malformed_event', 'lost_event', 'repeated_event'].map((type) => ({
      type,
      before: 'ping',
    })),
    ...['unknown_event', 'unknown_delta', 'duplicate_index', 'comment'].map((type) => ({ type, afterEvents: 0 })),
    { type: 'error_event', afterEvents: 2, error: { type: 'overloaded_error', message: 'Busy' } },
    { type: 'delay', afterEvents: 0, ms: 5 },
    { type: 'comment', afterEvents: 0, text: 'x' },
    { type: 'huge_line', afterEvents: 0, bytes: 10 },
    { type: 'insert', afterEvents: 0, text: 'id: 1\n' },
    { type: 'split_characters' },
    { type: 'chunks' },
    { type: 'chunks', maxBytes: 3, seed: 9 },
    { type: 'byte_order_mark' },
    { type: 'line_ends', ends: 'cr' },
  ];
  const scenario = {
    name: 'Everything',
    description: 'All there is.',
    seed: 1,
    gapMs: 2,
    replies: [
      {
        when: {
          model: 'm',
          lastUserText: 'a',
          system: { equals: 'b' },
          toolResultFor: 'c',
          toolResult: { endsWith: 'd' },
        },
        text: 'x',
      },
      { when: { offersTool: 'e', stream: true, nth: 3 }, times: 'always', stopReason: 'end_turn' },
      {
        thinking: 't',
        text: ['a'],
        toolUses: [{ name: 'n', input: 'raw', id: 'toolu_1' }],
        gapMs: 1,
        delayMs: 2,
        headers: { a: 'b' },
        faults,
      },
      {
        content: [
          { type: 'thinking', thinking: 'a' },
          { type: 'text', text: 'a', citations: [{ type: 'char_location' }] },
          { type: 'redacted_thinking' },
          { type: 'tool_use', name: 'n' },
          { type: 'web_search', query: 'q', id: 'srvtoolu_1', results: [{ url: 'u', title: 't', pageAge: null }] },
          { type: 'web_search', query: 'q', error: 'unavailable' },
          { type: 'web_fetch', url: 'u', page: { text: 'a', title: 'b', retrievedAt: 'c' } },
          { type: 'web_fetch', url: 'u', error: 'url_not_allowed' },
          { type: 'block', block: { type: 'z' }, start: { type: 'z' }, deltas: [{ type: 'd' }], counts: 'input' },
        ],
      },
      { text: 'no', stopReason: 'refusal', stopDetails: { type: 'refusal', category: null, explanation: 'x' } },
      {
        status: 429,
        errorType: 'a',
        message: 'b',
        errorCode: 'c',
        retryAfterSeconds: 1,
        headers: {},
        delayMs: 1,
        times: 4,
      },
      { raw: { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, delayMs: 1 },
      { raw: {} },
    ],
    otherwise: { status: 500 },
  };
  expect(parseScenario(scenario)).toBe(scenario);
});
