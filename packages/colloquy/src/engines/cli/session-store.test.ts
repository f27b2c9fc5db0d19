import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Options } from '../../options/options.ts';
import type { SessionStoreEntry } from '../../options/session-store.ts';
import { query } from '../../query.ts';
import { InMemorySessionStore } from '../in-memory-session-store.ts';
import {
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  listSessions,
  listSubagents,
  renameSession,
} from '../sessions.ts';
import type { CliLine } from './parse-line.ts';
import { resumeFromStore } from './resume-from-store.ts';
import { projectKeyOf } from './transcripts.ts';
import { TranscriptMirror } from './transcript-mirror.ts';

const FAKE = join(import.meta.dirname, '__fixtures__/fake-claude.mjs');
const ID = '11111111-2222-4333-8444-555555555555';

async function folder(): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-store-')));
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

const entry = (uuid: string, parentUuid: string | null, type: string, more: object = {}): SessionStoreEntry => ({
  type,
  uuid,
  parentUuid,
  sessionId: ID,
  message: { role: type, content: uuid },
  ...more,
});
const frame = (path: string, ...entries: object[]): CliLine => ({
  type: 'transcript_mirror',
  filePath: `/home/x/.claude/projects/-work/${path}.jsonl`,
  entries,
});

/** A store with a session of this folder, and an agent in it. */
async function storeFor(cwd: string): Promise<InMemorySessionStore> {
  const store = new InMemorySessionStore();
  const key = { projectKey: await projectKeyOf(cwd), sessionId: ID };
  await store.append(key, [entry('a', null, 'user'), entry('b', 'a', 'assistant')]);
  const aside = { isSidechain: true };
  await store.append({ ...key, subpath: 'subagents/agent-1' }, [
    { type: 'agent_metadata', agentType: 'helper' },
    entry('c', null, 'user', aside),
    entry('d', 'c', 'assistant', aside),
  ]);
  return store;
}

test('a store is told of each transcript once a turn, in order, and an entry that comes twice is kept once', async () => {
  const store = new InMemorySessionStore();
  const append = vi.spyOn(store, 'append');
  const mirror = new TranscriptMirror(store, { flush: undefined, onLost: () => {} });
  mirror.take(frame(ID, entry('a', null, 'user')));
  mirror.take(frame(`${ID}/subagents/agent-1`, entry('x', null, 'user')));
  mirror.take(frame(ID, entry('a', null, 'user'), entry('b', 'a', 'assistant'), { type: 'tag' }));
  mirror.take(frame('../elsewhere', entry('z', null, 'user')));
  mirror.take({ type: 'transcript_mirror' });
  expect(append).not.toHaveBeenCalled();
  await mirror.flush();
  expect(append).toHaveBeenCalledTimes(2);
  const kept = store.getEntries({ projectKey: '-work', sessionId: ID });
  expect(kept.map(({ uuid, type }) => uuid ?? type)).toEqual(['a', 'b', 'tag']);
  expect(await store.listSubkeys({ projectKey: '-work', sessionId: ID })).toEqual(['subagents/agent-1']);
});

test('an eager store is told of every frame on its own', async () => {
  const store = new InMemorySessionStore();
  const append = vi.spyOn(store, 'append');
  const mirror = new TranscriptMirror(store, { flush: 'eager', onLost: () => {} });
  mirror.take(frame(ID, entry('a', null, 'user')));
  mirror.take(frame(ID, entry('b', 'a', 'assistant')));
  await mirror.flush();
  expect(append).toHaveBeenCalledTimes(2);
});

test('what a store refuses three times is told as lost, and the rest still arrives', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const store = new InMemorySessionStore();
  const append = vi.spyOn(store, 'append');
  for (let time = 0; time < 3; time += 1) append.mockRejectedValueOnce(new Error('full'));
  const lost: CliLine[] = [];
  const mirror = new TranscriptMirror(store, { flush: undefined, onLost: (message) => lost.push(message) });
  mirror.take(frame(ID, entry('a', null, 'user')));
  const flushed = mirror.flush();
  await vi.runAllTimersAsync();
  await flushed;
  expect(lost).toMatchObject([{ subtype: 'mirror_error', error: 'full', key: { sessionId: ID }, session_id: ID }]);
  mirror.take(frame(ID, entry('b', 'a', 'assistant')));
  await mirror.flush();
  expect(store.getEntries({ projectKey: '-work', sessionId: ID }).map(({ uuid }) => uuid)).toEqual(['b']);
});

