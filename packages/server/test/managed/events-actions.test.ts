import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, text, toolUse, toolUses } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import {
  answers,
  ASK_ALWAYS,
  customTool,
  Follower,
  isOver,
  newSession,
  ofType,
  say,
  typesOf,
  waitsFor,
} from './conversing.ts';
import { all, refusal, startManaged } from './fixture.ts';

// Calls that somebody has to allow, and calls that the client runs.

const write = (path: string) => toolUse('write', { file_path: path, content: 'written' });
const confirm = (id: string | undefined, deny_message?: string) => ({
  type: 'user.tool_confirmation' as const,
  tool_use_id: id ?? '',
  ...(deny_message === undefined ? { result: 'allow' as const } : { result: 'deny' as const, deny_message }),
});
const supply = (id: string | undefined, said?: string) => ({
  type: 'user.custom_tool_result' as const,
  custom_tool_use_id: id ?? '',
  ...(said === undefined ? {} : { content: [{ type: 'text' as const, text: said }] }),
});
const toolset = { type: 'agent_toolset_20260401' as const };

test('an allowed tool runs without anybody, in the folder of the session', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [write('a.txt'), text('Done.')] }) });
  const { id } = await newSession(server, { agent: { tools: [toolset] } });
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Write')] });
  const seen = await stream.until(isOver);
  const [call] = ofType(seen, 'agent.tool_use');
  expect(call).toMatchObject({ name: 'write', evaluated_permission: 'allow', evaluation: { type: 'always_allow' } });
  expect(ofType(seen, 'agent.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: false }]);
  expect(typesOf(seen).filter((type) => type.startsWith('agent.'))).toEqual([
    'agent.tool_use',
    'agent.tool_result',
    'agent.message',
  ]);
});

test('a tool that is asked about waits, and runs once it is confirmed', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [write('a.txt'), text('Done.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Write')] });
  const asked = await stream.until(waitsFor(1));
  const [call] = ofType(asked, 'agent.tool_use');
  expect(call).toMatchObject({ evaluated_permission: 'ask', evaluation: { type: 'always_ask' } });
  expect(await server.client.beta.sessions.retrieve(id)).toMatchObject({ status: 'idle' });
  const { data } = await events.send(id, { events: [confirm(call?.id)] });
  expect(data).toMatchObject([
    { type: 'user.tool_confirmation', tool_use_id: call?.id, result: 'allow', processed_at: null },
  ]);
  const seen = await stream.until(isOver);
  expect(typesOf(seen).slice(0, 4)).toEqual([
    'user.tool_confirmation',
    'session.status_running',
    'user.tool_confirmation',
    'agent.tool_result',
  ]);
  expect(answers(seen)).toEqual(['Done.']);
  const [folder = ''] = await readdir(join(server.folder, 'workspaces'));
  expect(await readFile(join(server.folder, 'workspaces', folder, 'a.txt'), 'utf8')).toBe('written');
});

