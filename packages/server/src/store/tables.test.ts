import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTables } from './tables.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'colloquy-tables-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const KEY = {
  id: 'key_1',
  name: 'a key',
  user: 'local',
  role: 'admin',
  hash: 'h',
  environment: null,
  created_at: 1,
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
} as const;

test('what is written is there after opening it again, whoever has migrated it first', async () => {
  const [first, second] = await Promise.all([openTables(folder), openTables(folder)]);
  await first.insertInto('api_key').values(KEY).execute();
  expect(await second.selectFrom('api_key').select('name').execute()).toEqual([{ name: 'a key' }]);
  await Promise.all([first.destroy(), second.destroy()]);
  const third = await openTables(folder);
  expect(await third.selectFrom('api_key').selectAll().executeTakeFirst()).toEqual(KEY);
  await third.destroy();
});

test('without a data folder it is in memory, and each is its own', async () => {
  const [one, other] = await Promise.all([openTables(undefined), openTables(undefined)]);
  await one.insertInto('api_key').values(KEY).execute();
  expect(await other.selectFrom('api_key').select('id').execute()).toEqual([]);
  await Promise.all([one.destroy(), other.destroy()]);
});