test('a session of a store is laid out with its agents and the settings of the user, and taken away again', async () => {
  const cwd = await folder();
  const sessionStore = await storeFor(cwd);
  await writeFile(join(cwd, 'settings.json'), '{}');
  const env = { CLAUDE_CONFIG_DIR: cwd };
  const place = await resumeFromStore({ engine: 'cli', cwd, env, sessionStore, continue: true });
  const root = String(place?.options.env?.['CLAUDE_CONFIG_DIR']);
  expect(place?.options).toMatchObject({ resume: ID });
  const at = join(root, 'projects', await projectKeyOf(cwd));
  expect((await readFile(join(at, `${ID}.jsonl`), 'utf8')).trim().split('\n')).toHaveLength(2);
  expect((await readdir(join(at, ID, 'subagents'))).toSorted()).toEqual(['agent-1.jsonl', 'agent-1.meta.json']);
  expect(JSON.parse(await readFile(join(at, ID, 'subagents/agent-1.meta.json'), 'utf8'))).toEqual({
    agentType: 'helper',
  });
  expect(existsSync(join(root, 'settings.json'))).toBe(true);
  await place?.leave();
  expect([existsSync(root), existsSync(join(cwd, 'settings.json'))]).toEqual([false, true]);
});

test('a store that has no such session, does not answer, or names a way out is refused', async () => {
  const cwd = await folder();
  const sessionStore = await storeFor(cwd);
  const options: Options = { engine: 'cli', cwd, sessionStore, resume: ID };
  const unknown = ID.replaceAll('1', '9');
  await expect(resumeFromStore({ ...options, resume: unknown })).rejects.toMatchObject({
    name: 'SessionNotFoundError',
  });
  const silent = { append: async () => {}, load: () => new Promise<never>(() => {}) };
  const late = resumeFromStore({ ...options, sessionStore: silent, loadTimeoutMs: 5 });
  await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
  vi.spyOn(sessionStore, 'listSubkeys').mockResolvedValue(['../../../etc/passwd']);
  await expect(resumeFromStore(options)).rejects.toMatchObject({ name: 'ConfigurationError' });
});

test('the session functions work over a store', async () => {
  const dir = await folder();
  const o = { dir, sessionStore: await storeFor(dir) };
  await renameSession(ID, 'A title', o);
  expect(await listSessions(o)).toMatchObject([{ sessionId: ID, summary: 'A title', firstPrompt: 'a' }]);
  expect(await getSessionInfo(ID, o)).toMatchObject({ customTitle: 'A title' });
  expect((await getSessionMessages(ID, o)).map(({ type }) => type)).toEqual(['user', 'assistant']);
  expect(await listSubagents(ID, o)).toEqual(['1']);
  expect((await getSubagentMessages(ID, '1', o)).map(({ type }) => type)).toEqual(['user', 'assistant']);
  expect(await listSessions({ ...o, dir: tmpdir() })).toEqual([]);
});

test('a session with a store: everything is there before the result, and it goes on from it elsewhere', async () => {
  const [cwd, elsewhere] = [await folder(), await folder()];
  const sessionStore = new InMemorySessionStore();
  const projectKey = await projectKeyOf(cwd);
  const options = (home: string, more: Options = {}): Options => ({
    engine: 'cli',
    pathToClaudeCodeExecutable: FAKE,
    cwd,
    sessionStore,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, FAKE_PROJECT: projectKey },
    ...more,
  });
  let atResult = -1;
  for await (const { type } of query({ prompt: 'say hello', options: options(cwd, { sessionId: ID }) }))
    if (type === 'result') atResult = sessionStore.getEntries({ projectKey, sessionId: ID }).length;
  expect(atResult).toBe(2);
  await mkdir(join(elsewhere, '.claude'));
  const ids = new Set<string | undefined>();
  for await (const message of query({ prompt: 'say more', options: options(elsewhere, { resume: ID }) }))
    ids.add(message.session_id);
  expect([...ids]).toEqual([ID]);
  expect(sessionStore.getEntries({ projectKey, sessionId: ID })).toHaveLength(4);
  expect(existsSync(join(elsewhere, '.claude/projects'))).toBe(false);
});
