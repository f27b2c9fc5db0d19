import { expect, test } from 'vitest';
import {
  createEmulator,
  cut,
  emit,
  manualClock,
  maxTokens,
  paced,
  status,
  text,
  thinking,
  toolUse,
  type EmulatorOptions,
  type MessagesRequest,
} from '../index.ts';
import { bodyOf, jsonOfBody, post, textOfBody, type Message } from '../testing/ask.ts';

const headers = { 'anthropic-beta': 'message-threads-2026-08-12' };
const user = (content: unknown) => ({ role: 'user', content });
const create = { thread: { type: 'create' } };
const onFrom = (id: string, ...messages: unknown[]) => ({
  messages,
  thread: { type: 'continue', previous_message_id: id },
});

/** An emulator that notes the conversation which each reply answers. */
function threading(o: EmulatorOptions = {}) {
  const clock = manualClock();
  const seen: MessagesRequest[] = [];
  const emulator = createEmulator({ clock, ...o });
  const noting = (words: string) => (request: MessagesRequest) => {
    seen.push(request);
    return text(words);
  };
  const send = (fields: Record<string, unknown>, more: Record<string, string> = {}) =>
    post(emulator, bodyOf(fields), { headers: { ...headers, ...more } });
  const ask = async (fields: Record<string, unknown>): Promise<Message> => jsonOfBody<Message>(await send(fields));
  const refusal = async (fields: Record<string, unknown>, more?: Record<string, string>): Promise<unknown[]> => {
    const response = await send(fields, more);
    const { error } = await jsonOfBody<{ error?: { details?: { error_code: string; unsupported?: string[] } } }>(
      response,
    );
    return [response.status, error?.details?.error_code];
  };
  return { clock, emulator, seen, noting, send, ask, refusal };
}

test('a thread holds the conversation, with the system text and the tools it was created with', async () => {
  const on = threading();
  on.emulator.script(on.noting('One'), on.noting('Two'), on.noting('Three'));
  const tools = [{ name: 'Bash', input_schema: { type: 'object' } }];
  const first = await on.ask({ ...create, system: 'Be brief.', tools, messages: [user('First')] });
  const second = await on.ask(onFrom(first.id, user('Second')));
  await on.ask(onFrom(second.id, user('Third')));
  expect(on.seen[2]).toMatchObject({
    system: 'Be brief.',
    tools,
    messages: [
      user('First'),
      { role: 'assistant', content: [{ type: 'text', text: 'One' }] },
      user('Second'),
      { role: 'assistant', content: [{ type: 'text', text: 'Two' }] },
      user('Third'),
    ],
  });
  expect(on.seen[2]).not.toHaveProperty('thread');
  expect(on.emulator.requests[2]?.messages).toEqual([user('Third')]);
});

test('thinking and tool calls are held as they were signed', async () => {
  const on = threading({ script: [thinking('Hm.', toolUse('Bash')), text('Done.')] });
  const first = await on.ask({ ...create, model: 'claude-fable-5-2', messages: [user('Go')] });
  const result = { type: 'tool_result', tool_use_id: first.content.at(-1)?.id };
  const second = await on.ask({ model: 'claude-fable-5-2', ...onFrom(first.id, user([result])) });
  expect(second.content).toEqual([{ type: 'text', text: 'Done.' }]);
});

test('each answer is continued once, and from no other workspace', async () => {
  const on = threading();
  const first = await on.ask(create);
  expect(await on.refusal(onFrom(first.id, user('x')), { 'anthropic-workspace-id': 'wrkspc_other' })).toEqual([
    404,
    'thread_not_found',
  ]);
  const second = await on.ask(onFrom(first.id, user('x')));
  expect(await on.refusal(onFrom(first.id, user('y')))).toEqual([400, 'thread_already_continued']);
  expect(await on.refusal(onFrom(second.id, user('y')))).toEqual([200, undefined]);
  expect(await on.refusal(onFrom('msg_unknown', user('y')))).toEqual([404, 'thread_not_found']);
});

test('a thread is forgotten five minutes after its last request', async () => {
  const on = threading();
  const first = await on.ask(create);
  await on.clock.advance(299_999);
  const second = await on.ask(onFrom(first.id, user('x')));
  await on.clock.advance(299_999);
  const third = await on.ask(onFrom(second.id, user('x')));
  await on.clock.advance(300_000);
  expect(await on.refusal(onFrom(third.id, user('x')))).toEqual([404, 'thread_not_found']);
});

