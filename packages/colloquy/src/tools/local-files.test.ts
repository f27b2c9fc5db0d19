import { chmod, link, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLocalFiles } from './local-files.ts';
import { realPath } from './real-path.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';

describe('the real path', () => {
  test('of what does not exist yet lies below its nearest existing parent', async () => {
    await using place = await createWorkspace({ 'real/x': '' });
    await symlink('real', join(place.cwd, 'link'));
    expect(await realPath(join(place.cwd, 'link/new/deep.txt'))).toBe(join(place.cwd, 'real/new/deep.txt'));
  });

  test('of a link that leads nowhere yet is where it would lead', async () => {
    await using place = await createWorkspace();
    await symlink('../outside/new.txt', join(place.cwd, 'later'));
    await symlink('later', join(place.cwd, 'twice'));
    expect(await realPath(join(place.cwd, 'twice'))).toBe(join(place.root, 'outside/new.txt'));
  });

  test('takes .. from where a link leads, as the system does', async () => {
    await using place = await createWorkspace({ '../outside/dir/x': '', 'a.txt': '' });
    await symlink('../outside/dir', join(place.cwd, 'link'));
    expect(await realPath(`${place.cwd}/link/../a.txt`)).toBe(join(place.root, 'outside/a.txt'));
    expect(await realPath(`${place.cwd}/none/../a.txt`)).toBe(join(place.cwd, 'a.txt'));
    expect(await realPath(`${place.cwd}//./link/new/`)).toBe(join(place.root, 'outside/dir/new'));
  });

  test('has no NUL in it, and is not looked for through endless links', async () => {
    await expect(realPath('/tmp/a\0b')).rejects.toThrow('A path cannot hold a NUL character.');
    await using place = await createWorkspace();
    await symlink(`${'./'.repeat(1_900)}b`, join(place.cwd, 'a'));
    for (let index = 0; index < 38; index++)
      await symlink(`${'./'.repeat(1_900)}b${index + 1}`, join(place.cwd, `b${index === 0 ? '' : index}`));
    await expect(realPath(join(place.cwd, 'a/new'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('of links in a circle is an error', async () => {
    await using place = await createWorkspace();
    await symlink('b', join(place.cwd, 'a'));
    await symlink('a', join(place.cwd, 'b'));
    await expect(realPath(join(place.cwd, 'a'))).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

describe('files', () => {
  test('outside the roots are neither looked at, read, listed nor written', async () => {
    await using place = await createWorkspace({ '../outside/a.txt': 'secret' });
    await symlink('../outside', join(place.cwd, 'link'));
    for (const path of ['../outside/a.txt', 'link/a.txt', join(place.root, 'outside/a.txt')]) {
      const refused = expect.objectContaining({
        message: expect.stringContaining('lies outside the folders of this session'),
      });
      await expect(place.files.read(path)).rejects.toEqual(refused);
      await expect(place.files.stat(path)).rejects.toEqual(refused);
      await expect(place.files.list(dirname(path))).rejects.toEqual(refused);
      await expect(place.files.write(path, 'x')).rejects.toEqual(refused);
      await expect(place.files.scan(path, () => true)).rejects.toEqual(refused);
    }
  });

  test('outside are reached with leave, and only what the leave is for', async () => {
    await using place = await createWorkspace({ '../outside/a.txt': 'a', '../outside/b.txt': 'b' });
    const allowed = place.files.withLeave([join(place.root, 'outside/a.txt')]);
    expect(Buffer.from(await allowed.read('../outside/a.txt')).toString()).toBe('a');
    await expect(allowed.read('../outside/b.txt')).rejects.toThrow('lies outside');
    await expect(place.files.read('../outside/a.txt')).rejects.toThrow('lies outside');
    allowed.markSeen('/x', { kind: 'file', size: 1, mtimeMs: 1 });
    expect(place.files.seen('/x')).toBeDefined();
  });

  test('of a root that is added while the session runs, or is a link itself, are inside', async () => {
    await using place = await createWorkspace({ '../data/a.txt': 'a' });
    await symlink('data', join(place.root, 'alias'));
    const roots: string[] = [];
    const files = createLocalFiles({ cwd: place.cwd, roots: () => roots });
    await expect(files.stat('../data/a.txt')).rejects.toThrow('lies outside');
    roots.push(join(place.root, 'alias'));
    expect(await files.stat('../data/a.txt')).toMatchObject({ kind: 'file', size: 1 });
  });

  test('are read whole up to a bound', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x'.repeat(600_000) });
    expect((await place.files.read('a.txt')).byteLength).toBe(600_000);
    await expect(place.files.read('a.txt', { maxBytes: 599_999 })).rejects.toThrow('a.txt is larger than 599999 bytes');
    await expect(place.files.read('none')).rejects.toThrow('none does not exist.');
  });

  test('are not written when they are no longer what they were', async () => {
    await using place = await createWorkspace({ 'a.txt': 'x' });
    await expect(place.files.write('a.txt', 'y', { unchangedSince: 'absent' })).rejects.toThrow(
      'has changed in the meantime',
    );
    await expect(
      place.files.write('b.txt', 'y', { unchangedSince: { kind: 'file', size: 1, mtimeMs: 1 } }),
    ).rejects.toThrow('has changed in the meantime');
    expect(await readdir(place.cwd)).toEqual(['a.txt']);
  });

  test('that are no regular files are not written to', async () => {
    await using place = await createWorkspace();
    place.pipe('pipe');
    await expect(place.files.write('pipe', 'y')).rejects.toThrow(
      'pipe is a device, pipe or socket, not a file to write to.',
    );
  });
});

/** What is in the place of a file or folder once it was judged. */
async function judged(place: Workspace, path: string, byName: boolean) {
  const files = createLocalFiles({ cwd: place.cwd, roots: () => [place.cwd], byName });
  const { real, links } = await files.locate(path);
  return files.withLeave([{ path, real, mayBeLinked: links > 1 }]);
}

describe.each([
  { by: 'descriptors', byName: false },
  { by: 'names', byName: true },
])('files that are opened by $by', ({ byName }) => {
  test('are not followed through a link that has been put in their place since', async () => {
    await using place = await createWorkspace({ 'a.txt': 'fine', 'b.txt': 'b', '../outside/s.txt': 'SECRET' });
    const files = await judged(place, 'a.txt', byName);
    await rm(join(place.cwd, 'a.txt'));
    for (const target of ['../outside/s.txt', 'b.txt']) {
      await symlink(target, join(place.cwd, 'a.txt'));
      await expect(files.read('a.txt')).rejects.toThrow('no longer what it was when this call was judged');
      await expect(files.write('a.txt', 'x')).rejects.toThrow('no longer what it was when this call was judged');
      await expect(files.stat(join(place.cwd, 'a.txt'))).rejects.toThrow('no longer what it was');
      await rm(join(place.cwd, 'a.txt'));
    }
    expect([await place.text('b.txt'), await place.text('../outside/s.txt')]).toEqual(['b', 'SECRET']);
  });

  test('are not followed through a folder that has become a link since', async () => {
    await using place = await createWorkspace({ 'd/e/s.txt': 'fine', '../outside/e/s.txt': 'SECRET' });
    const [known, made] = [await judged(place, 'd/e/s.txt', byName), await judged(place, 'd/new/x.txt', byName)];
    await rename(join(place.cwd, 'd'), join(place.cwd, 'gone'));
    await symlink('../outside', join(place.cwd, 'd'));
    await expect(known.read('d/e/s.txt')).rejects.toThrow('no longer what it was');
    await expect(known.stat('d/e/s.txt')).rejects.toThrow('no longer what it was');
    await expect(made.write('d/new/x.txt', 'x')).rejects.toThrow('no longer what it was');
    await expect(known.list('d')).rejects.toThrow('lies outside the folders');
    expect(await readdir(join(place.root, 'outside'))).toEqual(['e']);
  });

  test('are not touched when they have another name, unless they were judged so', async () => {
    await using place = await createWorkspace({ 'a.txt': 'fine', '../outside/s.txt': 'SECRET' });
    const before = await judged(place, 'a.txt', byName);
    await rm(join(place.cwd, 'a.txt'));
    await link(join(place.root, 'outside/s.txt'), join(place.cwd, 'a.txt'));
    await expect(before.read('a.txt')).rejects.toThrow('a.txt has several hard links');
    await expect(before.write('a.txt', 'x')).rejects.toThrow('a.txt has several hard links');
    const after = await judged(place, 'a.txt', byName);
    expect(Buffer.from(await after.read('a.txt')).toString()).toBe('SECRET');
    // A file is replaced, not written into, so that the other name keeps what it had.
    await after.write('a.txt', 'x');
    expect([await place.text('a.txt'), await place.text('../outside/s.txt')]).toEqual(['x', 'SECRET']);
  });

  test('are read from any byte, made with their folders, and listed', async () => {
    await using place = await createWorkspace({ 'a.txt': '0123456789' });
    const files = createLocalFiles({ cwd: place.cwd, roots: () => [place.cwd], byName });
    const pieces: string[] = [];
    const state = await files.scan('a.txt', (piece) => pieces.push(Buffer.from(piece).toString()) > 0, { from: 7 });
    expect([pieces, state]).toEqual([['789'], expect.objectContaining({ kind: 'file', size: 10, links: 1 })]);
    await files.write('new/deep/b.txt', 'b');
    expect(await files.list('new')).toEqual(['deep']);
    expect(await files.stat('new/deep')).toMatchObject({ kind: 'directory' });
    await expect(files.write('a.txt/b', 'x')).rejects.toThrow('is in the way');
    await expect(files.list('a.txt')).rejects.toThrow('a.txt is no folder that exists.');
  });
});

describe('a root', () => {
  test('stays what it was when it was first used', async () => {
    await using place = await createWorkspace({ 'inner/a.txt': 'fine', '../outside/a.txt': 'SECRET' });
    const inner = join(place.cwd, 'inner');
    const files = createLocalFiles({ cwd: inner, roots: () => [inner, place.cwd] });
    expect(Buffer.from(await files.read('a.txt')).toString()).toBe('fine');
    await rename(inner, join(place.cwd, 'gone'));
    await symlink('../outside', inner);
    await expect(files.read('a.txt')).rejects.toThrow('lies outside the folders');
    await expect(files.read(join(inner, 'a.txt'))).rejects.toThrow('lies outside the folders');
  });

  test('that is out of reach keeps nobody from the others', async () => {
    await using place = await createWorkspace({ 'a.txt': 'a' });
    await symlink('circle', join(place.root, 'circle'));
    const files = createLocalFiles({ cwd: place.cwd, roots: () => [join(place.root, 'circle'), place.cwd] });
    expect(await files.stat('a.txt')).toMatchObject({ size: 1 });
  });

  test('does not include the insides of processes, even if it is /', async () => {
    const files = createLocalFiles({ cwd: '/', roots: () => ['/'] });
    await expect(files.read('/proc/self/environ')).rejects.toThrow('lies outside the folders');
    expect(await files.stat('/tmp')).toMatchObject({ kind: 'directory' });
  });
});

test('errors name what was asked for, not where it leads', async () => {
  await using place = await createWorkspace({ '../outside/s.txt': 'SECRET', 'a.txt': 'a' });
  await symlink('../outside/s.txt', join(place.cwd, 'link'));
  await symlink('circle', join(place.cwd, 'circle'));
  const told = async (act: Promise<unknown>): Promise<string> => act.then(String, String);
  expect(await told(place.files.read('link'))).toBe(
    'Error: link lies outside the folders of this session, and there is no leave to touch it.',
  );
  expect(await told(place.files.read('circle'))).toBe('Error: circle leads through too many links.');
  expect(await told(place.files.read('x'.repeat(300)))).toMatch(
    /^Error: x+ is too long a path, or has too long a name in it\.$/,
  );
});

test('new content does not run with the rights of the owner', async () => {
  await using place = await createWorkspace({ run: 'old' });
  await chmod(join(place.cwd, 'run'), 0o4755);
  await place.files.write('run', 'new');
  expect((await stat(join(place.cwd, 'run'))).mode & 0o7777).toBe(0o755);
});
