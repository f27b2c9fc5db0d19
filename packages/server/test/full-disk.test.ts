import { join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import { type Entry, openSqliteStore, type Store, StoreError } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { jsonOf, signIn, testApp } from '../src/testing/test-app.ts';
import { createSession, follow, isResult, sendPrompt, temporaryFolder } from './running-server.ts';

/** A store whose disk can be full. */
function fillable(real: Store): { store: Store; disk: { isFull: boolean } } {
  const disk = { isFull: false };
  const unlessFull = <T>(work: () => Promise<T>): Promise<T> =>
    disk.isFull ? Promise.reject(new StoreError('full', 'a test')) : work();
  const writers: Partial<Record<string | symbol, unknown>> = {
    append: (...args: Parameters<Store['append']>) => unlessFull(() => real.append(...args)),
    sync: () => unlessFull(() => real.sync()),
    claim: (...args: Parameters<Store['claim']>) => unlessFull(() => real.claim(...args)),
  };
  const store = new Proxy(real, {
    get(target, name) {
      const value: unknown = writers[name] ?? Reflect.get(target, name, target);
      return typeof value === 'function' && writers[name] === undefined ? value.bind(target) : value;
    },
  });
  return { store, disk };
}

test('on a full disk nothing is accepted, with the reason; what is stored can be read; with room again it goes on', async () => {
  const folder = await temporaryFolder();
  const { store, disk } = fillable(await openSqliteStore({ path: join(folder, 'sessions.db') }));
  const faults: unknown[] = [];
  const app = testApp({
    store,
    cwd: folder,
    dataFolder: folder,
    model: 'claude-opus-5-5',
    sessionDefaults: { send: createEmulator().send },
    onError: (error) => faults.push(error),
  });
  onTestFinished(() => app.close().then(() => store[Symbol.asyncDispose]()));
  const client = await signIn(app);
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, '@say before');
  await stream.until(isResult);

  disk.isFull = true;
  const prompt = { type: 'user', message: { role: 'user', content: '@say lost' } };
  for (let n = 0; n < 3; n += 1) {
    const refused = await client.post(`/v1/sessions/${id}/messages`, prompt);
    expect([refused.status, ((await refused.json()) as { error: { message: string } }).error.message]).toEqual([
      503,
      expect.stringContaining('disk is full'),
    ]);
  }
  const interrupted = await client.post(`/v1/sessions/${id}/control`, { name: 'interrupt', args: {} });
  expect(interrupted.status).toBe(503);
  expect((await client.get(`/v1/sessions/${id}/export`)).status).toBe(200);
  expect((await client.get(`/v1/native/sessions/${id}`)).status).toBe(200);
  expect(faults.length).toBeGreaterThan(0);

  disk.isFull = false;
  await sendPrompt(client, id, '@say after');
  await (
    await follow(client, id)
  ).until(({ message }) => message?.type === 'result' && 'result' in message && message.result === 'after');
  const { data } = await jsonOf<{ data: Entry[] }>(client.get(`/v1/sessions/${id}/log?limit=1000`));
  const texts = data.flatMap((entry) => (entry.kind === 'prompt' ? [JSON.stringify(entry.content)] : []));
  expect(texts).toEqual([expect.stringContaining('before'), expect.stringContaining('after')]);
});
