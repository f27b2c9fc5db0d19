// What is on the disk when, of a store in SQLite: the disk itself is a test's, which counts, waits and fails.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { letOthersRun } from '../helpers/let-others-run.ts';
import { TestDisk } from './__fixtures__/test-disk.ts';
import type { Input, NewEntry } from './entries.ts';
import type { SqliteDriverName } from './sqlite-driver.ts';
import { openDatabase } from './sqlite-schema.ts';
import { openSqliteStore, SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

const DRIVERS: readonly SqliteDriverName[] = ['better-sqlite3', 'node:sqlite'];
const interrupt: NewEntry<Input> = { kind: 'interrupt', by: 'x', keepQueue: true };

describe.each(DRIVERS)('on %s', (driver) => {
  test('what is appended to be durable waits for the disk, and is in the log meanwhile', async () => {
    const { store, disk } = await openStore(driver);
    disk.hold();
    const order: string[] = [];
    const durable = store.append('s', [interrupt]).then(() => order.push('durable'));
    await store.append('s', [interrupt], { sync: 'lazy' }).then(() => order.push('lazy'));
    expect(await store.read('s', { after: 0 })).toHaveLength(2);
    expect(order).toEqual(['lazy']);
    disk.letGo();
    await durable;
    expect(order).toEqual(['lazy', 'durable']);
  });

  test('all who wait for the disk share it; whoever comes while it works waits for the next time', async () => {
    const { store, disk } = await openStore(driver);
    const before = disk.syncs;
    disk.hold();
    const first = Promise.all([store.append('s', [interrupt]), store.append('s', [interrupt])]);
    // Until the disk is at work.
    while (disk.syncs === before) await store.append('s', [interrupt], { sync: 'lazy' });
    const second = Promise.all([store.append('s', [interrupt]), store.append('s', [interrupt])]);
    await store.append('s', [interrupt], { sync: 'lazy' });
    const third = store.sync();
    disk.letGo();
    await Promise.all([first, second, third]);
    expect(disk.syncs - before).toBe(2);
  });

  test('nothing new, no wait for the disk; what others have committed is new', async () => {
    const { store, disk, path } = await openStore(driver);
    const before = disk.syncs;
    await store.sync();
    await store.sync();
    expect(disk.syncs - before).toBe(0);
    await store.append('s', [interrupt], { sync: 'lazy' });
    await Promise.all([store.sync(), store.sync()]);
    expect(disk.syncs - before).toBe(1);
    await using other = await openSqliteStore({ path, driver });
    await other.append('s', [interrupt], { sync: 'lazy' });
    await store.sync();
    expect(disk.syncs - before).toBe(2);
  });

  test('a refusal is told when the entry that won is durable, whoever has appended it', async () => {
    const { store, disk, path } = await openStore(driver);
    const keyed = { ...interrupt, once: 'k' };
    await using other = await openSqliteStore({ path, driver });
    await other.append('s', [keyed], { sync: 'lazy' });
    disk.hold();
    let told = false;
    const refused = store.append('s', [keyed]).finally(() => (told = true));
    await store.append('s', [interrupt], { sync: 'lazy' });
    expect(told).toBe(false);
    disk.letGo();
    expect(await refused).toMatchObject({ ok: false, why: 'once', winner: { seq: 1 } });
  });

  test('after the disk has failed once, nothing is promised any more; what is there can be read, and told lazily', async () => {
    const { store, disk } = await openStore(driver);
    disk.failure = new Error('EIO: i/o error, fdatasync');
    await expect(store.append('s', [interrupt])).rejects.toMatchObject({ name: 'StoreError', cause: disk.failure });
    const cause = disk.failure;
    disk.failure = undefined;
    // The system may have dropped what it could not write: that the disk works again says nothing of it.
    await expect(store.append('s', [interrupt])).rejects.toMatchObject({ cause });
    await expect(store.sync()).rejects.toMatchObject({ cause });
    expect(await store.append('s', [interrupt], { sync: 'lazy' })).toMatchObject({ ok: true, first: 3 });
    expect(await store.read('s', { after: 0 })).toHaveLength(3);
    await expect(store[Symbol.asyncDispose]()).rejects.toMatchObject({ cause });
  });

  test('closing waits for the disk, for what was asked for before too', async () => {
    const { store, disk } = await openStore(driver);
    disk.hold();
    const order: string[] = [];
    const durable = store.append('s', [interrupt]).then(() => order.push('durable'));
    const closed = store[Symbol.asyncDispose]().then(() => order.push('closed'));
    while (disk.syncs < 2) await letOthersRun();
    expect(order).toEqual([]);
    disk.letGo();
    await Promise.all([durable, closed]);
    expect(order).toEqual(['durable', 'closed']);
  });

  test('checkpoints between a commit and the wait for the disk change nothing', async () => {
    const { store, path } = await openStore(driver, { realDisk: true });
    const other = await openDatabase(path, driver);
    onTestFinished(() => other.close());
    for (let round = 1; round <= 20; round += 1) {
      const appended = store.append('s', [interrupt]);
      // After the commit, while the file is being synced: it is copied into the database, and begins anew with the next commit.
      await store.append('s', [interrupt], { sync: 'lazy' });
      other.exec('PRAGMA wal_checkpoint(RESTART)');
      expect(await appended).toMatchObject({ ok: true });
      expect(await store.read('s', { after: 0 })).toHaveLength(2 * round);
    }
  });
});

/** A store with a session `s`, which is on the disk. */
async function openStore(
  driver: SqliteDriverName,
  o: { realDisk?: boolean } = {},
): Promise<{ store: Store; disk: TestDisk; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-store-'));
  const path = join(folder, 'sessions.db');
  const disk = new TestDisk();
  const store = new SqliteStore(
    await openDatabase(path, driver),
    path,
    o.realDisk === true ? undefined : disk.wal(path),
  );
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]().catch(() => {});
    await rm(folder, { recursive: true });
  });
  await store.sessions.create({ id: 's', cwd: '/' });
  return { store, disk, path };
}