test('while an answer is under way nobody else continues from where it did', async () => {
  const on = threading({ script: [text('Hi'), paced(1000, emit(3)), text('Again')] });
  const first = await on.ask(create);
  const streamed = await on.send({ ...onFrom(first.id, user('x')), stream: true });
  expect(await on.refusal(onFrom(first.id, user('y')))).toEqual([400, 'thread_continue_in_flight']);
  const reading = textOfBody(streamed);
  await on.clock.advance(2000);
  const id = /"id":"(msg_\w+)"/.exec(await reading)?.[1] ?? '';
  expect(await on.refusal(onFrom(first.id, user('y')))).toEqual([400, 'thread_already_continued']);
  expect(await on.refusal(onFrom(id, user('y')))).toEqual([200, undefined]);
});

test.each([
  ['a refusal of the request', { max_tokens: -1 }, undefined],
  ['an error', {}, status(529)],
  ['a cut stream', { stream: true }, cut({ afterEvents: 3 })],
])('after %s the same request may be made again', async (_, fields, reply) => {
  const on = threading({ script: [text('Hi'), ...(reply === undefined ? [] : [reply])] });
  const first = await on.ask(create);
  const failed = await on.send({ ...onFrom(first.id, user('x')), ...fields });
  await textOfBody(failed).catch(() => undefined);
  expect(await on.refusal(onFrom(first.id, user('x')))).toEqual([200, undefined]);
});

test('cache markers of earlier requests do not count', async () => {
  const on = threading();
  const marked = (words: string) => user([{ type: 'text', text: words, cache_control: { type: 'ephemeral' } }]);
  let { id } = await on.ask({ ...create, messages: [marked('0')] });
  for (const words of ['1', '2', '3', '4', '5']) ({ id } = await on.ask(onFrom(id, marked(words))));
  expect(await on.refusal(onFrom(id, marked('6'), marked('7'), marked('8'), marked('9')))).toEqual([200, undefined]);
});

test('an answer without content leaves nothing behind', async () => {
  const on = threading({ script: [text([]), maxTokens('Cut'), text('Fine')] });
  const first = await on.ask({ ...create, max_tokens: 0 });
  const second = await on.ask(onFrom(first.id, user('x')));
  expect(await on.refusal(onFrom(second.id, user('y')))).toEqual([200, undefined]);
});

test.each<[string, Record<string, unknown>, string | undefined]>([
  ['another model', { model: 'claude-fable-5-2' }, 'thread_fingerprint_mismatch'],
  ['another effort', { output_config: { effort: 'low' } }, 'thread_fingerprint_mismatch'],
  ['a system text', { system: 'Be brief.' }, undefined],
  ['tools', { tools: [] }, undefined],
  ['no messages', { messages: undefined }, undefined],
  ['nothing new', { messages: [] }, undefined],
])('refuses to go on with %s', async (_, fields, code) => {
  const on = threading();
  const first = await on.ask(create);
  expect(await on.refusal({ ...onFrom(first.id, user('x')), ...fields })).toEqual([400, code]);
});

test.each<[string, unknown, Record<string, unknown>, string | undefined]>([
  ['a thread of no kind', { type: 'fork' }, {}, undefined],
  ['a thread that is a word', 'create', {}, undefined],
  ['an unknown field', { type: 'create', id: 'x' }, {}, undefined],
  ['nothing to go on with', { type: 'continue' }, {}, undefined],
])('refuses %s', async (_, thread, fields, code) => {
  expect(await threading().refusal({ thread, ...fields })).toEqual([400, code]);
});

test('context management cannot be threaded', async () => {
  const more = { 'anthropic-beta': `${headers['anthropic-beta']},context-management-2025-06-27` };
  expect(await threading().refusal({ ...create, context_management: { edits: [] } }, more)).toEqual([
    400,
    'thread_unsupported_request',
  ]);
});

test('without the beta there are no threads, and null is none', async () => {
  const without = await post(createEmulator(), bodyOf(create));
  expect(without.status).toBe(400);
  expect((await threading().send({ thread: null })).status).toBe(200);
});