test('a denial is told to the model with its message, and nothing is written', async () => {
  const emulator = createEmulator({ script: [write('a.txt'), text('All right.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Write')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await events.send(id, { events: [confirm(call?.id, 'Not on a Friday')] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'agent.tool_result')).toMatchObject([
    { is_error: true, content: [{ type: 'text', text: expect.stringContaining('Not on a Friday') }] },
  ]);
  expect(ofType(seen, 'user.tool_confirmation').at(-1)).toMatchObject({
    result: 'deny',
    deny_message: 'Not on a Friday',
  });
  expect(JSON.stringify(emulator.requests[1]?.messages)).toContain('Not on a Friday');
});

test('several questions of one answer wait together, and are answered in one request', async () => {
  const calls = [1, 2].map((n) => ({ name: 'write', input: { file_path: `${n}.txt`, content: 'x' } }));
  const server = await startManaged({ emulator: createEmulator({ script: [toolUses(calls), text('Done.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Write')] });
  const ids = ofType(await stream.until(waitsFor(2)), 'agent.tool_use').map((event) => event.id);
  await events.send(id, { events: [confirm(ids[1], 'no'), confirm(ids[0])] });
  const results = ofType(await stream.until(isOver), 'agent.tool_result');
  expect(results.map(({ tool_use_id, is_error }) => [tool_use_id, is_error])).toEqual([
    [ids[0], false],
    [ids[1], true],
  ]);
});

test('a tool that is not enabled is denied without a question', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [write('a.txt'), text('Well.')] }) });
  const tools = [{ ...toolset, configs: [{ name: 'write' as const, enabled: false }] }];
  const { id } = await newSession(server, { agent: { tools } });
  const stream = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Write')] });
  const seen = await stream.until(isOver);
  const [call] = ofType(seen, 'agent.tool_use');
  expect(call?.evaluated_permission).toBe('deny');
  expect(call).not.toHaveProperty('evaluation');
  expect(ofType(seen, 'agent.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: true }]);
});

test('custom tools wait for the client, which may answer one after the other', async () => {
  const emulator = createEmulator({
    script: [
      toolUses([
        { name: 'look', input: { at: 1 } },
        { name: 'look', input: { at: 2 } },
      ]),
      text('Seen.'),
    ],
  });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Look')] });
  const calls = ofType(await stream.until(waitsFor(2)), 'agent.custom_tool_use');
  expect(calls.map(({ name, input }) => [name, input])).toEqual([
    ['look', { at: 1 }],
    ['look', { at: 2 }],
  ]);
  const { data } = await events.send(id, { events: [supply(calls[0]?.id, 'first')] });
  expect(data).toMatchObject([{ custom_tool_use_id: calls[0]?.id, processed_at: expect.any(String) }]);
  const rest = await stream.until(waitsFor(1));
  expect(rest.at(-1)).toMatchObject({ stop_reason: { event_ids: [calls[1]?.id] } });
  await events.send(id, { events: [{ ...supply(calls[1]?.id, 'broken'), is_error: true }] });
  const seen = await stream.until(isOver);
  expect(typesOf(seen)).not.toContain('agent.tool_result');
  expect(emulator.requests[1]?.messages.at(-1)?.content).toMatchObject([
    { type: 'tool_result', content: [{ text: 'first' }] },
    { type: 'tool_result', content: [{ text: 'broken' }], is_error: true },
  ]);
});

test('a result without content counts, and so do images and documents', async () => {
  const emulator = createEmulator({ script: [toolUse('look'), toolUse('look'), text('Seen.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Look')] });
  const [first] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  await events.send(id, { events: [supply(first?.id)] });
  const [second] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  const source = { type: 'text' as const, media_type: 'text/plain' as const, data: 'Page' };
  await events.send(id, { events: [{ ...supply(second?.id), content: [{ type: 'document', source }] }] });
  expect(answers(await stream.until(isOver))).toEqual(['Seen.']);
  expect(emulator.requests[2]?.messages.at(-1)?.content).toMatchObject([{ content: [{ type: 'document', source }] }]);
});

test('answers to what is not known, is settled, was not asked or was answered already are refused, with all that came along', async () => {
  const server = await startManaged({
    emulator: createEmulator({ script: [write('a.txt'), toolUse('look'), text('Done.')] }),
  });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [...ASK_ALWAYS, customTool('look')] } });
  const other = await newSession(server, { agent: { name: 'Other' } });
  const stream = await Follower.open(server.client, id);
  const { data: [said] = [] } = await events.send(id, { events: [say('Write')] });
  const [asked] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  const refused = (...given: Parameters<typeof events.send>[1]['events']) =>
    refusal(events.send(id, { events: given }));
  expect(await refused(confirm('sevt_0'))).toContain('BadRequestError 400');
  expect(await refused(confirm(said?.id))).toContain('nothing waits for this answer');
  expect(await refusal(events.send(other.id, { events: [confirm(asked?.id)] }))).toContain('tool_use_id: no call');
  expect(await refused(supply(asked?.id))).toContain('does not wait for such a result');
  expect(await refused({ type: 'user.tool_result', tool_use_id: asked?.id ?? '' })).toContain('self_hosted');
  expect(await refused(confirm(asked?.id), confirm(asked?.id))).toContain('answered already');
  expect(await refused({ ...confirm(asked?.id), deny_message: 'x' })).toContain('deny_message');
  expect(await refused(say('And this'), confirm('sevt_0'))).toContain('events.1');
  await events.send(id, { events: [confirm(asked?.id)] });
  const [custom] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  expect(await refused(confirm(asked?.id))).toContain('nothing waits');
  expect(await refused(confirm(custom?.id))).toContain('does not ask for permission');
  await events.send(id, { events: [supply(custom?.id)] });
  expect(await refused(supply(custom?.id))).toContain('BadRequestError 400');
  await stream.until(isOver);
  expect(ofType(await all(events.list(id)), 'user.message')).toHaveLength(1);
});

