import { createEmulator, text } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { Follower, isOver, newSession, say } from './conversing.ts';
import { type Managed, startManaged } from './fixture.ts';

// What the native API does to sessions of the Managed Agents API.

async function post(server: Managed, path: string, body: unknown): Promise<{ status: number; message: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await server.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  const told = (await response.json()) as { error?: { message: string } };
  return { status: response.status, message: told.error?.message ?? '' };
}

test('a new name from the native API is told to who reads the session here, and an equal one is not', async () => {
  const server = await startManaged();
  const { id } = await newSession(server);
  const events = await Follower.open(server.client, id);
  for (const title of ['Named', 'Named', 'Again'])
    expect((await post(server, `/v1/native/sessions/${id}`, { title })).status).toBe(200);
  expect((await server.client.beta.sessions.retrieve(id)).title).toBe('Again');
  const told = await events.until((event) => event.type === 'session.updated' && event.title === 'Again');
  expect(told).toMatchObject([
    { type: 'session.updated', title: 'Named' },
    { type: 'session.updated', title: 'Again' },
  ]);
});

test('what the agent of a session decides is not set beside it', async () => {
  const server = await startManaged();
  const { id } = await newSession(server);
  const control = (name: string, args: object) => post(server, `/v1/sessions/${id}/control`, { name, args });
  expect(await control('setModel', { model: 'claude-haiku-4-5' })).toEqual({
    status: 400,
    message: 'setModel: the agent of this session says which model it has',
  });
  expect(await control('setPermissionMode', { mode: 'acceptEdits' })).toEqual({
    status: 400,
    message: 'setPermissionMode: the policies of its agent decide what this session asks about',
  });
  expect(await (await server.fetch(`/v1/native/sessions/${id}`)).json()).toMatchObject({
    model: 'claude-opus-5-5',
    permission_mode: null,
    agent: { id: expect.stringMatching(/^agent_/), version: 1 },
    archived_at: null,
  });
});

test('an archived session is read at the native API, and neither renamed, rewound nor interrupted', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { id } = await newSession(server);
  const events = await Follower.open(server.client, id);
  await server.client.beta.sessions.events.send(id, { events: [say('Hi')] });
  await events.until(isOver);
  await server.client.beta.sessions.archive(id);
  const log = async (): Promise<unknown> => (await server.fetch(`/v1/sessions/${id}/log?limit=1000`)).json();
  const before = await log();
  for (const [path, body] of [
    [`/v1/native/sessions/${id}`, { title: 'x' }],
    [`/v1/sessions/${id}/rewind`, { to: crypto.randomUUID() }],
    [`/v1/sessions/${id}/control`, { name: 'interrupt', args: {} }],
    [`/v1/sessions/${id}/messages`, { type: 'user', message: { role: 'user', content: 'x' } }],
  ] as const) {
    const { status, message } = await post(server, path, body);
    expect([path, status, message]).toEqual([path, 400, 'The session is archived: it can be read, and nothing else']);
  }
  expect(await log()).toEqual(before);
  const session = (await (await server.fetch(`/v1/native/sessions/${id}`)).json()) as { archived_at: string | null };
  expect(session.archived_at).toMatch(/^20/);
});
