import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openTools } from './tool-scene.ts';

test('lists what a folder holds: folders first, files with their size', async () => {
  await using scene = await openTools({ 'b.txt': 'four', '.hidden': '', 'sub/x': '', '../outside/secret': '' });
  execFileSync('mkfifo', [scene.path('pipe')]);
  await symlink('b.txt', scene.path('link'));
  await symlink('../outside', scene.path('out'));
  await symlink('nowhere', scene.path('broken'));
  expect(await scene.call('LS', { path: '.' })).toEqual({
    text: [
      'sub/',
      '.hidden (0)',
      'b.txt (4)',
      'broken (a link that leads nowhere, or outside)',
      'link (4)',
      'out (a link that leads nowhere, or outside)',
      'pipe (device, pipe or socket)',
    ].join('\n'),
    blocks: [expect.anything()],
    isError: false,
    structured: {
      path: scene.cwd,
      entries: [
        { name: 'sub', type: 'directory' },
        { name: '.hidden', type: 'file', size: 0 },
        { name: 'b.txt', type: 'file', size: 4 },
        { name: 'broken', type: 'unknown' },
        { name: 'link', type: 'file', size: 4 },
        { name: 'out', type: 'unknown' },
        { name: 'pipe', type: 'other' },
      ],
      numEntries: 7,
      truncated: false,
    },
  });
});

test('leaves out what it is told to', async () => {
  await using scene = await openTools({ 'a.log': '', 'a.ts': '', 'node_modules/x': '', 'sub/x': '' });
  const { text } = await scene.call('LS', { path: scene.cwd, ignore: ['*.log', 'node_modules/'] });
  expect(text).toBe('sub/\na.ts (0)');
});

test('shows 1,000 names and says that there are more', async () => {
  await using scene = await openTools(
    Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`many/${index}`, ''])),
  );
  const { text, structured } = await scene.call('LS', { path: 'many' });
  expect(text).toContain('[1000 of 1001 names are shown.]');
  expect(structured).toMatchObject({ numEntries: 1001, truncated: true });
});

test('says what is wrong, and asks about what lies outside', async () => {
  await using scene = await openTools({ 'a.txt': '', 'empty/x': '', '../outside/secret': '' });
  const list = async (path: string, more: object = {}): Promise<string> =>
    (await scene.call('LS', { path, ...more })).text;
  expect(await list('a.txt')).toBe('a.txt is a file, not a folder. Read it instead.');
  expect(await list('emty')).toContain('emty does not exist. Did you mean empty?');
  expect(await list('empty', { ignore: ['*'] })).toContain('all in it is left out');
  expect(await list('../outside')).toContain('outside');
  expect(await list('.', { ignore: ['x'.repeat(2000)] })).toContain('longer than 1000');
});
