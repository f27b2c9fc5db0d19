import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { CREDENTIAL_LIFETIME_MS, folderCredentials, memoryCredentials, type Credentials } from './credentials.ts';
import { hashSecret, newSecret } from './secrets.ts';

afterEach(() => void vi.useRealTimers());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-credentials-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'credentials');
}

const KINDS: [string, () => Promise<Credentials>][] = [
  ['in memory', async () => memoryCredentials()],
  ['in a folder', async () => folderCredentials(await temporaryFolder())],
];

test.each(KINDS)('%s, a secret is known until its thirty days are over', async (_, create) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const credentials = await create();
  const { secret, expiresAt } = await credentials.issue();
  expect(expiresAt).toBe(Date.now() + CREDENTIAL_LIFETIME_MS);
  vi.setSystemTime(expiresAt - 1);
  expect(await credentials.isGood(hashSecret(secret))).toBe(true);
  vi.setSystemTime(expiresAt);
  expect(await credentials.isGood(hashSecret(secret))).toBe(false);
});

test.each(KINDS)('%s, an unknown secret is nobody', async (_, create) => {
  const credentials = await create();
  await credentials.issue();
  expect(await credentials.isGood(hashSecret(newSecret()))).toBe(false);
});

test.each(KINDS)('%s, a page that signs out is unknown, and the others stay', async (_, create) => {
  const credentials = await create();
  const [one, other] = [await credentials.issue(), await credentials.issue()];
  await credentials.end(hashSecret(one.secret));
  await credentials.end(hashSecret(one.secret));
  expect(await credentials.isGood(hashSecret(one.secret))).toBe(false);
  expect(await credentials.isGood(hashSecret(other.secret))).toBe(true);
});

test('a secret outlives the process, and two servers on one folder know each other’s', async () => {
  const folder = await temporaryFolder();
  const one = folderCredentials(folder);
  const other = folderCredentials(folder);
  const issued = await Promise.all([one.issue(), other.issue(), one.issue()]);
  for (const { secret } of issued) {
    expect(await one.isGood(hashSecret(secret))).toBe(true);
    expect(await folderCredentials(folder).isGood(hashSecret(secret))).toBe(true);
  }
});

test('only hashes lie on the disk, in files that only their owner can read', async () => {
  const folder = await temporaryFolder();
  const { secret } = await folderCredentials(folder).issue();
  const names = await readdir(folder);
  expect(names).toEqual([`${hashSecret(secret)}.json`]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of names) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, name), 'utf8')).not.toContain(secret);
  }
});

test('a broken file lets nobody in, and goes with the next sign-in', async () => {
  const folder = await temporaryFolder();
  const credentials = folderCredentials(folder);
  await credentials.issue();
  const secret = newSecret();
  await writeFile(join(folder, `${hashSecret(secret)}.json`), '{"expires_at":');
  expect(await credentials.isGood(hashSecret(secret))).toBe(false);
  await credentials.issue();
  expect(await readdir(folder)).toHaveLength(2);
});

test('expired files go with the next sign-in', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const folder = await temporaryFolder();
  const credentials = folderCredentials(folder);
  const { expiresAt } = await credentials.issue();
  vi.setSystemTime(expiresAt);
  await credentials.issue();
  expect(await readdir(folder)).toHaveLength(1);
});

test('a page that another server signs out is signed out here at once', async () => {
  const folder = await temporaryFolder();
  const [here, elsewhere] = [folderCredentials(folder), folderCredentials(folder)];
  const hash = hashSecret((await elsewhere.issue()).secret);
  for (let n = 0; n < 3; n += 1) expect(await here.isGood(hash)).toBe(true);
  await elsewhere.end(hash);
  expect([await here.isGood(hash), await elsewhere.isGood(hash)]).toEqual([false, false]);
});

test('a page that was asked for before is signed out when its time has come', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const credentials = folderCredentials(await temporaryFolder());
  const { secret, expiresAt } = await credentials.issue();
  expect(await credentials.isGood(hashSecret(secret))).toBe(true);
  vi.setSystemTime(expiresAt);
  expect(await credentials.isGood(hashSecret(secret))).toBe(false);
});
