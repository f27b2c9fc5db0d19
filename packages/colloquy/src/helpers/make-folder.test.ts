import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder, makeFolderSync } from './make-folder.ts';

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'colloquy-folder-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

describe.each([
  ['later', makeFolder],
  ['at once', async (path: string, mode?: number) => makeFolderSync(path, mode)],
])('made %s', (_how, make) => {
  test('a folder is there, with all above it, and may be there already', async () => {
    const path = join(newRoot(), 'a/b/c');
    await make(path, 0o700);
    await make(path);
    expect(statSync(path).isDirectory()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await make('/');
  });

  test('a file in the way is told', async () => {
    const root = newRoot();
    writeFileSync(join(root, 'file'), '');
    await expect(make(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(make(join(root, 'file/below/it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test.skipIf(process.platform !== 'linux')('where none can be made it fails, and does not try for ever', async () => {
    await expect(make('/proc/no-such-process/folder')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
