import { constants } from 'node:fs';
import { readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdFolder } from './held-folder.ts';
import { createWorkspace } from './temporary-workspace.ts';

const ways = [{ byName: false }, { byName: true }];

test.each(ways)('opens nothing through a link that is in it (by name: $byName)', async (o) => {
  await using place = await createWorkspace({ '../outside/s.txt': 'SECRET' });
  await symlink('../outside/s.txt', join(place.cwd, 'link'));
  await using folder = await holdFolder(place.cwd, place.cwd, o);
  await expect(folder?.open('link', constants.O_RDONLY)).rejects.toMatchObject({ code: 'ELOOP' });
  await expect(folder?.open('link', constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)).rejects.toMatchObject({
    code: 'EEXIST',
  });
  expect((await folder?.look('link'))?.isSymbolicLink()).toBe(true);
});

test.each(ways)('is not held through a link, nor made where a link or a file is (by name: $byName)', async (o) => {
  await using place = await createWorkspace({ 'd/a.txt': '', '../outside/e/x': '' });
  await symlink('../outside', join(place.cwd, 'link'));
  for (const way of ['link', 'link/e'])
    await expect(holdFolder(place.cwd, join(place.cwd, way), o)).rejects.toThrow('no longer what it was');
  await expect(holdFolder(place.cwd, join(place.cwd, 'link/new'), { ...o, make: true })).rejects.toThrow('no longer');
  await expect(holdFolder(place.cwd, join(place.cwd, 'd/a.txt/b'), { ...o, make: true })).rejects.toThrow('in the way');
  expect(await holdFolder(place.cwd, join(place.cwd, 'd/none/e'), o)).toBeUndefined();
  expect(await holdFolder(place.cwd, join(place.cwd, 'd/a.txt'), o)).toBeUndefined();
  expect(await readdir(join(place.root, 'outside'))).toEqual(['e']);
});

test('stays the same folder when its name leads elsewhere', async () => {
  await using place = await createWorkspace({ 'd/a.txt': 'fine', '../outside/a.txt': 'SECRET' });
  await using folder = await holdFolder(place.cwd, join(place.cwd, 'd'));
  await rename(join(place.cwd, 'd'), join(place.cwd, 'gone'));
  await symlink('../outside', join(place.cwd, 'd'));
  await using file = await folder?.open('a.txt', constants.O_RDONLY);
  expect(await file?.readFile('utf8')).toBe('fine');
});
