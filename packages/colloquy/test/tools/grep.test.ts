import { mkdirSync, writeFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { openTools, type ToolScene } from './tool-scene.ts';

const FILES = {
  'b.ts': 'foo\nbar\nFoo\n',
  'a/x.ts': 'one\nfoo two\nthree\n',
  'c.md': 'foo\r\nno final line end: foo',
  'ignored.ts': 'foo',
  '.gitignore': 'ignored.ts\n',
  '.hidden': 'foo',
  '.git/config': 'foo',
  'data.bin': Buffer.from('foo\0'),
};
const grep = async (scene: ToolScene, pattern: string, more: object = {}): Promise<string> =>
  (await scene.call('Grep', { pattern, ...more })).text;

describe.each([
  ['ripgrep', undefined],
  ['no ripgrep', '/nowhere/rg'],
])('with %s', (_with, ripgrep) => {
  const open = (files: Record<string, string | Uint8Array> = FILES): Promise<ToolScene> => {
    vi.stubEnv('COLLOQUY_RIPGREP', ripgrep ?? '');
    return openTools(files);
  };
  const note =
    ripgrep === undefined
      ? ''
      : '\n[There is no ripgrep here: this was searched by regular expressions of JavaScript, without files over 10 MB.]';

  test('names the files that match, in the order of their paths', async () => {
    await using scene = await open();
    expect(await scene.call('Grep', { pattern: 'foo' })).toMatchObject({
      text: `.hidden\na/x.ts\nb.ts\nc.md${note}`,
      structured: { mode: 'files_with_matches', numFiles: 4, filenames: ['.hidden', 'a/x.ts', 'b.ts', 'c.md'] },
    });
  });

  test('shows matching lines, and lines around them', async () => {
    await using scene = await open();
    const content = { output_mode: 'content' };
    expect(await grep(scene, 'foo', { ...content, glob: '*.ts', '-C': 1 })).toBe(
      `a/x.ts-1-one\na/x.ts:2:foo two\na/x.ts-3-three\n--\nb.ts:1:foo\nb.ts-2-bar${note}`,
    );
    expect(await grep(scene, 'foo', { ...content, glob: '*.ts', context: 1, '-B': 0 })).toBe(
      `a/x.ts:2:foo two\na/x.ts-3-three\n--\nb.ts:1:foo\nb.ts-2-bar${note}`,
    );
    expect(await grep(scene, 'foo', { ...content, '-n': false, '-A': 1, path: 'b.ts' })).toBe(`foo\nbar${note}`);
    expect(await grep(scene, 'three', { ...content, '-B': 2, path: 'a' })).toBe(
      `a/x.ts-1-one\na/x.ts-2-foo two\na/x.ts:3:three${note}`,
    );
    expect(await grep(scene, 'fo+|ba.', { ...content, '-o': true, type: 'ts' })).toBe(
      `a/x.ts:2:foo\nb.ts:1:foo\nb.ts:2:bar${note}`,
    );
    expect(await grep(scene, 'foo$', { ...content, path: 'c.md' })).toContain('2:no final line end: foo');
  });

  test('counts, without regard to case when told so', async () => {
    await using scene = await open();
    expect(await scene.call('Grep', { pattern: 'foo', output_mode: 'count', '-i': true, type: 'ts' })).toMatchObject({
      text: `a/x.ts:1\nb.ts:2${note}`,
      structured: { mode: 'count', numFiles: 2, numMatches: 3 },
    });
  });

  test('finds what spans lines only when told to', async () => {
    await using scene = await open();
    expect(await grep(scene, 'foo.*Foo', { output_mode: 'content' })).toContain('[Nothing found.]');
    expect(await grep(scene, 'foo.*Foo', { output_mode: 'content', multiline: true })).toBe(
      `b.ts:1:foo\nb.ts:2:bar\nb.ts:3:Foo${note}`,
    );
  });

  test('shows a part, and how to go on', async () => {
    await using scene = await open({ 'a.txt': 'x1\nx2\nx3\n', 'b.txt': 'x4\n' });
    const content = { output_mode: 'content' };
    const cut = '[Cut here; there is more. To go on, use offset 2, or search more narrowly.]';
    expect(await grep(scene, 'x', { ...content, head_limit: 2 })).toBe(`a.txt:1:x1\na.txt:2:x2\n${cut}${note}`);
    expect(await grep(scene, 'x', { ...content, head_limit: 2, offset: 2 })).toBe(`a.txt:3:x3\nb.txt:1:x4${note}`);
    expect(await grep(scene, 'x', { ...content, head_limit: 0 })).toContain('b.txt:1:x4');
  });

  test('searches only the files that globs name', async () => {
    await using scene = await open();
    expect(await grep(scene, 'foo', { glob: '*.ts,*.md !b.*' })).toBe(`a/x.ts\nc.md${note}`);
    expect(await grep(scene, 'foo', { glob: 'a/**' })).toBe(`a/x.ts${note}`);
    expect(await grep(scene, 'foo', { glob: '**/*' })).toContain('b.ts\nc.md');
    expect(await grep(scene, 'foo', { path: 'ignored.ts' })).toContain('ignored.ts');
  });

  test('long lines and long results are cut', async () => {
    await using scene = await open({
      'wide.txt': `x${'y'.repeat(100_000)}\n`,
      'long.txt': `x${'z'.repeat(500)}\n`.repeat(5000),
    });
    const content = { output_mode: 'content' };
    expect((await grep(scene, 'x', { ...content, path: 'wide.txt' })).length).toBeLessThan(1300);
    const long = await grep(scene, 'x', { ...content, path: 'long.txt', head_limit: 0 });
    expect(long.length).toBeLessThan(60_000);
    expect(long).toContain('[Cut here; there is more.');
  });

  test('says what is wrong', async () => {
    await using scene = await open();
    expect(await grep(scene, '(')).toContain('The search could not be made');
    expect(await grep(scene, 'x', { type: 'klingon' })).toContain('unrecognized file type: klingon');
    expect(await grep(scene, 'x', { path: 'none' })).toContain('none does not exist');
    expect(await grep(scene, 'x', { '-C': -1 })).toContain('-C');
    expect(await grep(scene, 'nowhere to be seen')).toBe(`[Nothing found.]${note}`);
  });

  test('does not follow links out of the folder', async () => {
    await using scene = await open({ 'a.txt': 'x', '../outside/secret.txt': 'secret' });
    await symlink('../outside', scene.path('folder'));
    await symlink('../outside/secret.txt', scene.path('file'));
    expect(await grep(scene, 'secret')).toContain('[Nothing found.]');
    expect(await grep(scene, 'secret', { path: 'file' })).toContain('outside');
  });
});

test('names with line ends are names', async () => {
  await using scene = await openTools({ 'a\n1\nb.txt': 'x', 'c.txt': 'x' });
  expect((await scene.call('Grep', { pattern: 'x' })).structured).toMatchObject({
    filenames: ['a\n1\nb.txt', 'c.txt'],
  });
});

test('so many matches that they are not all collected still come in order', async () => {
  await using scene = await openTools();
  for (let folder = 0; folder < 20; folder++) {
    mkdirSync(scene.path(`f${folder}`));
    for (let file = 0; file < 10; file++)
      writeFileSync(scene.path(`f${folder}/${file}.txt`), `${'x'.repeat(200)}\n`.repeat(100));
  }
  const more = { output_mode: 'content', '-n': true, head_limit: 3, offset: 998 };
  const lines = (await grep(scene, 'x', more)).split('\n').map((line) => line.slice(0, 12));
  expect(lines.slice(0, 3)).toEqual(['f0/9.txt:99:', 'f0/9.txt:100', 'f1/0.txt:1:x']);
});

test('without ripgrep, an expression that takes for ever ends with the turn', async () => {
  vi.stubEnv('COLLOQUY_RIPGREP', '/nowhere/rg');
  await using scene = await openTools({ 'a.txt': `${'a'.repeat(40)}!` });
  const interrupted = (async () => {
    for await (const message of scene.client.receiveMessages()) {
      if (message.type === 'assistant') return scene.client.interrupt();
    }
    return undefined;
  })();
  expect(await scene.call('Grep', { pattern: '(a+)+$' })).toMatchObject({ isError: true });
  await interrupted;
});
