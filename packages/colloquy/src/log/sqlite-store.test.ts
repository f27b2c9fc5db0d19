import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SCHEMA_1 } from './__fixtures__/schema-1.ts';
import type { Input, NewEntry } from './entries.ts';
import { SessionLog } from './session-log.ts';
import { openSqliteDriver, type SqliteDriver, type SqliteDriverName } from './sqlite-driver.ts';
import { openDatabase } from './sqlite-schema.ts';
import { openSqliteStore, SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import type { StorePlace } from './store-suite/store-place.ts';
import { storeSuite } from './store-suite/store-suite.ts';

const DRIVERS: readonly SqliteDriverName[] = ['better-sqlite3', 'node:sqlite'];

describe.each(DRIVERS)('on %s', (driver) => {
  storeSuite('the store in SQLite', () => newPlace(driver));
  describe('its file', () => {
    fileTests(driver);
  });
});

describe('several processes', () => {
  processTests();
});

async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'colloquy-store-'));
}

/** A path for a database, in a folder that the test removes. */
async function newPath(): Promise<string> {
  const folder = await newFolder();
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'sessions.db');
}

async function newPlace(driver: SqliteDriverName): Promise<StorePlace> {
  const folder = await newFolder();
  const opened: Store[] = [];
  return {
    survivesClosing: true,
    async open() {
      const store = await openSqliteStore({ path: join(folder, 'data', 'sessions.db'), driver });
      opened.push(store);
      return store;
    },
    async remove() {
      for (const store of opened) await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const interrupt: NewEntry<Input> = { kind: 'interrupt', by: 'x', keepQueue: true };

/** Opens a database as the store does, for a test to change it. */
async function change(path: string, driver: SqliteDriverName, sql: string): Promise<void> {
  const database = await openSqliteDriver(path, driver);
  database.exec(sql);
  database.close();
}

function fileTests(driver: SqliteDriverName): void {
  test('and its folders are for their user alone', async () => {
    const folder = await newFolder();
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'a', 'b', 'sessions.db');
    await using store = await openSqliteStore({ path, driver });
    await store.sessions.create({ id: 's', cwd: '/' });
    const modes = await Promise.all(
      [join(folder, 'a'), join(folder, 'a', 'b'), path, `${path}-wal`].map(async (one) =>
        ((await stat(one)).mode & 0o777).toString(8),
      ),
    );
    expect(modes).toEqual(['700', '700', '600', '600']);
  });

  test('keeps everything when it is closed and opened again', async () => {
    const path = await newPath();
    {
      await using store = await openSqliteStore({ path, driver });
      await store.sessions.create({ id: 's', cwd: '/', data: { a: [1] } });
      await store.append('s', [interrupt], { sync: 'lazy' });
    }
    await using again = await openSqliteStore({ path, driver });
    expect(await again.read('s', { after: 0 })).toMatchObject([{ ...interrupt, seq: 1 }]);
    expect(await again.sessions.list()).toMatchObject([{ id: 's', data: { a: [1] }, head: 1 }]);
  });

  test('of a newer version is refused, with the word to upgrade', async () => {
    const path = await newPath();
    await (await openSqliteStore({ path, driver }))[Symbol.asyncDispose]();
    await change(path, driver, 'PRAGMA user_version = 5');
    const refused = await openSqliteStore({ path, driver }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: 'StoreError',
      why: 'newer',
      path,
      message: expect.stringContaining('upgrade'),
    });
  });

  test('of version 2 is carried over, and lists by creation', async () => {
    const path = await newPath();
    {
      await using store = await openSqliteStore({ path, driver });
      for (const id of ['a', 'b']) await store.sessions.create({ id, cwd: '/' });
    }
    await change(
      path,
      driver,
      'DROP INDEX session_creation; DROP TABLE draft; DROP INDEX state_owner; PRAGMA user_version = 2',
    );
    await using again = await openSqliteStore({ path, driver });
    expect((await again.sessions.list({ order: 'oldest' })).map(({ id }) => id)).toEqual(['a', 'b']);
    const database = await openSqliteDriver(path, driver);
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'session_creation'").get()).toBeDefined();
    database.close();
  });

  test('of version 3 is carried over, and lists by owner; a row that is damaged does not hinder it', async () => {
    const path = await newPath();
    {
      await using store = await openSqliteStore({ path, driver });
      for (const id of ['a', 'b', 'c']) await store.sessions.create({ id, cwd: '/', data: { owner: `of ${id}` } });
    }
    const damage = "UPDATE session_state SET data = '{' WHERE session = (SELECT num FROM session WHERE id = 'a')";
    await change(path, driver, `DROP TABLE draft; DROP INDEX state_owner; ${damage}; PRAGMA user_version = 3`);
    await using again = await openSqliteStore({ path, driver });
    expect((await again.sessions.list({ user: 'of b' })).map(({ id }) => id)).toEqual(['b']);
  });

  test('is looked through by owner where they have few sessions, and in order where they have many', async () => {
    const { store, database } = await openOver(await newPath(), driver);
    const plans: string[] = [];
    const prepare = database.prepare.bind(database);
    database.prepare = (sql) => {
      plans.push(
        prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all(...Array<null>(8).fill(null))
          .map(({ detail }) => detail)
          .join('; '),
      );
      return prepare(sql);
    };
    for (let n = 0; n < 1_100; n += 1)
      void store.sessions.create({ id: `s${n}`, cwd: '/', data: { owner: n < 1_050 ? 'many' : 'few' } });
    await store.sync();
    expect(await store.sessions.list({ user: 'few' })).toHaveLength(50);
    expect(await store.sessions.list({ user: 'many', limit: 10, offset: 1_045 })).toHaveLength(5);
    const order = 'newest';
    expect(await store.sessions.list({ user: 'few', order, limit: 20, offset: 40 })).toHaveLength(10);
    expect(plans).toEqual([
      expect.stringMatching(/SEARCH t USING INDEX state_owner .*; SEARCH s USING INTEGER PRIMARY KEY/),
      expect.stringMatching(/^SEARCH s USING INDEX session_activity .*; SEARCH t USING INTEGER PRIMARY KEY [^;]*$/),
      expect.stringMatching(/SEARCH t USING INDEX state_owner .*; SEARCH s USING INTEGER PRIMARY KEY/),
    ]);
  });

  test('of version 1 is carried over, with all that is in it, by whichever process comes first', async () => {
    const path = await newPath();
    await change(path, driver, SCHEMA_1);
    await change(
      path,
      driver,
      `INSERT INTO session VALUES (7, 's', '/', NULL, NULL, NULL, NULL, '2026-01-01', '2026-01-01', 2, 1, NULL, 0, 0);
       INSERT INTO session_state VALUES (7, '{}', NULL, 0);
       INSERT INTO entry VALUES (7, 1, 1, '2026-01-01', 0, 'interrupt', 'main', 'k', '{"by":"x","keepQueue":true}'),
         (7, 2, 1, '2026-01-01', 0, 'interrupt', 'main', NULL, '{"by":"x","keepQueue":true}')`,
    );
    const stores = await Promise.all([openSqliteStore({ path, driver }), openSqliteStore({ path, driver })]);
    const [store] = stores;
    onTestFinished(async () => {
      for (const one of stores) await one[Symbol.asyncDispose]();
    });
    expect(await store.read('s', { after: 0 })).toMatchObject([{ ...interrupt, seq: 1, once: 'k' }, { seq: 2 }]);
    expect(await store.append('s', [{ ...interrupt, once: 'k' }])).toMatchObject({ why: 'once', winner: { seq: 1 } });
    expect(await store.append('s', [interrupt])).toMatchObject({ first: 3 });
    expect(await store.read('s', { after: 1, upTo: 2 })).toMatchObject([{ seq: 2 }]);
    expect(await store.sessions.delete('s')).toBe(true);
    expect(await store.read('s', { after: 0 })).toEqual([]);
  });

  test('with an entry of a newer version still gives the others', async () => {
    const path = await newPath();
    await using store = await openSqliteStore({ path, driver });
    await store.sessions.create({ id: 's', cwd: '/' });
    await store.append('s', [interrupt, interrupt]);
    await change(path, driver, 'UPDATE entry SET v = 2 WHERE seq = 2');
    expect(await store.read('s', { after: 0, upTo: 1 })).toHaveLength(1);
    await expect(store.read('s', { after: 0 })).rejects.toThrow(/upgrade/);
  });

  test.each(['not a database at all, '.repeat(100), 'SQLite format 3\0'.repeat(300)])(
    'that is damaged is refused, named, and left as it is (%#)',
    async (content) => {
      const path = await newPath();
      await writeFile(path, content);
      await expect(openSqliteStore({ path, driver })).rejects.toMatchObject({
        name: 'StoreError',
        why: 'corrupt',
        path,
      });
      expect(await readFile(path, 'utf8')).toBe(content);
    },
  );

  test("that is somebody else's database is refused, and gets no tables", async () => {
    const path = await newPath();
    await change(path, driver, 'CREATE TABLE theirs (x)');
    await expect(openSqliteStore({ path, driver })).rejects.toMatchObject({ why: 'corrupt' });
    const database = await openSqliteDriver(path, driver);
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
    database.close();
  });

  test('that cannot be made says so', async () => {
    const path = await newPath();
    await writeFile(path, '');
    await expect(openSqliteStore({ path: join(path, 'sessions.db'), driver })).rejects.toMatchObject({
      why: 'unavailable',
      message: expect.stringContaining('COLLOQUY_HOME'),
    });
  });

  test('that is full fails the append and nothing else, and works again when there is room', async () => {
    const { store, database } = await openOver(await newPath(), driver);
    await store.sessions.create({ id: 's', cwd: '/' });
    database.exec('PRAGMA max_page_count = 20');
    const large = { ...interrupt, by: 'x'.repeat(200_000) };
    const results = await Promise.allSettled([
      store.append('s', [interrupt], { sync: 'now' }),
      store.append('s', [large], { sync: 'now' }),
      store.append('s', [interrupt], { sync: 'lazy' }),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { first: 1 } },
      {
        status: 'rejected',
        reason: { name: 'StoreError', why: 'full', message: expect.stringContaining('disk is full') },
      },
      { status: 'fulfilled', value: { first: 2 } },
    ]);
    database.exec('PRAGMA max_page_count = 10000');
    expect(await store.append('s', [large])).toMatchObject({ ok: true, first: 3 });
  });

  test('that cannot be written when a session is let go does not keep this process from taking it again', async () => {
    const { store, database } = await openOver(await newPath(), driver);
    await store.sessions.create({ id: 's', cwd: '/' });
    const log = await SessionLog.open(store, 's');
    database.exec('PRAGMA query_only = ON');
    await expect(log.close()).rejects.toMatchObject({ why: 'read_only' });
    database.exec('PRAGMA query_only = OFF');
    await using again = await SessionLog.open(store, 's');
    expect(again.epoch).toBe(log.epoch + 1);
  });

  test('that may only be read fails the append and is still read', async () => {
    const { store, database } = await openOver(await newPath(), driver);
    await store.sessions.create({ id: 's', cwd: '/' });
    database.exec('PRAGMA query_only = ON');
    await expect(store.append('s', [interrupt])).rejects.toMatchObject({ why: 'read_only' });
    expect(await store.sessions.get('s')).toMatchObject({ head: 0 });
    database.exec('PRAGMA query_only = OFF');
  });
}

