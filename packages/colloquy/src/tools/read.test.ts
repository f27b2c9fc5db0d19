import { appendFile, symlink, truncate } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readTool } from './read.ts';
import { createWorkspace } from './temporary-workspace.ts';
import type { Files } from './tool.ts';

const FIVE = 'one\ntwo\nthree\nfour\nfive\n';

test('shows a file with line numbers, and tells the program its content', async () => {
  await using place = await createWorkspace({ 'a.txt': 'one\ntwo\n' });
  expect(await place.run(readTool, { file_path: 'a.txt' })).toEqual({
    content: '1\tone\n2\ttwo',
    structured: {
      type: 'text',
      file: { filePath: 'a.txt', content: 'one\ntwo\n', numLines: 3, startLine: 1, totalLines: 3 },
    },
  });
});

test('shows a range, and how to see the rest', async () => {
  await using place = await createWorkspace({ 'a.txt': FIVE });
  const outcome = await place.run(readTool, { file_path: 'a.txt', offset: 2, limit: 2 });
  expect(outcome.content).toBe('2\ttwo\n3\tthree\n\n[Lines 2 to 3 of 5. To see more, read with offset 4.]');
  expect(outcome.structured?.file).toMatchObject({ content: 'two\nthree', numLines: 2, startLine: 2, totalLines: 6 });
});

test('shows the last line though no line end follows it, and no carriage returns or byte order mark', async () => {
  await using place = await createWorkspace({ 'a.txt': '\uFEFFone\r\n\uFEFFtwo\r\n\r\nfour' });
  expect((await place.run(readTool, { file_path: 'a.txt' })).content).toBe('1\tone\n2\t\uFEFFtwo\n3\t\n4\tfour');
});

test('says that a file is empty, or ends before the range', async () => {
  await using place = await createWorkspace({ 'empty.txt': '', 'a.txt': FIVE });
  expect(await place.run(readTool, { file_path: 'empty.txt' })).toMatchObject({
    content: '[The file exists and is empty.]',
    structured: { file: { numLines: 1, totalLines: 1 } },
  });
  expect((await place.run(readTool, { file_path: 'a.txt', offset: 9 })).content).toBe(
    '[The file has 5 lines; there is no line 9.]',
  );
});

test('shows 2,000 lines unless asked for more, and never more than 100,000 characters', async () => {
  await using place = await createWorkspace({
    'long.txt': 'x\n'.repeat(3000),
    'wide.txt': `${'y'.repeat(999)}\n`.repeat(500),
  });
  expect((await place.run(readTool, { file_path: 'long.txt' })).structured?.file).toMatchObject({
    numLines: 2000,
    totalLines: 3001,
  });
  expect((await place.run(readTool, { file_path: 'long.txt', limit: 2500 })).structured?.file).toMatchObject({
    numLines: 2500,
  });
  const wide = await place.run(readTool, { file_path: 'wide.txt' });
  expect(wide.structured?.file).toMatchObject({ numLines: 100, totalLines: 501 });
  expect(wide.content).toContain('[Lines 1 to 100 of 500. To see more, read with offset 101.]');
});

test('cuts a long line between characters and says so', async () => {
  await using place = await createWorkspace({ 'a.txt': `${'x'.repeat(1999)}😀${'y'.repeat(9000)}\nnext` });
  expect((await place.run(readTool, { file_path: 'a.txt' })).content).toBe(
    `1\t${'x'.repeat(1999)} [cut: this line has 11003 bytes]\n2\tnext`,
  );
});

test('reads ranges of a file of 2 GB in bounded memory', { timeout: 20_000 }, async () => {
  // Where there is a file system in memory: on a disk, reading a hole for the first time takes seconds.
  if (existsSync('/dev/shm')) vi.stubEnv('TMPDIR', '/dev/shm');
  const head = 'a line of text\n'.repeat(1000);
  await using place = await createWorkspace({ 'huge.txt': head });
  const path = join(place.cwd, 'huge.txt');
  // A hole, which is one line of NUL bytes that nobody asked to see.
  await truncate(path, 2 * 1024 ** 3);
  await appendFile(path, '\nlast\n');
  let most = 0;
  const files = Object.assign(Object.create(place.files) as Files, {
    resolve: (name: string) => place.files.resolve(name),
    stat: (name: string) => place.files.stat(name),
    markSeen: () => undefined,
    scan: (name: string, visit: (piece: Uint8Array) => boolean) =>
      place.files.scan(name, (piece) => {
        most = Math.max(most, process.memoryUsage.rss());
        return visit(piece);
      }),
  });
  const before = process.memoryUsage.rss();
  const read = (range: object): ReturnType<typeof readTool.run> =>
    place.run(readTool, { file_path: 'huge.txt', ...range }, { files });
  expect((await read({ offset: 1002 })).structured?.file).toMatchObject({ content: 'last\n', totalLines: 1003 });
  expect((await read({ offset: 999, limit: 2 })).structured?.file).toMatchObject({ numLines: 2, totalLines: 1003 });
  expect(most - before).toBeLessThan(150 * 1024 ** 2);
});

test('refuses what is no text file, without waiting for it', async () => {
  await using place = await createWorkspace({ 'a.bin': Buffer.from('a\0b\n'), 'dir/x': '' });
  place.pipe('pipe');
  await symlink('/dev/zero', join(place.cwd, 'zero'));
  const read = (file_path: string): Promise<unknown> =>
    place.run(readTool, { file_path }, { files: place.files.withLeave(['/dev']) });
  await expect(read('a.bin')).rejects.toThrow('not a text file');
  await expect(read('dir')).rejects.toThrow('is a directory');
  await expect(read('pipe')).rejects.toThrow('is a device, pipe or socket');
  await expect(read('zero')).rejects.toThrow('is a device, pipe or socket');
});

test('names files that may have been meant', async () => {
  await using place = await createWorkspace({ 'src/index.ts': '', 'src/readme.md': '' });
  await expect(place.run(readTool, { file_path: 'src/index.js' })).rejects.toThrow(
    'src/index.js does not exist. Did you mean src/index.ts?',
  );
  await expect(place.run(readTool, { file_path: 'src/zzzzzzzz' })).rejects.toThrow(
    `Relative paths begin at ${place.cwd}.`,
  );
  await expect(place.run(readTool, { file_path: 'none/zzzzzzzz' })).rejects.toThrow('none/zzzzzzzz does not exist.');
});

test('stops when the turn does', async () => {
  await using place = await createWorkspace({ 'a.txt': FIVE });
  await expect(
    place.run(readTool, { file_path: 'a.txt' }, { signal: AbortSignal.abort(new Error('stop')) }),
  ).rejects.toThrow('stop');
});
