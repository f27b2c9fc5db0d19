import { join } from 'node:path';
import { openSqliteStore, type SessionRow, type Store } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { sessionUuid } from '../src/resources/ids.ts';
import { clientOf, createKey, jsonOf, signIn } from '../src/testing/test-app.ts';
import { all, startManaged } from './managed/fixture.ts';
import { startServer, temporaryFolder } from './running-server.ts';

/** Counts the rows that lists read from a store, and the sessions whose logs are read. */
function counting(store: Store): { store: Store; counts: { rows: number; logs: Set<string> } } {
  const counts = { rows: 0, logs: new Set<string>() };
  const sessions: Store['sessions'] = {
    create: (made) => store.sessions.create(made),
    get: (id) => store.sessions.get(id),
    checkpoint: (id) => store.sessions.checkpoint(id),
    patch: (id, patch) => store.sessions.patch(id, patch),
    delete: (id) => store.sessions.delete(id),
    async list(o) {
      const rows: readonly SessionRow[] = await store.sessions.list(o);
      // What the server looks through for itself, when it starts, asks for no order.
      if (o?.order !== undefined) counts.rows += rows.length;
      return rows;
    },
  };
  const wrapped = new Proxy(store, {
    get(target, name) {
      if (name === 'sessions') return sessions;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        if (name === 'read') counts.logs.add(String(given[0]));
        return Reflect.apply(value, target, given);
      };
    },
  });
  return { store: wrapped, counts };
}

test('a page of many sessions is read as a page, in both lists; who rests is not looked into for who runs', async () => {
  const folder = await temporaryFolder();
  const real = await openSqliteStore({ path: join(folder, 'sessions.db') });
  onTestFinished(() => real[Symbol.asyncDispose]());
  const data = { door: 'native', owner: 'local', options: {} };
  const made: string[] = [];
  // Several of one moment among them.
  for (let n = 0; n < 350; n += 1) {
    const id = crypto.randomUUID();
    await real.sessions.create({ id, cwd: folder, data });
    made.push(id);
  }
  const { store, counts } = counting(real);
  const { client, fetch } = await startManaged({ folder, store });
  const spent = async <T>(work: Promise<T>): Promise<[T, number]> => {
    counts.rows = 0;
    const result = await work;
    return [result, counts.rows];
  };

  const [newest, rows] = await spent(client.beta.sessions.list({ limit: 3 }));
  expect([newest.data.length, rows]).toEqual([3, 100]);
  const ids = (await all(client.beta.sessions.list({ limit: 100, order: 'asc' }))).map(({ id }) => id);
  expect([ids.length, new Set(ids).size]).toEqual([350, 350]);
  const down = (await all(client.beta.sessions.list({ limit: 90 }))).map(({ id }) => id);
  expect(down).toEqual(ids.toReversed());

  const [page, native] = await spent(jsonOf<{ data: { id: string }[] }>(fetch('/v1/native/sessions?limit=5')));
  expect([page.data.length, native]).toEqual([5, 100]);
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const query: string = next === '' ? '' : `&page=${next}`;
    const more: { data: { id: string }[]; next_page: string | null } = await jsonOf(
      fetch(`/v1/native/sessions?limit=70${query}`),
    );
    seen.push(...more.data.map(({ id }) => id));
    next = more.next_page;
  }
  expect(seen.toSorted()).toEqual(made.toSorted());

  counts.logs.clear();
  expect((await client.beta.sessions.list({ statuses: ['running'] })).data).toEqual([]);
  expect(counts.logs.size).toBe(0);
});

test('a user with few sessions among ten thousand of another gets the list without a look at those', async () => {
  const folder = await temporaryFolder();
  const real = await openSqliteStore({ path: join(folder, 'sessions.db') });
  onTestFinished(() => real[Symbol.asyncDispose]());
  const make = (owner: string): Promise<SessionRow> =>
    real.sessions.create({ id: crypto.randomUUID(), cwd: folder, data: { door: 'native', owner, options: {} } });
  const own = (await Promise.all([make('ann'), make('ann')])).map(({ id }) => id);
  for (let n = 0; n < 10; n += 1) await Promise.all(Array.from({ length: 1_000 }, () => make('bo')));
  own.push((await make('ann')).id);

  const { store, counts } = counting(real);
  const { app } = await startServer({ folder, store });
  const admin = await signIn(app);
  const { secret } = await createKey(admin, { name: 'ann', role: 'user' });
  const ann = clientOf(app, secret);
  for (const path of ['/v1/native/sessions', '/v1/sessions', '/v1/sessions?order=asc']) {
    counts.rows = 0;
    const { data } = await jsonOf<{ data: { id: string }[] }>(ann.get(path));
    expect(data.map(({ id }) => sessionUuid(id) ?? id).toSorted()).toEqual(own.toSorted());
    expect(counts.rows).toBe(3);
  }
});
