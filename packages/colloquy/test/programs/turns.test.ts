import { createEmulator, text } from '@colloquy/emulator';
import { ClaudeSDKClient, type SDKUserMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { brief, collect, offline } from './offline.ts';

const said = (content: string, more: Partial<SDKUserMessage> = {}): SDKUserMessage => ({
  type: 'user',
  message: { role: 'user', content },
  parent_tool_use_id: null,
  ...more,
});

async function* each<T>(...items: T[]): AsyncGenerator<T, void, void> {
  yield* items;
}

test('a second turn is sent with the first one', async () => {
  const emulator = createEmulator({ script: [text('Hello Ada.'), text('You are Ada.')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('I am Ada');
  expect((await collect(client.receiveResponse())).map(brief)).toEqual([
    'init',
    'assistant Hello Ada.',
    'result Hello Ada.',
  ]);
  await client.query('Who am I?');
  expect((await collect(client.receiveResponse())).map(brief)).toEqual([
    'init',
    'assistant You are Ada.',
    'result You are Ada.',
  ]);
  expect(emulator.requests[1]?.messages).toMatchObject([
    { role: 'user', content: [{ text: 'I am Ada' }] },
    { role: 'assistant', content: [{ text: 'Hello Ada.' }] },
    { role: 'user', content: [{ text: 'Who am I?' }] },
  ]);
});

test('two sessions of one client do not mix', async () => {
  const emulator = createEmulator({
    script: [text('4'), text('Once upon a time'), text('8'), text('there was a fox')],
  });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('2 + 2', { sessionId: 'math' });
  const math = await collect(client.receiveResponse({ sessionId: 'math' }));
  await client.query('Begin a story', { sessionId: 'story' });
  const story = await collect(client.receiveResponse({ sessionId: 'story' }));
  await client.query('times 2', { sessionId: 'math' });
  await collect(client.receiveResponse({ sessionId: 'math' }));
  await client.query('Go on', { sessionId: 'story' });
  await collect(client.receiveResponse({ sessionId: 'story' }));

  expect(new Set(math.map(({ session_label }) => session_label))).toEqual(new Set(['math']));
  expect(new Set(math.map(({ session_id }) => session_id))).toEqual(new Set([client.sessionId('math')]));
  expect(new Set(story.map(({ session_id }) => session_id))).toEqual(new Set([client.sessionId('story')]));
  expect(client.sessionId('math')).not.toBe(client.sessionId('story'));
  expect(
    emulator.requests.map(({ messages }) =>
      messages.filter(({ role }) => role === 'user').map(({ content }) => content),
    ),
  ).toMatchObject([
    [[{ text: '2 + 2' }]],
    [[{ text: 'Begin a story' }]],
    [[{ text: '2 + 2' }], [{ text: 'times 2' }]],
    [[{ text: 'Begin a story' }], [{ text: 'Go on' }]],
  ]);
});

test('three prompts sent at once give three results, in order', async () => {
  const emulator = createEmulator({ script: [text('one'), text('two'), text('three')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await Promise.all([client.query('1'), client.query('2'), client.query('3')]);
  const results = [];
  for (let turn = 0; turn < 3; turn++) results.push((await collect(client.receiveResponse())).map(brief));
  expect(results).toEqual([
    ['init', 'assistant one', 'result one'],
    ['init', 'assistant two', 'result two'],
    ['init', 'assistant three', 'result three'],
  ]);
});

test('a session is named by its UUID too, whatever its label', async () => {
  const emulator = createEmulator({ script: [text('a'), text('b')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('1', { sessionId: 'math' });
  const id = client.sessionId('math');
  await client.query('2', { sessionId: id });
  expect((await collect(client.receiveResponse({ sessionId: id }))).map(brief)).toContain('result a');
  const second = await collect(client.receiveResponse({ sessionId: 'math' }));
  expect(second.at(-1)).toMatchObject({ type: 'result', result: 'b', session_id: id, session_label: 'math' });
  expect(emulator.requests[1]?.messages).toHaveLength(3);
});

test('the labels on the messages of an iterable win over the option', async () => {
  const emulator = createEmulator({ script: [text('to a'), text('to b'), text('to c')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  const prompts = each(
    said('1', { session_id: 'a' }),
    said('2', { session_id: '' }),
    said('3', { session_label: 'c', session_id: 'x' }),
  );
  await client.query(prompts, { sessionId: 'b' });
  const asked: (string | undefined)[][] = [];
  for (const sessionId of ['a', 'b', 'c']) {
    const result = (await collect(client.receiveResponse({ sessionId }))).at(-1)!;
    asked.push([result.session_label, result.session_id]);
  }
  expect(asked).toEqual(['a', 'b', 'c'].map((label) => [label, client.sessionId(label)]));
  expect(client.sessionId('x')).toBeUndefined();
  expect(client.sessionId()).toBeUndefined();
});

test('the model and the mode change between turns', async () => {
  const emulator = createEmulator({ script: [text('1'), text('2'), text('3')] });
  await using client = new ClaudeSDKClient(offline(emulator, { model: 'opus' }));
  const inits: unknown[] = [];
  const ask = async (): Promise<void> => {
    await client.query('Hi');
    for await (const message of client.receiveResponse()) {
      if (message.type === 'system' && message.subtype === 'init')
        inits.push([message.model, message.permissionMode, message.colloquy_mode]);
    }
  };
  await ask();
  await client.setModel('haiku');
  await client.setPermissionMode('readOnly');
  await ask();
  await client.setModel();
  await client.setPermissionMode('plan');
  await ask();
  const models = emulator.requests.map(({ body }) => body.model);
  expect(models).toEqual(['claude-opus-5-5', 'claude-haiku-5-5', 'claude-opus-5-5']);
  expect(inits).toEqual([
    [models[0], 'default', undefined],
    [models[1], 'default', 'readOnly'],
    [models[2], 'plan', undefined],
  ]);
});

test('a mode and a model set before a session is opened count in it', async () => {
  const emulator = createEmulator({ script: [text('1')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.setModel('haiku');
  await client.setPermissionMode('strict');
  await client.query('Hi');
  const [init] = await collect(client.receiveResponse());
  expect(init).toMatchObject({ subtype: 'init', model: 'claude-haiku-5-5', colloquy_mode: 'strict' });
});

test('a prompt without a query joins the history and has an empty result', async () => {
  const emulator = createEmulator({ script: [text('Noted, and hello')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query(each(said('Remember: 7', { shouldQuery: false }), said('Hello')));
  expect((await collect(client.receiveResponse())).map(brief)).toEqual(['init', 'result ']);
  expect((await collect(client.receiveResponse())).map(brief)).toEqual([
    'init',
    'assistant Noted, and hello',
    'result Noted, and hello',
  ]);
  expect(JSON.stringify(emulator.requests[0]?.messages)).toContain('Remember: 7');
});
