import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, symlink, utimes } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { openTools, type ToolScene } from './tool-scene.ts';

const find = async (scene: ToolScene, pattern: string, path?: string): Promise<string[]> =>
  (await scene.call('Glob', { pattern, ...(path === undefined ? {} : { path }) })).text.split('\n').toSorted();

test('lists files by pattern, those changed last first', async () => {
  await using scene = await openTools({ 'a.ts': '', 'b.tsx': '', 'sub/c.ts': '', 'd.md': '' });
  for (const [at, name] of ['a.ts', 'sub/c.ts', 'b.tsx'].entries()) await utimes(scene.path(name), at + 1, at + 1);
  const result = await scene.call('Glob', { pattern: '**/*.{ts,tsx}' });
  expect(result).toMatchObject({
    text: 'b.tsx\nsub/c.ts\na.ts',
    isError: false,
    structured: { numFiles: 3, filenames: ['b.tsx', 'sub/c.ts', 'a.ts'], truncated: false },
  });
});

test.each([
  ['ripgrep', undefined],
  ['no ripgrep', '/nowhere/rg'],
])(
  'with %s, hidden files are listed; what .gitignore leaves out, .git and what links lead to are not',
  async (_with, rg) => {
    vi.stubEnv('COLLOQUY_RIPGREP', rg ?? '');
    await using scene = await openTools({
      '.gitignore': 'node_modules\n*.log\n!kept.log\n',
      '.git/config': '',
      'node_modules/x/index.js': '',
      'a.log': '',
      'kept.log': '',
      'sub/.gitignore': '/only-here\n',
      'sub/only-here': '',
      'sub/deep/only-here': '',
      '.github/ci.yml': '',
      'ü b.js': '',
      '../outside/secret.js': '',
    });
    await symlink('../outside', scene.path('link'));
    expect(await find(scene, '**')).toEqual(
      ['.github/ci.yml', '.gitignore', 'kept.log', 'sub/.gitignore', 'sub/deep/only-here', 'ü b.js'].toSorted(),
    );
    expect(await find(scene, '**/*.js')).toEqual(['ü b.js']);
    expect(await find(scene, '*.log')).toEqual(['kept.log']);
    expect(await find(scene, '*', 'sub/deep')).toEqual(['sub/deep/only-here']);
  },
);

test('100,000 files are looked through', { timeout: 30_000 }, async () => {
  // Where there is a file system in memory, files are made faster.
  if (existsSync('/dev/shm')) vi.stubEnv('TMPDIR', '/dev/shm');
  await using scene = await openTools();
  const make = 'for f in $(seq 0 99); do mkdir f$f; (cd f$f && seq -f %g.txt 0 999 | xargs touch); done';
  execFileSync('sh', ['-c', make], { cwd: scene.cwd });
  const { text, structured } = await scene.call('Glob', { pattern: '**/*.txt' });
  expect(text).toContain('[200 of 100000 matching files, the newest. Use a narrower pattern to see others.]');
  expect(structured).toMatchObject({ numFiles: 200, truncated: true });
  expect(await find(scene, '**/999.txt', 'f7')).toEqual(['f7/999.txt']);
});

test('what cannot be listed is said', async () => {
  await using scene = await openTools({ 'a.ts': '', '../outside/x': '' });
  expect((await scene.call('Glob', { pattern: '*.md' })).text).toContain('[No files match. *.md is looked for in that');
  const wrong = async (pattern: string, path = '.'): Promise<string> => {
    const { isError, text } = await scene.call('Glob', { pattern, path });
    return isError ? text : 'was listed';
  };
  expect(await wrong('*', 'none')).toContain('none does not exist');
  expect(await wrong('*', 'a.ts')).toContain('a.ts is a file');
  expect(await wrong('*/../../outside/*')).toContain('.. may only stand at the beginning');
  expect(await wrong('../outside/*')).toContain('outside');
  expect(await wrong('{a,b}'.repeat(12))).toContain('too many alternatives');
  expect(await wrong('')).toContain('pattern');
});

test('folders that may not be read are said to be left out', async () => {
  await using scene = await openTools({
    'a.ts': '',
    // As ripgrep ends when a folder is closed to it; to root, none is.
    'rg.sh': "#!/bin/sh\nprintf 'a.ts\\0'\nexit 2\n",
  });
  await chmod(scene.path('rg.sh'), 0o755);
  vi.stubEnv('COLLOQUY_RIPGREP', scene.path('rg.sh'));
  expect((await scene.call('Glob', { pattern: 'a.*' })).text).toBe('a.ts\n[Some folders could not be read.]');
});
