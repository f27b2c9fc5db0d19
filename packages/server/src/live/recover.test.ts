import { SessionBusyError } from 'colloquy';
import type { Entry } from 'colloquy/internal';
import { expect, test, vi } from 'vitest';
import { createSessionFolders } from '../resources/own-folders.ts';
import { Sessions } from '../resources/sessions.ts';
import { createWorkspaces } from '../resources/workspaces.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { recoverSessions, watchForOrphans } from './recover.ts';
import { SessionHost } from './session-host.ts';

async function recover(engine: ReturnType<typeof scriptedEngine>, signal = new AbortController().signal) {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const store = await engine.store();
  const sessions = new Sessions({
    store: async () => store,
    workspaces: createWorkspaces([process.cwd()]),
    folders: createSessionFolders(undefined),
  });
  const host = new SessionHost({ engine, optionsOf: async () => ({}), idleMs: 60_000, maxOpen: 1_000, onError });
  await recoverSessions({ host, sessions, store }, { signal, onError });
  await host.close();
  return { errors, opened: engine.opened.map(({ resume }) => resume) };
}

const prompt = (seq: number): Entry => ({
  v: 1,
  seq,
  at: '2026-11-20T10:00:00.000Z',
  epoch: 1,
  thread: 'main',
  kind: 'prompt',
  uuid: `p${seq}`,
  content: [],
  by: 'test',
  origin: null,
  priority: 'later',
  startsTurn: true,
});

test('opens the sessions whose turn was running and those with a prompt that no turn has taken, and no other', async () => {
  const engine = scriptedEngine(Array.from({ length: 250 }, (_, index) => `s${index}`));
  engine.rows.get('s3')!.running = true;
  Object.assign(engine.rows.get('s120')!, { head: 1 });
  engine.logs.set('s120', [prompt(1)]);
  Object.assign(engine.rows.get('s121')!, { head: 2 });
  engine.logs.set('s121', [prompt(1), { ...prompt(2), kind: 'prompt_withdrawn', prompt: 1, by: 'test' } as Entry]);
  engine.rows.get('s249')!.running = true;
  expect(await recover(engine)).toEqual({ errors: [], opened: ['s3', 's249', 's120'] });
});

test('leaves alone what another program made, or what lies in a folder of another server', async () => {
  const engine = scriptedEngine(['a', 'b', 'c']);
  for (const row of engine.rows.values()) row.running = true;
  engine.rows.get('a')!.data = {};
  engine.rows.get('b')!.cwd = '/somewhere/else';
  expect(await recover(engine)).toEqual({ errors: [], opened: ['c'] });
});

test('leaves what a living process holds to it, and goes on after a session that cannot be opened', async () => {
  const engine = scriptedEngine(['a', 'b', 'c']);
  for (const row of engine.rows.values()) row.running = true;
  const broken = new Error('broken entry');
  engine.failOpening('a', new SessionBusyError('a', 'host 1'));
  engine.failOpening('b', broken);
  expect(await recover(engine)).toEqual({ errors: [broken], opened: ['a', 'b', 'c'] });
});

test('stops when the server closes', async () => {
  const engine = scriptedEngine(['a']);
  engine.rows.get('a')!.running = true;
  expect(await recover(engine, AbortSignal.abort())).toEqual({ errors: [], opened: [] });
});

test('what a process leaves that dies later is taken up while this one runs', async () => {
  // The newest activity first.
  const engine = scriptedEngine(['b', 'a']);
  const store = await engine.store();
  const closing = new AbortController();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const sessions = new Sessions({
    store: async () => store,
    workspaces: createWorkspaces([process.cwd()]),
    folders: createSessionFolders(undefined),
  });
  const host = new SessionHost({ engine, optionsOf: async () => ({}), idleMs: 60_000, maxOpen: 1_000, onError });
  const watching = watchForOrphans({ host, sessions, store }, { signal: closing.signal, onError }, 5);
  // One whose turn runs without an owner, one with a prompt that nobody has taken, one that somebody holds.
  Object.assign(engine.rows.get('a')!, { running: true, owner: 'somebody' });
  Object.assign(engine.rows.get('b')!, { head: 1, updatedAt: '9999-01-01T00:00:00.000Z' });
  engine.logs.set('b', [prompt(1)]);
  await vi.waitUntil(() => engine.opened.some(({ resume }) => resume === 'b'));
  expect(engine.opened.every(({ resume }) => resume === 'b')).toBe(true);
  engine.rows.get('a')!.owner = undefined;
  await vi.waitUntil(() => engine.opened.some(({ resume }) => resume === 'a'));
  closing.abort();
  await watching;
  await host.close();
  expect(errors).toEqual([]);
});
