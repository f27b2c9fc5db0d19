import { expect, test } from 'vitest';
import { createEmulator, parseScenario, rateLimited, text, toolUse, type Scenario } from '../index.ts';
import { ask, bodyOf, jsonOfBody, post, said, tools, withResults } from '../testing/ask.ts';

const prompt = (content: string): Record<string, unknown> => ({ messages: [{ role: 'user', content }] });

/** What each of these requests is answered: the text, or the status. */
async function answersTo(scenario: Scenario, ...requests: Record<string, unknown>[]): Promise<unknown[]> {
  const emulator = createEmulator({ scenario });
  const answers: unknown[] = [];
  for (const fields of requests) {
    const response = await post(emulator, bodyOf(fields));
    const body = await jsonOfBody<{ content: { text: string }[] }>(response);
    answers.push(response.status === 200 ? body.content.map((block) => block.text).join('') : response.status);
  }
  return answers;
}

test('replies without a condition are given in order, as often as they say, then the emulator answers by itself', async () => {
  const scenario: Scenario = { replies: [{ text: 'One' }, { status: 529, times: 2 }, text('Two')] };
  const answers = await answersTo(scenario, {}, {}, {}, {}, {});
  expect(answers.slice(0, 4)).toEqual(['One', 529, 529, 'Two']);
  expect(answers[4]).toContain('Simulated answer');
});

test('a reply whose condition fits comes before those in order, once', async () => {
  const scenario: Scenario = {
    replies: [{ text: 'In order' }, { when: { lastUserText: { contains: 'weather' } }, text: 'Sunny' }],
    otherwise: 'refuse',
  };
  expect(await answersTo(scenario, prompt('The weather?'), prompt('The weather?'), prompt('Else'))).toEqual([
    'Sunny',
    'In order',
    400,
  ]);
});

test('replies with the same condition are given one after the other, the last one always', async () => {
  const when = { lastUserText: 'Go' };
  const scenario: Scenario = {
    replies: [
      { when, text: 'First' },
      { when, text: 'Then', times: 'always' },
    ],
  };
  expect(await answersTo(scenario, prompt('Go'), prompt('Go'), prompt('Go'))).toEqual(['First', 'Then', 'Then']);
});

test('nth counts the requests that fit everything else', async () => {
  const scenario: Scenario = {
    replies: [
      { when: { lastUserText: 'Go', nth: 2 }, status: 500 },
      { when: {}, text: 'ok', times: 'always' } as never,
    ],
  };
  expect(() => createEmulator({ scenario })).toThrow('replies[1].when has no condition');
  scenario.replies = [
    { when: { lastUserText: 'Go', nth: 2 }, status: 500 },
    { text: 'ok', times: 'always' },
  ];
  const asked = [prompt('Go'), prompt('Stay'), prompt('Go'), prompt('Go')];
  expect(await answersTo(scenario, ...asked)).toEqual(['ok', 'ok', 500, 'ok']);
});

test.each<[string, Scenario['replies'][number], Record<string, unknown>, Record<string, unknown>]>([
  ['model', { when: { model: 'claude-opus-5-5' }, text: 'fits' }, {}, { model: 'claude-haiku-5-5' }],
  [
    'system',
    { when: { system: { startsWith: 'You', endsWith: 'cook.' } }, text: 'fits' },
    { system: [{ type: 'text', text: 'You are a cook.' }] },
    { system: 'You are a cook!' },
  ],
  ['offersTool', { when: { offersTool: 'Bash' }, text: 'fits' }, { tools: tools() }, { tools: tools('lower') }],
  ['a function', { when: (request) => request.max_tokens === 7, text: 'fits' }, { max_tokens: 7 }, {}],
  ['reminders', { when: { lastUserText: 'Hi' }, text: 'fits' }, prompt('<system-reminder>x</system-reminder>Hi'), {}],
])('a condition on %s lets through what fits and nothing else', async (_, reply, fits, other) => {
  expect(await answersTo({ replies: [reply], otherwise: 'refuse' }, other, fits)).toEqual([400, 'fits']);
});

