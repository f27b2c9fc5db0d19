import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileWatcher } from './watch-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-watch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A watcher, and what it tells next. */
function watching(): { watcher: FileWatcher; next: () => Promise<[string, string]> } {
  const told: [string, string][] = [];
  const waiting: ((event: [string, string]) => void)[] = [];
  const watcher = new FileWatcher((path, event) => {
    const waiter = waiting.shift();
    if (waiter === undefined) told.push([path, event]);
    else waiter([path, event]);
  });
  const next = (): Promise<[string, string]> => {
    const first = told.shift();
    return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
  };
  return { watcher, next };
}

const openWatches = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;

test('of a folder, its entries are watched, and not what lies below them', async () => {
  await mkdir(join(folder, 'in'));
  const { watcher, next } = watching();
  await watcher.watch([folder]);
  await writeFile(join(folder, 'in', 'deep'), '1');
  await writeFile(join(folder, 'new'), '1');
  expect(await next()).toEqual([join(folder, 'new'), 'add']);
  watcher.close();
});

test('many writes in a row are one change, told as the file is at the end', async () => {
  const path = join(folder, 'a');
  await writeFile(path, '0');
  const { watcher, next } = watching();
  await watcher.watch([path]);
  for (let count = 1; count < 100; count++) await writeFile(path, `${count}`);
  await rm(path);
  const seen = [];
  for (let event = ''; event !== 'unlink'; seen.push(event)) [, event] = await next();
  expect(seen.length).toBeLessThan(50);
  watcher.close();
});

test('what is not there yet in a folder that is there is told when it comes; a folder that is not there is passed over', async () => {
  const { watcher, next } = watching();
  await watcher.watch([join(folder, 'gone', 'x'), join(folder, 'later')]);
  await writeFile(join(folder, 'later'), '');
  expect(await next()).toEqual([join(folder, 'later'), 'add']);
  watcher.close();
});

test('ten thousand paths are bounded, and nothing stays open when it is closed or told to watch something else', async () => {
  const before = openWatches();
  const { watcher } = watching();
  await watcher.watch(Array.from({ length: 10_000 }, (_, index) => join(folder, `${index}`)));
  const folders = Array.from({ length: 300 }, (_, index) => join(folder, `folder-${index}`));
  for (const path of folders) await mkdir(path);
  await watcher.watch(folders);
  expect(openWatches() - before).toBeLessThanOrEqual(100);
  await watcher.watch([]);
  watcher.close();
  await watcher.watch([folder]);
  watcher.close();
  await new Promise(setImmediate);
  expect(openWatches()).toBe(before);
});