test('of two clients that answer at once, one is taken', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [toolUse('look'), text('Seen.')] }) });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [customTool('look')] } });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Look')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  const both = await Promise.allSettled(
    ['a', 'b'].map((said) => events.send(id, { events: [supply(call?.id, said)] })),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(ofType(await stream.until(isOver), 'user.custom_tool_result')).toHaveLength(1);
});

test('in a self-hosted environment the client gives the results of built-in tools', async () => {
  const emulator = createEmulator({ script: [toolUse('bash', { command: 'uname' }), text('Linux.')] });
  const server = await startManaged({ emulator });
  const { events } = server.client.beta.sessions;
  const { id } = await newSession(server, { agent: { tools: [toolset] }, selfHosted: true });
  const stream = await Follower.open(server.client, id);
  await events.send(id, { events: [say('Where am I?')] });
  const [call] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  expect(call).toMatchObject({ name: 'bash', input: { command: 'uname' }, evaluated_permission: 'allow' });
  const content = [{ type: 'text' as const, text: 'Linux' }];
  await events.send(id, { events: [{ type: 'user.tool_result', tool_use_id: call?.id ?? '', content }] });
  const seen = await stream.until(isOver);
  expect(ofType(seen, 'user.tool_result')).toMatchObject([{ tool_use_id: call?.id, content }]);
  expect(typesOf(seen)).not.toContain('agent.tool_result');
  expect(answers(seen)).toEqual(['Linux.']);
});

test('a question that waits is still there after a restart, and can be answered', async () => {
  const emulator = createEmulator({ script: [write('a.txt'), toolUse('look'), text('Done.')] });
  const first = await startManaged({ emulator });
  const { folder } = first;
  const { id } = await newSession(first, { agent: { tools: [...ASK_ALWAYS, customTool('look')] } });
  const stream = await Follower.open(first.client, id);
  await first.client.beta.sessions.events.send(id, { events: [say('Write')] });
  const [asked] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await first.stop();
  const second = await startManaged({ emulator, folder });
  const { events } = second.client.beta.sessions;
  expect((await all(events.list(id))).at(-1)).toMatchObject({ stop_reason: { event_ids: [asked?.id] } });
  const again = await Follower.open(second.client, id);
  await events.send(id, { events: [confirm(asked?.id)] });
  const [custom] = ofType(await again.until(waitsFor(1)), 'agent.custom_tool_use');
  await second.stop();
  const third = await startManaged({ emulator, folder });
  const last = await Follower.open(third.client, id);
  await third.client.beta.sessions.events.send(id, { events: [supply(custom?.id, 'x')] });
  expect(answers(await last.until(isOver))).toEqual(['Done.']);
  const listed = await all(third.client.beta.sessions.events.list(id));
  expect(ofType(listed, 'agent.tool_use')).toHaveLength(1);
  expect(ofType(listed, 'agent.tool_result')).toHaveLength(1);
});
