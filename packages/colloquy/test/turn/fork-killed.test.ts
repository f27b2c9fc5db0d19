import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Input, type NewEntry, openSqliteStore, type Store } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { copySession } from '../../src/engines/api/copy-session.ts';

const CHILD = fileURLToPath(new URL('./fork-in-child.ts', import.meta.url));
/** Of the session that is forked: several pages of the copy. */
const ENTRIES = 600;

/** A store in a file, with a session to fork. */
async function openPlace(): Promise<{ path: string; store: Store }> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-fork-'));
  const path = join(folder, 'sessions.db');
  const store = await openSqliteStore({ path });
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  await store.sessions.create({ id: 'source', cwd: '/', data: { owner: 'ann' } });
  const entry: NewEntry<Input> = { kind: 'interrupt', by: 'x', keepQueue: true };
  await store.append('source', Array(ENTRIES).fill(entry));
  return { path, store };
}

/** Forks in a process of its own. Resolves with how many writes it took, or undefined when it was killed before this one. */
async function forkInChild(path: string, id: string, before = 0): Promise<number | undefined> {
  const node = ['--conditions=colloquy-source', CHILD, path, 'source', id, `${before}`];
  try {
    return Number((await promisify(execFile)(process.execPath, node)).stdout);
  } catch (error) {
    expect(error).toMatchObject({ signal: 'SIGKILL' });
    return undefined;
  }
}

test('a fork that is killed before any of its writes is not there, and the same one is made whole by the next who asks', async () => {
  const { path, store } = await openPlace();
  const writes = (await forkInChild(path, 'whole')) ?? 0;
  expect(writes).toBeGreaterThan(4);
  const points = Array.from({ length: writes }, (_, index) => index + 1);
  await Promise.all(points.map((point) => forkInChild(path, `fork ${point}`, point)));
  expect((await store.sessions.list()).map(({ id }) => id).toSorted()).toEqual(['source', 'whole']);

  const whole = await store.sessions.get('whole');
  for (const point of points) {
    const id = `fork ${point}`;
    expect(await store.sessions.get(id)).toBeUndefined();
    await copySession(store, 'source', { id });
    expect(await store.sessions.get(id)).toMatchObject({ head: whole?.head, data: { owner: 'ann' }, owner: undefined });
    expect((await store.read(id, { after: ENTRIES })).map(({ kind }) => kind)).toEqual(['fork']);
  }
});

test('when the session is deleted, so is what was left of a fork of it', async () => {
  const { path, store } = await openPlace();
  await forkInChild(path, 'cut', 4);
  expect(await store.sessions.delete('source')).toBe(true);
  expect(await store.read('cut', { after: 0 })).toEqual([]);
});

test('nothing of it is left on the disk once the store is opened again, whether or not somebody asks', async () => {
  const { path, store } = await openPlace();
  await forkInChild(path, 'cut', 4);
  expect(await store.read('cut', { after: 0 })).not.toEqual([]);
  await using again = await openSqliteStore({ path });
  expect(await again.read('cut', { after: 0 })).toEqual([]);
  await again.sessions.create({ id: 'cut', cwd: '/' });
});
