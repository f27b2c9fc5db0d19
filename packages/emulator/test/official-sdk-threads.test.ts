// The tool runner and the message threads of the official client.
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { expect, test } from 'vitest';
import { cut, manualClock, refusal, status, text, thinking, toolUses } from '@colloquy/emulator';
import { caught, connected, connectedTo } from './connected.ts';

/** A tool that notes what it is called with. */
function adding(calls: unknown[]) {
  return betaTool({
    name: 'add',
    description: 'Adds two numbers',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    } as const,
    run: ({ a, b }) => {
      calls.push([a, b]);
      if (a < 0) throw new Error('too small');
      return String(a + b);
    },
  });
}

const script = () => [
  thinking(
    'I will add.',
    toolUses([
      { name: 'add', input: { a: 1, b: 2 } },
      { name: 'add', input: { a: -1, b: 0 } },
    ]),
  ),
  toolUses([{ name: 'add', input: { a: 3, b: 4 } }]),
  text('Seven.'),
];
const asked = (calls: unknown[]) => ({
  model: 'claude-opus-5-5',
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content: 'Add.' }],
  tools: [adding(calls)],
});

test.each([
  ['a thread', {}, [1, 1, 1]],
  ['the whole history', { thread: false as const }, [1, 3, 5]],
])('the tool runner works a conversation to its end with %s', async (_, more, lengths) => {
  await using on = await connected(...script());
  const calls: unknown[] = [];
  const message = await on.client.beta.messages.toolRunner({ ...asked(calls), ...more });
  expect(calls).toEqual([
    [1, 2],
    [-1, 0],
    [3, 4],
  ]);
  expect(message.content).toMatchObject([{ type: 'text', text: 'Seven.' }]);
  expect(on.emulator.requests.map(({ messages }) => messages.length)).toEqual(lengths);
});

test('the tool runner streams', async () => {
  await using on = await connected(...script());
  const calls: unknown[] = [];
  const said: string[] = [];
  for await (const stream of on.client.beta.messages.toolRunner({ ...asked(calls), stream: true })) {
    stream.on('text', (delta) => said.push(delta));
    await stream.finalMessage();
  }
  expect([calls.length, said.join('')]).toEqual([3, 'Seven.']);
});

test('a thread sends only what is new', async () => {
  await using on = await connected(text('One'), text('Two'), text('Three'));
  const thread = on.client.beta.messages.thread({ model: 'claude-opus-5-5', max_tokens: 100, system: 'Be brief.' });
  const first = await thread.send({ role: 'user', content: 'First' });
  const second = await thread.stream({ role: 'user', content: 'Second' }).finalMessage();
  await thread.send({ role: 'user', content: 'Third' });
  expect(thread.messages.map(({ content }) => content)).toMatchObject([
    'First',
    [{ text: 'One' }],
    'Second',
    [{ text: 'Two' }],
    'Third',
    [{ text: 'Three' }],
  ]);
  expect(on.emulator.requests.map(({ body }) => [body.messages.length, body.system, body.thread])).toEqual([
    [1, 'Be brief.', { type: 'create' }],
    [1, undefined, { type: 'continue', previous_message_id: first.id }],
    [1, undefined, { type: 'continue', previous_message_id: second.id }],
  ]);
});

test('a thread that was forgotten is replayed', async () => {
  const clock = manualClock();
  await using on = await connectedTo({ clock, script: [text('One'), text('Two')] });
  const thread = on.client.beta.messages.thread({ model: 'claude-opus-5-5', max_tokens: 100 });
  await thread.send({ role: 'user', content: 'First' });
  await clock.advance(5 * 60_000);
  expect(await thread.send({ role: 'user', content: 'Second' })).toMatchObject({ content: [{ text: 'Two' }] });
  expect(on.emulator.requests.map(({ status: answered, messages }) => [answered, messages.length])).toEqual([
    [200, 1],
    [404, 1],
    [200, 3],
  ]);
});

test('two threads cannot continue one answer; the second replays its own history', async () => {
  await using on = await connected(text('One'), text('Two'), text('Other'));
  const thread = on.client.beta.messages.thread({ model: 'claude-opus-5-5', max_tokens: 100 });
  const { id } = await thread.send({ role: 'user', content: 'First' });
  await thread.send({ role: 'user', content: 'Second' });
  const again = await caught(
    on.client.beta.messages.create({
      model: 'claude-opus-5-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Other' }],
      thread: { type: 'continue', previous_message_id: id },
      betas: ['message-threads-2026-08-12'],
    }),
  );
  expect(again).toBeInstanceOf(Anthropic.ThreadAlreadyContinuedError);
});

test.each([
  ['a cut stream', cut({ afterEvents: 5 })],
  ['an error', status(529)],
  ['a refusal', refusal({ category: 'bio' })],
])('a thread goes on after %s', async (_, trouble) => {
  await using on = await connected(text('One'), trouble, text('Two'));
  const thread = on.client.beta.messages.thread({ model: 'claude-opus-5-5', max_tokens: 100 });
  await thread.send({ role: 'user', content: 'First' });
  await caught(thread.stream({ role: 'user', content: 'Second' }).finalMessage());
  expect(await thread.send({ role: 'user', content: 'Second, again' })).toMatchObject({ content: [{ text: 'Two' }] });
});

test('a thread with context management goes on without one where it is told to', async () => {
  await using on = await connected(text('One'), text('Two'));
  const thread = on.client.beta.messages.thread({
    model: 'claude-opus-5-5',
    max_tokens: 100,
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    betas: ['context-management-2025-06-27'],
    unsupportedRequestBehavior: 'continue_unthreaded',
  });
  await thread.send({ role: 'user', content: 'First' });
  await thread.send({ role: 'user', content: 'Second' });
  expect(on.emulator.requests.map(({ status: answered, messages }) => [answered, messages.length])).toEqual([
    [400, 1],
    [200, 1],
    [200, 3],
  ]);
});
