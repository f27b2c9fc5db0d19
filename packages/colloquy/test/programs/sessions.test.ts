import { createEmulator, text } from '@colloquy/emulator';
import {
  ClaudeSDKClient,
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  listSessions,
  type Options,
  query,
  renameSession,
  SessionBusyError,
  SessionNotFoundError,
  tagSession,
} from 'colloquy';
import { expect, test } from 'vitest';
import { collect, newFolder, offline } from './offline.ts';

const NOBODY = 'f0000000-0000-4000-8000-000000000000';

/** Sessions that are kept, in a folder of their own. */
function scene(...words: string[]) {
  const cwd = newFolder();
  const emulator = createEmulator({ script: words.map((word) => text(word)) });
  const options = offline(emulator, { persistSession: true, cwd });
  const ask = async (prompt: string, more: Options = {}): Promise<string> => {
    const messages = await collect(query({ prompt, options: { ...options, ...more } }));
    return messages[0]?.session_id ?? '';
  };
  return { cwd, emulator, options, ask };
}

test('sessions are listed, newest activity first, with what was said', async () => {
  const { cwd, ask } = scene('one', 'two', 'three');
  const first = await ask('1');
  const second = await ask('2', { title: 'The second' });
  await ask('3', { resume: first });
  const sessions = await listSessions({ dir: cwd });
  expect(sessions.map(({ sessionId, summary }) => [sessionId, summary])).toEqual([
    [first, '3'],
    [second, 'The second'],
  ]);
  expect(sessions[0]).toMatchObject({ firstPrompt: '1', cwd });
  expect(await listSessions({ dir: cwd, limit: 1, offset: 1 })).toEqual(sessions.slice(1));
  expect(
    (await getSessionMessages(first)).map(({ type, message }) => [type, JSON.stringify(message).includes('"text"')]),
  ).toEqual([
    ['user', true],
    ['assistant', true],
    ['user', true],
    ['assistant', true],
  ]);
  expect(await getSessionMessages(first, { offset: 1, limit: 1 })).toMatchObject([
    { type: 'assistant', message: { content: [{ text: 'one' }] } },
  ]);
});

test('a session is renamed, tagged and deleted', async () => {
  const { ask } = scene('one');
  const id = await ask('1');
  await renameSession(id, ' Numbers ');
  await tagSession(id, 'maths');
  expect(await getSessionInfo(id)).toMatchObject({ summary: 'Numbers', customTitle: 'Numbers', tag: 'maths' });
  await expect(renameSession(id, '  ')).rejects.toThrow('must not be empty');
  await expect(tagSession(id, ' ')).rejects.toThrow('must not be empty');
  await tagSession(id, null);
  expect(await getSessionInfo(id)).not.toHaveProperty('tag');
  await deleteSession(id);
  expect(await getSessionInfo(id)).toBeUndefined();
  expect(await getSessionMessages(id)).toEqual([]);
});

test('with a folder given, a session of another one counts as unknown', async () => {
  const { ask, cwd } = scene('one');
  const id = await ask('1');
  const elsewhere = { dir: newFolder() };
  expect(await getSessionInfo(id, { dir: cwd })).toMatchObject({ sessionId: id });
  expect(await getSessionInfo(id, elsewhere)).toBeUndefined();
  expect(await getSessionMessages(id, elsewhere)).toEqual([]);
  await expect(renameSession(id, 'x', elsewhere)).rejects.toBeInstanceOf(SessionNotFoundError);
  await expect(deleteSession(id, elsewhere)).rejects.toBeInstanceOf(SessionNotFoundError);
  await deleteSession(id, { dir: cwd });
  expect(await getSessionInfo(id)).toBeUndefined();
});

test('what does not exist is told', async () => {
  await expect(renameSession(NOBODY, 'x')).rejects.toBeInstanceOf(SessionNotFoundError);
  await expect(tagSession(NOBODY, 'x')).rejects.toBeInstanceOf(SessionNotFoundError);
  await expect(forkSession(NOBODY)).rejects.toBeInstanceOf(SessionNotFoundError);
  await expect(deleteSession(NOBODY)).rejects.toBeInstanceOf(SessionNotFoundError);
});

test('a fork has the history up to a message, and leaves the first session as it was', async () => {
  const { ask, emulator } = scene('one', 'two', 'three');
  const id = await ask('1');
  await ask('2', { resume: id });
  const upToMessageId = (await getSessionMessages(id))[1]?.uuid;
  const { sessionId } = await forkSession(id, { upToMessageId, title: 'Another way' });
  expect(await getSessionInfo(sessionId)).toMatchObject({ customTitle: 'Another way' });
  await ask('3', { resume: sessionId });
  expect(JSON.stringify(emulator.requests[2]?.messages)).not.toContain('two');
  expect(emulator.requests[2]?.messages).toHaveLength(3);
  expect(await getSessionMessages(id)).toHaveLength(4);
});

test('continue goes on with the newest session of the folder, and begins one where there is none', async () => {
  const { ask, emulator } = scene('one', 'two');
  const id = await ask('1', { continue: true });
  expect(await ask('2', { continue: true })).toBe(id);
  expect(emulator.requests[1]?.messages).toHaveLength(3);
});

test('resume keeps the id; forkSession takes a new one', async () => {
  const { ask, emulator } = scene('one', 'two', 'three');
  const id = await ask('1', { sessionId: 'ab000000-0000-4000-8000-00000000000a' });
  expect(id).toBe('ab000000-0000-4000-8000-00000000000a');
  expect(await ask('2', { resume: id })).toBe(id);
  expect(await ask('3', { resume: id, forkSession: true })).not.toBe(id);
  expect(emulator.requests[2]?.messages).toHaveLength(5);
  await deleteSession(id);
});

test('one client works in a session at a time; the other is told who does', async () => {
  const { ask, options } = scene('one', 'two', 'three');
  const id = await ask('1');
  await using first = new ClaudeSDKClient({ ...options, resume: id });
  await using second = new ClaudeSDKClient(options);
  await first.connect();
  expect(first.sessionId()).toBe(id);
  await expect(second.query('2', { sessionId: id })).rejects.toMatchObject({ name: 'SessionBusyError', sessionId: id });
  await expect(deleteSession(id)).rejects.toBeInstanceOf(SessionBusyError);
  await first.query('2', { sessionId: id });
  await collect(first.receiveResponse());
  await first.disconnect();
  await second.query('3', { sessionId: id });
  expect((await collect(second.receiveResponse({ sessionId: id }))).at(-1)).toMatchObject({
    result: 'three',
    session_id: id,
  });
  expect(
    await collect(second.receiveMessages({ signal: AbortSignal.abort() })).catch((error: unknown) => error),
  ).toMatchObject({ name: 'AbortError' });
});
