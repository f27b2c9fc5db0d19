import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createWorkspaces } from './workspaces.ts';

async function folders(): Promise<{ own: string; other: string; outside: string }> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-workspaces-')));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const [own, other, outside] = [join(base, 'own'), join(base, 'other'), join(base, 'own-not')];
  for (const folder of [own, other, outside, join(own, 'inner')]) await mkdir(folder);
  await writeFile(join(own, 'file.txt'), '');
  await symlink(outside, join(own, 'way-out'));
  return { own, other, outside };
}

test('a session works in the server’s folder, below it, or in another root', async () => {
  const { own, other } = await folders();
  const workspaces = createWorkspaces([own, other]);
  expect(await workspaces.choose(undefined)).toBe(own);
  expect(await workspaces.choose(own)).toBe(own);
  expect(await workspaces.choose('inner')).toBe(join(own, 'inner'));
  expect(await workspaces.choose(join(own, 'inner', '..'))).toBe(own);
  expect(await workspaces.choose(other)).toBe(other);
});

test.each(['..', '/', '/etc', '../own-not', 'way-out', 'file.txt', 'gone', 'inner/../..', 'a\0b'])(
  'refuses %j',
  async (requested) => {
    const { own, other } = await folders();
    await expect(createWorkspaces([own, other]).choose(requested)).rejects.toMatchObject({ status: 400 });
  },
);

test('the data of the server and the folders of other sessions are no session’s to choose', async () => {
  const { own, other } = await folders();
  const [data, folder] = [join(own, 'data'), join(other, 'workspaces')];
  const workspaces = createWorkspaces([own, other], { closed: [data, folder, undefined] });
  // They are made while the server runs.
  for (const made of [join(data, 'credentials'), join(folder, 'a')]) await mkdir(made, { recursive: true });
  await symlink(join(data, 'credentials'), join(own, 'way-in'));
  for (const asked of ['data', 'data/credentials', folder, join(folder, 'a'), 'way-in']) {
    await expect(workspaces.choose(asked)).rejects.toMatchObject({ status: 400 });
  }
  expect(await workspaces.choose('inner')).toBe(join(own, 'inner'));
});

test('a root inside of them is the operator’s choice', async () => {
  const { own } = await folders();
  const folder = join(own, 'workspaces');
  await mkdir(folder);
  const workspaces = createWorkspaces([own], { closed: [own, folder] });
  expect(await workspaces.choose('inner')).toBe(join(own, 'inner'));
  await expect(workspaces.choose('workspaces')).rejects.toMatchObject({ status: 400 });
});
