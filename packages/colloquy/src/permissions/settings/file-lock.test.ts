import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from './file-lock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one after the other has the file, also when one of them fails, and nothing stays', async () => {
  const path = join(folder, 'settings.json');
  let inside = 0;
  const runs = Array.from({ length: 5 }, (_, index) =>
    withFileLock(path, async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (index === 2) throw new Error('third');
      return index;
    }),
  );
  const settled = await Promise.allSettled(runs);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock that a dead process left behind is taken away', async () => {
  const path = join(folder, 'settings.json');
  writeFileSync(`${path}.lock`, 'gone');
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  expect(await withFileLock(path, async () => 'done')).toBe('done');
  expect(readdirSync(folder)).toEqual([]);
});
