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
