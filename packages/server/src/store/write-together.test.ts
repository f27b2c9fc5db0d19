import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/running-server.ts';
import { openDatabase } from './open-database.ts';
import { WriteTogether } from './write-together.ts';

type Things = { thing: { name: string } };

async function openPlace() {
  const path = join(await temporaryFolder(), 'things.db');
  const open = async (): Promise<Kysely<Things>> => {
    const db = await openDatabase<Things>({ path, synchronous: 'normal' });
    onTestFinished(() => db.destroy());
    return db;
  };
  const [db, elsewhere] = [await open(), await open()];
  await sql`CREATE TABLE thing (name TEXT NOT NULL UNIQUE)`.execute(db);
  const together = new WriteTogether(db);
  const add = (name: string): Promise<string> =>
    together.write(async (within) => {
      await within.insertInto('thing').values({ name }).execute();
      return name;
    });
  const seen = async (): Promise<number> => (await elsewhere.selectFrom('thing').selectAll().execute()).length;
  return { add, db, seen, written: async () => (await stat(`${path}-wal`)).size };
}

test('what is asked for at once is written in one go, and is there for others when it is told', async () => {
  const { add, seen, written } = await openPlace();
  const before = await written();
  const names = Array.from({ length: 100 }, (_, n) => `thing ${n}`);
  const added = names.map((name) => add(name));
  expect(await added[0]).toBe('thing 0');
  expect(await seen()).toBe(100);
  expect(await Promise.all(added)).toEqual(names);
  // A commit of its own for each would take a page at least.
  expect((await written()) - before).toBeLessThan(20 * 4_096);
});

test('a write that fails fails alone', async () => {
  const { add, seen } = await openPlace();
  await add('a');
  const outcomes = await Promise.allSettled([add('b'), add('a'), add('c')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(add('a')).rejects.toThrow('UNIQUE');
  expect(await seen()).toBe(3);
});

test('what all who wait are told of a full disk is that, and nothing of it is there', async () => {
  const { add, db, seen } = await openPlace();
  const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(db);
  await sql.raw(`PRAGMA max_page_count = ${rows[0]?.page_count}`).execute(db);
  const outcomes = await Promise.allSettled([add('a'), add('x'.repeat(100_000)), add('b')]);
  const full = { status: 'rejected', reason: expect.objectContaining({ code: 'SQLITE_FULL' }) };
  expect(outcomes).toEqual([full, full, full]);
  expect(await seen()).toBe(0);
  await sql`PRAGMA max_page_count = 10000`.execute(db);
  await Promise.all([add('a'), add('b')]);
  expect(await seen()).toBe(2);
});
