import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Said } from './contestant.ts';

/** Messages in a JSON file of their own: the usual way where an SDK keeps none. It is removed when this process ends. */
export function keepInFile(messages: readonly unknown[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'messages.json');
  writeFileSync(path, JSON.stringify(messages));
  return path;
}

/** What `keepInFile` has kept at the path; nothing without one. */
export function readKept(path: string | undefined): unknown[] {
  // Of our own making, and only handed on.
  return path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as unknown[]);
}

/** As the Messages API has them, and the AI SDK too. */
export function toMessages(said: readonly Said[]): unknown[] {
  return said.flatMap(({ prompt, answer }) => [
    { role: 'user', content: [{ type: 'text', text: prompt }] },
    { role: 'assistant', content: [{ type: 'text', text: answer }] },
  ]);
}
