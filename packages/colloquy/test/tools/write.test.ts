import { readdir, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openTools } from './tool-scene.ts';

test('makes a file with its folders, and the model then knows it', async () => {
  await using scene = await openTools();
  expect(await scene.call('Write', { file_path: 'new/a.txt', content: 'one\r\ntwo' })).toMatchObject({
    isError: false,
    text: 'Made new/a.txt (2 lines).',
    structured: { type: 'create', filePath: scene.path('new/a.txt'), structuredPatch: [], originalFile: null },
  });
  await scene.call('Write', { file_path: 'new/a.txt', content: '' });
  expect(scene.read('new/a.txt')).toBe('');
});

test('replaces a file that was read, or was not, and tells what changed', async () => {
  await using scene = await openTools({ 'a.txt': 'one\ntwo\n', 'b.txt': 'unread' });
  expect(await scene.call('Write', { file_path: 'b.txt', content: 'x' })).toMatchObject({
    structured: { type: 'update', originalFile: 'unread' },
  });
  await scene.call('Read', { file_path: 'a.txt' });
  expect(await scene.call('Write', { file_path: 'a.txt', content: 'one\n' })).toMatchObject({
    structured: {
      type: 'update',
      content: 'one\n',
      originalFile: 'one\ntwo\n',
      structuredPatch: [{ lines: [' one', '-two'] }],
    },
  });
  scene.write('a.txt', 'theirs');
  expect((await scene.call('Write', { file_path: 'a.txt', content: 'x' })).text).toContain('has changed since');
  expect(scene.read('a.txt')).toBe('theirs');
});

test('keeps the encoding of the file it replaces, unless that lacks a character', async () => {
  await using scene = await openTools({
    'utf16.txt': Buffer.from('\uFEFFa', 'utf16le'),
    'bom.txt': '\uFEFFa',
    'latin1.txt': Buffer.from('é', 'latin1'),
    'broken.txt': Buffer.concat([Buffer.from('äö'), Buffer.from([0xff])]),
  });
  const replace = async (file_path: string, content: string): Promise<string> => {
    await scene.call('Read', { file_path });
    await scene.call('Write', { file_path, content });
    return scene.bytes(file_path).toString('hex');
  };
  expect(await replace('utf16.txt', 'b')).toBe('fffe6200');
  expect(await replace('bom.txt', 'b')).toBe('efbbbf62');
  expect(await replace('latin1.txt', 'ü')).toBe('fc');
  expect(await replace('latin1.txt', '😀')).toBe(Buffer.from('😀').toString('hex'));
  expect(await replace('broken.txt', 'ü')).toBe(Buffer.from('ü').toString('hex'));
});

test('writes nothing it may not write, and leaves nothing behind', async () => {
  await using scene = await openTools({ 'folder/x': '', '../outside/a.txt': 'theirs' });
  await symlink('../outside', scene.path('link'));
  const write = async (file_path: string): Promise<string> =>
    (await scene.call('Write', { file_path, content: 'x' })).text;
  expect(await write('folder')).toContain('is a directory');
  expect(await write('folder/x/y')).toContain('in the way');
  // Nobody can be asked about what lies outside.
  expect(await write('link/a.txt')).toContain('outside');
  expect(await write('../outside/new.txt')).toContain('outside');
  expect(await write('.git/hooks/pre-commit')).toMatch(/\.git/);
  expect(await readdir(scene.cwd)).toEqual(['folder', 'link']);
  expect(await readdir(`${scene.root}/outside`)).toEqual(['a.txt']);
});

test('a write that is denied, or interrupted while it is asked about, makes nothing', async () => {
  const ask: { answer(): Promise<unknown> } = { answer: async () => undefined };
  await using scene = await openTools(
    {},
    {
      permissionMode: 'default',
      canUseTool: async () => {
        await ask.answer();
        return { behavior: 'deny', message: 'No.' };
      },
    },
  );
  expect((await scene.call('Write', { file_path: 'a.txt', content: 'x' })).text).toBe('No.');
  ask.answer = () => scene.client.interrupt();
  expect(await scene.call('Write', { file_path: 'a.txt', content: 'x' })).toMatchObject({ isError: true });
  expect(await readdir(scene.cwd)).toEqual([]);
});
