import { chmod, readdir, stat, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { editTool } from './edit.ts';
import { readTool } from './read.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';
import { writeTool } from './write.ts';

const read = (place: Workspace, file_path = 'a.txt'): Promise<unknown> => place.run(readTool, { file_path });

describe('Write', () => {
  test('makes a file with its folders, and the model then knows it', async () => {
    await using place = await createWorkspace();
    const file_path = 'new/deep/a.txt';
    expect(await place.run(writeTool, { file_path, content: 'one\ntwo\n' })).toEqual({
      content: 'Made new/deep/a.txt (2 lines).',
      structured: {
        type: 'create',
        filePath: join(place.cwd, file_path),
        content: 'one\ntwo\n',
        structuredPatch: [],
        originalFile: null,
        userModified: false,
      },
    });
    expect(await place.text(file_path)).toBe('one\ntwo\n');
    await place.run(editTool, { file_path, old_string: 'two', new_string: 'three' });
    expect(await place.text(file_path)).toBe('one\nthree\n');
  });

  test('replaces a file that was read, and tells what changed', async () => {
    await using place = await createWorkspace({ 'a.txt': 'one\ntwo\n' });
    await read(place);
    expect(await place.run(writeTool, { file_path: 'a.txt', content: 'one\n' })).toMatchObject({
      content: 'Replaced the content of a.txt (1 line).',
      structured: {
        type: 'update',
        originalFile: 'one\ntwo\n',
        structuredPatch: [{ oldStart: 1, oldLines: 2, newStart: 1, newLines: 1, lines: [' one', '-two'] }],
      },
    });
  });

  test('refuses a file that has changed since it was read', async () => {
    await using place = await createWorkspace({ 'a.txt': 'one' });
    await read(place);
    await utimes(join(place.cwd, 'a.txt'), new Date(), new Date(1));
    await expect(place.run(writeTool, { file_path: 'a.txt', content: 'x' })).rejects.toThrow(
      'has changed since it was read',
    );
    expect(await place.text('a.txt')).toBe('one');
  });

  test('keeps the mode, writes through links, and leaves no other file behind', async () => {
    await using place = await createWorkspace({ 'a.sh': 'one' });
    await chmod(join(place.cwd, 'a.sh'), 0o750);
    await symlink('a.sh', join(place.cwd, 'link'));
    await read(place, 'link');
    await place.run(writeTool, { file_path: 'link', content: 'two' });
    expect(await place.text('a.sh')).toBe('two');
    expect((await stat(join(place.cwd, 'a.sh'))).mode & 0o777).toBe(0o750);
    expect((await readdir(place.cwd)).toSorted()).toEqual(['a.sh', 'link']);
  });

  test('refuses a directory, and leaves nothing behind when it fails', async () => {
    await using place = await createWorkspace({ 'dir/x': '' });
    await expect(place.run(writeTool, { file_path: 'dir', content: 'x' })).rejects.toThrow('is a directory');
    await expect(place.run(writeTool, { file_path: 'dir/x/y', content: 'x' })).rejects.toThrow('is in the way');
    await expect(
      place.run(writeTool, { file_path: 'new', content: 'x' }, { signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
    expect(await readdir(place.cwd)).toEqual(['dir']);
  });

  test('replaces what was never valid text', async () => {
    await using place = await createWorkspace({ 'a.txt': Buffer.from([0x61, 0xff]) });
    await read(place);
    await place.run(writeTool, { file_path: 'a.txt', content: 'b' });
    expect(await place.text('a.txt')).toBe('b');
  });
});

describe('Edit', () => {
  const edit = (
    place: Workspace,
    old_string: string,
    new_string: string,
    replace_all?: boolean,
  ): ReturnType<typeof editTool.run> =>
    place.run(editTool, {
      file_path: 'a.txt',
      old_string,
      new_string,
      ...(replace_all === undefined ? {} : { replace_all }),
    });

  test('replaces the one passage and tells what changed', async () => {
    await using place = await createWorkspace({ 'a.txt': 'one\ntwo\nthree\n' });
    await read(place);
    expect(await edit(place, 'two', '2')).toEqual({
      content: 'Replaced in a.txt: one passage (line 2).',
      structured: {
        filePath: join(place.cwd, 'a.txt'),
        oldString: 'two',
        newString: '2',
        originalFile: 'one\ntwo\nthree\n',
        structuredPatch: [
          { oldStart: 1, oldLines: 3, newStart: 1, newLines: 3, lines: [' one', '-two', '+2', ' three'] },
        ],
        userModified: false,
        replaceAll: false,
      },
    });
    await edit(place, '2', 'II');
    expect(await place.text('a.txt')).toBe('one\nII\nthree\n');
  });

  test('keeps byte order mark, line ends and a missing final one', async () => {
    await using place = await createWorkspace({ 'a.txt': '\uFEFFone\r\ntwo\r\nthree' });
    await read(place);
    const { structured } = await edit(place, 'one\ntwo', '1\n2');
    expect(await place.text('a.txt')).toBe('\uFEFF1\r\n2\r\nthree');
    expect(structured?.structuredPatch[0]?.lines).toEqual([
      '-one',
      '-two',
      '+1',
      '+2',
      ' three',
      '\\ No newline at end of file',
    ]);
  });

  test('wants a passage that is there once, or all of them', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x\ny\nx\n' });
    await read(place);
    await expect(edit(place, 'z', 'a')).rejects.toThrow('old_string does not occur in a.txt');
    await expect(edit(place, 'x', 'a')).rejects.toThrow('old_string occurs 2 times in a.txt (lines 1, 3)');
    await expect(edit(place, 'x', 'x')).rejects.toThrow('nothing to change');
    expect((await edit(place, 'x', 'a', true)).content).toBe('Replaced in a.txt: 2 passages (lines 1, 3).');
    expect(await place.text('a.txt')).toBe('a\ny\na\n');
  });

  test('refuses a file that is missing, has changed, or is not UTF-8', async () => {
    await using place = await createWorkspace({ 'b.txt': 'x' });
    await expect(edit(place, 'x', 'y')).rejects.toThrow('a.txt does not exist. Did you mean b.txt?');
    const other = { file_path: 'b.txt', old_string: 'x', new_string: 'y' };
    await read(place, 'b.txt');
    await place
      .context()
      .shell.run('printf xx > b.txt', { cwd: place.cwd, timeoutMs: 5000, signal: new AbortController().signal });
    await expect(place.run(editTool, other)).rejects.toThrow('has changed since it was read');
    await place.context().shell.run("printf 'x\\303\\244\\303\\266\\377' > b.txt", {
      cwd: place.cwd,
      timeoutMs: 5000,
      signal: new AbortController().signal,
    });
    await read(place, 'b.txt');
    await expect(place.run(editTool, other)).rejects.toThrow('not valid UTF-8');
    expect(await place.text('b.txt')).toBe('xäö\uFFFD');
  });

  test('does not overwrite what another program writes in between', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x' });
    await read(place);
    const { files } = place;
    const meddled = Object.assign(Object.create(files) as typeof files, {
      resolve: (path: string) => files.resolve(path),
      stat: (path: string) => files.stat(path),
      seen: (path: string) => files.seen(path),
      write: (...args: Parameters<typeof files.write>) => files.write(...args),
      read: async (...args: Parameters<typeof files.read>) => {
        const bytes = await files.read(...args);
        await files.write('a.txt', 'theirs');
        return bytes;
      },
    });
    await expect(
      place.run(editTool, { file_path: 'a.txt', old_string: 'x', new_string: 'y' }, { files: meddled }),
    ).rejects.toThrow('has changed in the meantime');
    expect(await place.text('a.txt')).toBe('theirs');
  });
});