test('a turn with tools is matched by what came back of which tool', async () => {
  const call = (name: string) => ({ type: 'tool_use', id: `toolu_${name}`, name, input: {} });
  const scenario: Scenario = {
    replies: [
      {
        when: { lastUserText: 'Build it' },
        text: 'Let me look.',
        toolUses: [{ name: 'Bash', input: { command: 'make' } }],
      },
      { when: { toolResultFor: 'Bash', toolResult: { contains: 'error' } }, text: 'It failed.' },
      { when: { toolResultFor: 'Read' }, text: 'Read.' },
    ],
    otherwise: 'refuse',
  };
  const round = (name: string, result: string) =>
    withResults('Build it', { calls: [call(name)], results: [{ text: result }] });
  const emulator = createEmulator({ scenario });
  expect((await ask(emulator, prompt('Build it'))).content).toEqual([
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_use', id: expect.stringMatching(/^toolu_/), name: 'Bash', input: { command: 'make' } },
  ]);
  expect(said(await ask(emulator, { messages: round('Bash', 'error: no rule') }))).toBe('It failed.');
  expect(said(await ask(emulator, { messages: round('Read', 'text') }))).toBe('Read.');
  const refused = await post(emulator, bodyOf({ messages: round('Bash', 'fine') }));
  expect([refused.status, (await jsonOfBody<{ error: { message: string } }>(refused)).error.message]).toEqual([
    400,
    'emulator: no reply of the scenario fits this request (claude-opus-5-5, results of Bash)',
  ]);
});

test('the script comes before the scenario, and what is left over may be a reply of its own', async () => {
  const emulator = createEmulator({
    script: [text('Script')],
    scenario: { replies: [() => toolUse('Bash')], otherwise: { text: 'Nothing left' } },
  });
  const kinds = async () => (await ask(emulator)).content.map((block) => block.text ?? block.type);
  expect([await kinds(), await kinds(), await kinds(), await kinds()]).toEqual([
    ['Script'],
    ['tool_use'],
    ['Nothing left'],
    ['Nothing left'],
  ]);
});

test('seed and gap of a scenario hold unless the options say otherwise', async () => {
  const idWith = async (options: Parameters<typeof createEmulator>[0]): Promise<string> =>
    (await ask(createEmulator(options))).id;
  const scenario: Scenario = { seed: 4, replies: [] };
  expect(await idWith({ scenario })).toBe(await idWith({ seed: 4 }));
  expect(await idWith({ scenario, seed: 5 })).toBe(await idWith({ seed: 5 }));
});

test('a builder’s reply can have conditions too, and a refused request takes nothing', async () => {
  const scenario: Scenario = {
    replies: [{ when: { nth: 1 }, reply: rateLimited({ retryAfterSeconds: 3 }) }, { text: 'After' }],
  };
  const emulator = createEmulator({ scenario });
  expect((await post(emulator, bodyOf({ max_tokens: -1 }))).status).toBe(400);
  expect((await post(emulator, bodyOf())).headers['retry-after']).toBe('3');
  expect(said(await ask(emulator))).toBe('After');
});

test('the same scenario gives the same bytes, as code and as JSON', async () => {
  const scenario: Scenario = {
    replies: [
      { thinking: 'Hm.', text: 'Ü', toolUses: [{ name: 'a', input: '{"half":' }], stopReason: 'max_tokens' },
      {
        content: [
          { type: 'text', text: ['a', 'b'] },
          { type: 'block', block: { type: 'new', x: 1 } },
        ],
      },
    ],
  };
  const bytes = async (played: Scenario): Promise<string[]> => {
    const emulator = createEmulator({ scenario: played });
    const texts = [];
    for (const _ of [1, 2]) {
      const parts = [];
      for await (const chunk of (await post(emulator, bodyOf({ stream: true }))).body) parts.push(Buffer.from(chunk));
      texts.push(Buffer.concat(parts).toString());
    }
    return texts;
  };
  const asCode = await bytes(scenario);
  expect(await bytes(parseScenario(JSON.parse(JSON.stringify(scenario))))).toEqual(asCode);
  expect(asCode[0]).toContain('"partial_json":"{\\"half\\":"');
  expect(asCode[1]).toContain('"content_block":{"type":"new","x":1}');
});
