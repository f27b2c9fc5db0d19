import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from 'colloquy';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/running-server.ts';
import { openManagement } from '../manage.ts';
import { openTables } from '../store/tables.ts';
import { ApiKeys, type NewApiKey } from './api-keys.ts';
import { hashSecret } from './secrets.ts';

afterEach(() => void vi.useRealTimers());

async function openKeys(folder?: string): Promise<ApiKeys> {
  const tables = await openTables(folder);
  onTestFinished(() => tables.destroy());
  return new ApiKeys(() => Promise.resolve(tables));
}

const ADA: NewApiKey = { name: 'ci', user: 'ada', role: 'user' };

test('a key is found by the hash of its secret, until it is revoked by id or by name', async () => {
  const keys = await openKeys();
  const one = await keys.create(ADA);
  const two = await keys.create({ ...ADA, name: 'laptop' });
  expect(one.secret).toMatch(/^colloquy_[\w-]{43}$/);
  expect(await keys.find(hashSecret(one.secret))).toMatchObject({ id: one.key.id, user: 'ada', role: 'user' });
  expect(await keys.revoke(one.key.id)).toMatchObject({ name: 'ci' });
  expect(await keys.revoke('laptop')).toMatchObject({ id: two.key.id });
  expect(await keys.find(hashSecret(one.secret))).toBeUndefined();
  expect(await keys.find(hashSecret(two.secret))).toBeUndefined();
  expect(await keys.revoke('ci')).toBeUndefined();
  expect((await keys.list()).map(({ name }) => name).toSorted()).toEqual(['ci', 'laptop']);
});

test('a name is taken once, and free again when its key is revoked', async () => {
  const keys = await openKeys();
  await keys.create(ADA);
  await expect(keys.create(ADA)).rejects.toThrow(ConfigurationError);
  await keys.revoke('ci');
  await keys.create(ADA);
});

test('of two that take a name at once, one gets it', async () => {
  const folder = await temporaryFolder();
  const [one, other] = [await openKeys(folder), await openKeys(folder)];
  const made = await Promise.allSettled([one.create(ADA), other.create(ADA), one.create(ADA), other.create(ADA)]);
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of made) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConfigurationError);
});

test('a key works until the moment it expires', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const keys = await openKeys();
  const expiresAt = Date.now() + 60_000;
  const { key, secret } = await keys.create({ ...ADA, expiresAt });
  vi.setSystemTime(expiresAt - 1);
  expect(await keys.find(hashSecret(secret))).toBeDefined();
  expect(await keys.goodOf([key.id, 'key_unknown'])).toEqual(new Set([key.id]));
  vi.setSystemTime(expiresAt);
  expect(await keys.find(hashSecret(secret))).toBeUndefined();
  expect(await keys.goodOf([key.id])).toEqual(new Set());
});

test('a request that comes twice makes one key, and the secret that was told last is the good one', async () => {
  const keys = await openKeys();
  const first = await keys.create(ADA, 'key_1');
  const second = await keys.create(ADA, 'key_1');
  expect(await keys.list()).toHaveLength(1);
  expect(await keys.find(hashSecret(first.secret))).toBeUndefined();
  expect(await keys.find(hashSecret(second.secret))).toBeDefined();
});

test('the use of a key is written down once a minute, however often it is used', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const keys = await openKeys();
  const { key } = await keys.create(ADA);
  const first = Date.now();
  const lastUse = async () => (await keys.list())[0]?.last_used_at;
  for (let i = 0; i < 50; i++) await keys.noteUse(key.id);
  vi.setSystemTime(first + 59_999);
  await keys.noteUse(key.id);
  expect(await lastUse()).toBe(first);
  vi.setSystemTime(first + 60_000);
  await keys.noteUse(key.id);
  expect(await lastUse()).toBe(first + 60_000);
});

test.each<[string, Partial<NewApiKey>]>([
  ['an empty name', { name: '' }],
  ['a long name', { name: 'n'.repeat(101) }],
  ['a name of spaces', { name: '  ' }],
  ['a name that steers a terminal', { name: 'a\u001B[2Jb' }],
  ['a name that looks like an id', { name: 'key_x' }],
  ['an empty user', { user: '' }],
  ['a user with a space', { user: 'a b' }],
  ['a user with a line break', { user: 'local\n' }],
  ['a time that is over', { expiresAt: Date.now() - 1 }],
  ['a time that is none', { expiresAt: Number.NaN }],
  ['an admin for one environment', { role: 'admin', environment: 'env_1' }],
])('%s makes no key', async (_, wrong) => {
  const keys = await openKeys();
  await expect(keys.create({ ...ADA, ...wrong })).rejects.toThrow(ConfigurationError);
  expect(await keys.list()).toEqual([]);
});

test('there are other users as long as one of them has a key that works', async () => {
  const keys = await openKeys();
  await keys.create({ ...ADA, name: 'mine', user: 'local' });
  expect(await keys.haveOtherUsers()).toBe(false);
  await keys.create(ADA);
  expect(await keys.haveOtherUsers()).toBe(true);
  await keys.revoke('ci');
  expect(await keys.haveOtherUsers()).toBe(false);
});

test('the secret lies nowhere in the data folder, and its files are their owner’s', async () => {
  const folder = await temporaryFolder();
  await using management = await openManagement(folder);
  const { secret } = await management.createKey(ADA);
  const [link] = await management.createLinks('https://chat.example.org/page');
  const token = link?.split('#token=')[1] ?? '';
  expect(link).toMatch(/^https:\/\/chat\.example\.org\/#token=[\w-]{43}$/);
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    expect([name, bytes.includes(secret), bytes.includes(secret.slice(9)), bytes.includes(token)]).toEqual([
      name,
      false,
      false,
      false,
    ]);
  }
});
