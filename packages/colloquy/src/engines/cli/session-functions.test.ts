import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  archiveSession,
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  listSessions,
  listSubagents,
  renameSession,
  tagSession,
  unarchiveSession,
} from '../sessions.ts';

const FIRST = '11111111-2222-4333-8444-555555555555';
const SECOND = '21111111-2222-4333-8444-555555555555';
const UNKNOWN = '91111111-2222-4333-8444-555555555555';
const CLI = { engine: 'cli' as const };

/** A configuration folder of Claude Code with these transcripts of the folder /somewhere. */
async function kept(transcripts: Record<string, object[]>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-claude-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  vi.stubEnv('CLAUDE_CONFIG_DIR', root);
  const folder = join(root, 'projects', '-somewhere');
  await mkdir(folder, { recursive: true });
  for (const [id, lines] of Object.entries(transcripts))
    await writeFile(join(folder, `${id}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return folder;
}

const line = (uuid: string, parentUuid: string | null, type: string, content: string, sessionId = FIRST): object => ({
  type,
  uuid,
  parentUuid,
  sessionId,
  cwd: '/somewhere',
  timestamp: '2026-11-20T10:00:00.000Z',
  message: { role: type, content: [{ type: 'text', text: content }] },
});

test('sessions of Claude Code are listed, described, and read back', async () => {
  await kept({
    [FIRST]: [{ type: 'queue-operation' }, line('a', null, 'user', 'Hello'), line('b', 'a', 'assistant', 'Hi')],
    [SECOND]: [line('a', null, 'user', 'Aside', SECOND)].map((one) => ({ ...one, isSidechain: true })),
    'agent-1': [line('a', null, 'user', 'Agent')],
  });
  expect(await listSessions({ ...CLI, dir: '/somewhere' })).toMatchObject([
    { sessionId: FIRST, summary: 'Hello', firstPrompt: 'Hello', cwd: '/somewhere' },
  ]);
  expect(await listSessions({ ...CLI, dir: '/elsewhere' })).toEqual([]);
  expect(await listSessions({ ...CLI, limit: 5, offset: 1 })).toEqual([]);
  expect((await getSessionMessages(FIRST, CLI)).map(({ type }) => type)).toEqual(['user', 'assistant']);
  expect(await getSessionInfo(UNKNOWN, CLI)).toBeUndefined();
  expect(await getSessionInfo('../../etc/passwd', CLI)).toBeUndefined();
  expect(await getSessionMessages(UNKNOWN, CLI)).toEqual([]);
});

test('a session of Claude Code is renamed, tagged, forked and deleted, and the rest of its file stays', async () => {
  const folder = await kept({ [FIRST]: [line('a', null, 'user', 'Hello'), line('b', 'a', 'assistant', 'Hi')] });
  await renameSession(FIRST, '  A title ', CLI);
  await tagSession(FIRST, ' mine ', CLI);
  expect(await getSessionInfo(FIRST, CLI)).toMatchObject({ summary: 'A title', customTitle: 'A title', tag: 'mine' });
  await tagSession(FIRST, null, CLI);
  expect(await getSessionInfo(FIRST, CLI)).not.toHaveProperty('tag');
  const { sessionId } = await forkSession(FIRST, { ...CLI, upToMessageId: 'a' });
  expect(await getSessionInfo(sessionId, CLI)).toMatchObject({ summary: 'A title (fork)' });
  const [only, ...others] = await getSessionMessages(sessionId, CLI);
  expect([only?.session_id, only?.uuid === 'a', others]).toEqual([sessionId, false, []]);
  expect(await readFile(join(folder, `${FIRST}.jsonl`), 'utf8')).toContain('"uuid":"b"');
  await mkdir(join(folder, FIRST, 'subagents'), { recursive: true });
  await deleteSession(FIRST, CLI);
  expect(await readdir(folder)).toEqual([`${sessionId}.jsonl`]);
});

test('what is not there, or empty, is refused', async () => {
  await kept({ [FIRST]: [line('a', null, 'user', 'Hello')] });
  const unknown = { name: 'SessionNotFoundError' };
  await expect(renameSession(UNKNOWN, 'A title', CLI)).rejects.toMatchObject(unknown);
  await expect(tagSession(UNKNOWN, 'mine', CLI)).rejects.toMatchObject(unknown);
  await expect(forkSession(UNKNOWN, CLI)).rejects.toMatchObject(unknown);
  await expect(forkSession(FIRST, { ...CLI, upToMessageId: 'nowhere' })).rejects.toMatchObject(unknown);
  await expect(deleteSession('../other', CLI)).rejects.toMatchObject(unknown);
  await expect(renameSession(FIRST, '  ', CLI)).rejects.toMatchObject({ name: 'ConfigurationError' });
  await expect(tagSession(FIRST, '  ', CLI)).rejects.toMatchObject({ name: 'ConfigurationError' });
});

test('the agents of a session are found, with what they said', async () => {
  const folder = await kept({ [FIRST]: [line('a', null, 'user', 'Hello')] });
  const agents = join(folder, FIRST, 'subagents');
  await mkdir(agents, { recursive: true });
  const said = [line('c', null, 'user', 'Look'), line('d', 'c', 'assistant', 'Looked')];
  const text = said.map((one) => `${JSON.stringify({ ...one, isSidechain: true })}\n`).join('');
  await writeFile(join(agents, 'agent-abc.jsonl'), text);
  await writeFile(join(agents, 'agent-abc.meta.json'), '{}');
  expect(await listSubagents(FIRST, CLI)).toEqual(['abc']);
  expect(await listSubagents(UNKNOWN, CLI)).toEqual([]);
  expect((await getSubagentMessages(FIRST, 'abc', CLI)).map(({ uuid }) => uuid)).toEqual(['c', 'd']);
  expect((await getSubagentMessages(FIRST, 'abc', { ...CLI, offset: 1 })).map(({ uuid }) => uuid)).toEqual(['d']);
  expect(await getSubagentMessages(FIRST, '../../x', CLI)).toEqual([]);
  expect(await getSubagentMessages(FIRST, 'abc', { ...CLI, dir: '/elsewhere' })).toEqual([]);
  expect(await getSubagentMessages(UNKNOWN, 'abc', CLI)).toEqual([]);
});

test('a session is put away and taken out again, and its transcript stays as it is', async () => {
  const folder = await kept({ [FIRST]: [line('a', null, 'user', 'Hello')] });
  const before = await readFile(join(folder, `${FIRST}.jsonl`), 'utf8');
  expect(await getSessionInfo(FIRST, CLI)).not.toHaveProperty('archived');
  await archiveSession(FIRST, CLI);
  expect(await listSessions({ ...CLI, dir: '/somewhere' })).toMatchObject([{ archived: true }]);
  await unarchiveSession(FIRST, CLI);
  expect(await getSessionInfo(FIRST, CLI)).toMatchObject({ archived: false });
  expect(await readFile(join(folder, `${FIRST}.jsonl`), 'utf8')).toBe(before);
  await expect(archiveSession(UNKNOWN, CLI)).rejects.toMatchObject({ name: 'SessionNotFoundError' });
  await expect(archiveSession(FIRST, { ...CLI, dir: '/x' })).rejects.toMatchObject({ name: 'SessionNotFoundError' });
});
