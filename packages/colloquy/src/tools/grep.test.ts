import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GrepInput, grepTool } from './grep.ts';
import { createWorkspace, type Workspace } from './temporary-workspace.ts';

const grep = async (place: Workspace, input: GrepInput): Promise<unknown> => (await place.run(grepTool, input)).content;

const FILES = {
  'b.ts': 'foo\nbar\nFoo\n',
  'a/x.ts': 'one\nfoo two\nthree\n',
  'c.md': 'foo\n',
  '.gitignore': 'out\n',
  'out/d.ts': 'foo\n',
  '.git/x': 'foo',
};

test('names the files in which something stands, in the order of their paths', async () => {
  await using place = await createWorkspace(FILES);
  expect(await place.run(grepTool, { pattern: 'foo' })).toEqual({
    content: 'a/x.ts\nb.ts\nc.md',
    structured: { mode: 'files_with_matches', numFiles: 3, totalFiles: 3, filenames: ['a/x.ts', 'b.ts', 'c.md'] },
  });
});

test('shows matching lines with their numbers, and lines around them', async () => {
  await using place = await createWorkspace(FILES);
  const outcome = await place.run(grepTool, { pattern: 'foo', output_mode: 'content', '-C': 1, glob: '*.ts' });
  expect(outcome.content).toBe('a/x.ts-1-one\na/x.ts:2:foo two\na/x.ts-3-three\n--\nb.ts:1:foo\nb.ts-2-bar');
  expect(outcome.structured).toMatchObject({ mode: 'content', numFiles: 0, numLines: 6 });
  expect(await grep(place, { pattern: 'foo', output_mode: 'content', '-n': false, '-A': 1, path: 'b.ts' })).toBe(
    'foo\nbar',
  );
  expect(await grep(place, { pattern: 'three', output_mode: 'content', '-B': 2, path: 'a' })).toBe(
    'a/x.ts-1-one\na/x.ts-2-foo two\na/x.ts:3:three',
  );
});

test('counts', async () => {
  await using place = await createWorkspace(FILES);
  expect(await place.run(grepTool, { pattern: 'foo', output_mode: 'count', '-i': true, type: 'ts' })).toEqual({
    content: 'a/x.ts:1\nb.ts:2',
    structured: {
      mode: 'count',
      numFiles: 2,
      filenames: [],
      content: 'a/x.ts:1\nb.ts:2',
      numMatches: 3,
    },
  });
});

test('finds what spans lines when told to', async () => {
  await using place = await createWorkspace(FILES);
  expect(await grep(place, { pattern: 'foo.*Foo', output_mode: 'content', multiline: true })).toBe(
    'b.ts:1:foo\nb.ts:2:bar\nb.ts:3:Foo',
  );
});

test('goes on where it was cut', async () => {
  await using place = await createWorkspace({ 'a.txt': 'x1\nx2\nx3\n', 'b.txt': 'x4\n' });
  const search = { pattern: 'x', output_mode: 'content', head_limit: 2 } as const;
  expect(await grep(place, search)).toBe(
    'a.txt:1:x1\na.txt:2:x2\n[Cut here; there is more. To go on, use offset 2, or search more narrowly.]',
  );
  expect(await grep(place, { ...search, offset: 2 })).toBe('a.txt:3:x3\nb.txt:1:x4');
});

test('shows neither endless lines nor endless results', async () => {
  await using place = await createWorkspace({
    'wide.txt': `x${'y'.repeat(100_000)}\n`,
    'long.txt': `x${'z'.repeat(500)}\n`.repeat(5000),
  });
  const wide = String(await grep(place, { pattern: 'x', output_mode: 'content', path: 'wide.txt' }));
  expect(wide.length).toBeLessThan(1200);
  const long = String(await grep(place, { pattern: 'x', output_mode: 'content', path: 'long.txt', head_limit: 5000 }));
  expect(long.length).toBeLessThan(60_000);
  expect(long).toContain('[Cut here; there is more.');
});

test('patterns, globs and kinds that look like options are no options', async () => {
  await using place = await createWorkspace({ 'a.txt': '--files x\n', '-e': 'y' });
  expect(await grep(place, { pattern: '--files' })).toBe('a.txt');
  expect(await grep(place, { pattern: 'y', path: '-e' })).toBe('-e');
  expect(await grep(place, { pattern: 'y', glob: '--pre=sh' })).toBe('[Nothing found.]');
});

test('a glob that any file matches does not bring in what is left out', async () => {
  await using place = await createWorkspace(FILES);
  expect(await grep(place, { pattern: 'foo', glob: '**/*' })).toBe('a/x.ts\nb.ts\nc.md');
});

test('says what is wrong with a search', async () => {
  await using place = await createWorkspace(FILES);
  await expect(grep(place, { pattern: '(' })).rejects.toThrow('unclosed group');
  await expect(grep(place, { pattern: 'x', type: 'klingon' })).rejects.toThrow('unrecognized file type: klingon');
  await expect(grep(place, { pattern: 'x', path: 'none' })).rejects.toThrow('none does not exist');
  place.pipe('pipe');
  await expect(grep(place, { pattern: 'x', path: 'pipe' })).rejects.toThrow('cannot be searched');
  expect(await grep(place, { pattern: 'nowhere to be seen' })).toBe('[Nothing found.]');
});

test('does not follow links out of the folder', async () => {
  await using place = await createWorkspace({ 'a.txt': 'x', '../outside/secret.txt': 'secret' });
  await symlink('../outside', join(place.cwd, 'folder'));
  await symlink('../outside/secret.txt', join(place.cwd, 'file'));
  expect(await grep(place, { pattern: 'secret' })).toBe('[Nothing found.]');
  await expect(grep(place, { pattern: 'secret', path: 'file' })).rejects.toThrow('lies outside');
  await expect(grep(place, { pattern: 'secret', path: 'folder' })).rejects.toThrow('lies outside');
});

test('stops when the turn does', async () => {
  await using place = await createWorkspace(FILES);
  const turn = new AbortController();
  const running = place.run(grepTool, { pattern: 'foo' }, { signal: turn.signal });
  turn.abort(new Error('stop'));
  await expect(running).rejects.toThrow('stop');
});