async function openOver(
  path: string,
  driver: SqliteDriverName,
): Promise<{ store: SqliteStore; database: SqliteDriver }> {
  const database = await openDatabase(path, driver);
  const store = new SqliteStore(database, path);
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { store, database };
}

function processTests(): void {
  const node = ['--conditions=colloquy-source'];
  const holdLease = fileURLToPath(new URL('./__fixtures__/hold-lease.ts', import.meta.url));
  const appendInputs = fileURLToPath(new URL('./__fixtures__/append-inputs.ts', import.meta.url));

  test('after kill -9 nothing that was appended is lost, and the session can be opened at once', async () => {
    const path = await newPath();
    await using store = await openSqliteStore({ path });
    await store.sessions.create({ id: 's', cwd: '/' });
    const child = spawn(process.execPath, [...node, holdLease, path, 's'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface(child.stdout), 'line');
    expect(JSON.parse(String(line))).toEqual({ epoch: 1, head: 2 });
    await expect(SessionLog.open(store, 's')).rejects.toMatchObject({
      name: 'SessionBusyError',
      owner: expect.stringMatching(new RegExp(` ${child.pid}$`)),
    });
    child.kill('SIGKILL');
    await exited;
    await using log = await SessionLog.open(store, 's');
    expect(log).toMatchObject({ epoch: 2, head: 2, row: { running: true } });
    expect(await store.read('s', { after: 0 })).toMatchObject([{ kind: 'prompt' }, { kind: 'turn_start' }]);
  });

  test('that open a new file at the same time, and write side by side, leave no gap and lose nothing', async () => {
    const path = await newPath();
    await Promise.all(
      [0, 1, 2].map(() => promisify(execFile)(process.execPath, [...node, appendInputs, path, 's', '20'])),
    );
    await using store = await openSqliteStore({ path });
    const entries = await store.read('s', { after: 0 });
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    // Batches are whole: each key is followed by an entry of the same process.
    const writers = entries.map((entry) => (entry.kind === 'interrupt' ? entry.by : undefined));
    expect(writers.filter((_, index) => index % 2 === 0)).toEqual(writers.filter((_, index) => index % 2 === 1));
  });
}

test('a deleted session leaves none of its words in the files', async () => {
  const path = await newPath();
  const store = await openSqliteStore({ path });
  const secret = 'the-secret-of-the-session ';
  const kept = await store.sessions.create({ id: 'kept', cwd: '/', title: 'kept' });
  await store.sessions.create({ id: 'gone', cwd: '/', title: secret });
  const lease = (await store.claim('gone', 'me', 60_000))!;
  const content = [{ type: 'text', text: secret.repeat(1_000) }];
  for (let n = 0; n < 20; n += 1) {
    const prompt = {
      kind: 'prompt',
      uuid: `u${n}`,
      content,
      by: 'me',
      origin: null,
      priority: 'later',
      startsTurn: true,
    } as const;
    const checkpoint = { n, text: secret.repeat(n * 100) };
    await store.append('gone', [prompt], { epoch: lease.epoch, checkpoint });
  }
  await lease.release();
  expect(await store.sessions.delete('gone')).toBe(true);
  const bytes = Buffer.concat([await readFile(path), await readFile(`${path}-wal`)]);
  expect(bytes.includes(secret)).toBe(false);
  expect(await store.sessions.get('kept')).toEqual(kept);
  await store[Symbol.asyncDispose]();
});
