import { symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { globTool, splitPattern } from './glob.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';

const glob = async (place: Workspace, pattern: string, path?: string): Promise<unknown> =>
  (await place.run(globTool, { pattern, ...(path === undefined ? {} : { path }) })).structured?.filenames.toSorted(
    (a, b) => (a < b ? -1 : 1),
  );

test('lists files by pattern, the newest first, those of one moment by name', async () => {
  await using place = await createWorkspace({ 'b.ts': '', 'a.ts': '', 'sub/c.ts': '', 'd.md': '' });
  for (const path of ['a.ts', 'b.ts']) await utimes(join(place.cwd, path), 1, 1);
  await utimes(join(place.cwd, 'sub/c.ts'), 2, 2);
  const outcome = await place.run(globTool, { pattern: '**/*.ts' });
  expect(outcome.content).toBe('sub/c.ts\na.ts\nb.ts');
  expect(outcome.structured).toMatchObject({ numFiles: 3, filenames: ['sub/c.ts', 'a.ts', 'b.ts'], truncated: false });
});

test('leaves out what .gitignore does, and .git; shows hidden files', async () => {
  await using place = await createWorkspace({
    '.gitignore': 'node_modules\n*.log\n',
    '.git/config': '',
    'node_modules/x/index.js': '',
    'a.log': '',
    '.github/ci.yml': '',
    'a.js': '',
  });
  expect(await glob(place, '**')).toEqual(['.github/ci.yml', '.gitignore', 'a.js']);
  expect(await glob(place, '**/*.js')).toEqual(['a.js']);
  expect(await glob(place, 'node_modules/x/*.js')).toEqual(['node_modules/x/index.js']);
});

test('names with any character are listed, and patterns that look like options are patterns', async () => {
  await using place = await createWorkspace({ '-a.ts': '', 'line\nend.ts': '', 'ü b.ts': '' });
  expect(await glob(place, '*.ts')).toEqual(['-a.ts', 'line\nend.ts', 'ü b.ts']);
  expect(await glob(place, '-a*')).toEqual(['-a.ts']);
  expect(await glob(place, '--files')).toEqual([]);
});

test('begins in the folder it is told, and names files so that they can be read', async () => {
  await using place = await createWorkspace({ 'src/a/x.ts': '', 'src/y.ts': '', '../other/z.ts': '' });
  expect(await glob(place, '*.ts', 'src')).toEqual(['src/y.ts']);
  expect(await glob(place, '**/*.ts', join(place.cwd, 'src/a'))).toEqual(['src/a/x.ts']);
  expect(await glob(place, `${place.cwd}/src/*.ts`)).toEqual(['src/y.ts']);
  const outside = place.files.withLeave([join(place.root, 'other')]);
  expect((await place.run(globTool, { pattern: '../other/*.ts' }, { files: outside })).content).toBe(
    join(place.root, 'other/z.ts'),
  );
});

test('touches only the folder that is decided about', () => {
  expect(splitPattern({ pattern: '**/*.ts' })).toEqual({ folder: '.', rest: '**/*.ts' });
  expect(splitPattern({ pattern: 'src/*.ts', path: 'lib' })).toEqual({ folder: 'lib/src', rest: '*.ts' });
  expect(splitPattern({ pattern: '/etc/*' })).toEqual({ folder: '/etc', rest: '*' });
  expect(splitPattern({ pattern: '../x/{a,b}', path: '/w' })).toEqual({ folder: '/x', rest: '{a,b}' });
  expect(splitPattern({ pattern: 'src/a.ts' })).toEqual({ folder: 'src', rest: 'a.ts' });
  expect(globTool.target({ pattern: '../x/*' })).toEqual({ paths: [{ path: '../x', access: 'read' }] });
});

test('does not leave that folder, neither by dots nor by links', async () => {
  await using place = await createWorkspace({ 'a/x': '', '../outside/secret.txt': '' });
  await symlink('../outside', join(place.cwd, 'link'));
  await expect(glob(place, '*/../../outside/*')).rejects.toThrow('.. may only stand at the beginning');
  expect(await glob(place, '**/secret.txt')).toEqual([]);
  await expect(glob(place, 'link/*')).rejects.toThrow('lies outside the folders of this session');
  await expect(glob(place, '../outside/*')).rejects.toThrow('lies outside the folders of this session');
});

test('says what is not there, and how to look further', async () => {
  await using place = await createWorkspace({ 'a.ts': '' });
  expect((await place.run(globTool, { pattern: '*.md' })).content).toBe(
    '[No files match. *.md is looked for in that folder only; **/*.md in those below too.]',
  );
  await expect(glob(place, 'none/*')).rejects.toThrow('none does not exist');
  await expect(glob(place, '*', 'a.ts')).rejects.toThrow('a.ts is a file');
});

test('shows 200 files and says that there are more', async () => {
  await using place = await createWorkspace(
    Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`f${index}.txt`, ''])),
  );
  const outcome = await place.run(globTool, { pattern: '*.txt' });
  expect(outcome.structured).toMatchObject({ numFiles: 200, truncated: true });
  expect(outcome.content).toContain('[200 of 250 matching files, the newest. Use a narrower pattern to see others.]');
});

test('stops when the turn does', async () => {
  await using place = await createWorkspace({ 'a.ts': '' });
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(place.run(globTool, { pattern: '*' }, { signal })).rejects.toThrow('stop');
});
