import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator } from '@colloquy/emulator';
import { expect, test } from 'vitest';

/** Measured: importing zod or undici costs 40 ms each, a store driver 5 to 18 ms, the first global `fetch` 30 to 40 ms. */
const HEAVY = /\/node_modules\/(?!eventsource-parser\/)|node:sqlite|internal\/deps\/undici|sqlite-store/;

test('until its first delta, a program loads nothing but Colloquy and the SSE parser', async () => {
  await using api = await createEmulator().listen();
  const child = join(import.meta.dirname, 'fixtures', 'first-turn.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=colloquy-source', child, api.url]);
  const { files, builtIn } = JSON.parse(stdout) as { files: string[]; builtIn: string[] };
  expect([...files, ...builtIn].filter((name) => HEAVY.test(name))).toEqual([]);
  expect(files.length).toBeGreaterThan(20);
});
