// script/conformance --many [N]: that many sessions (200) of the real Claude Code are opened, asked something and closed, eight at a
// time, one in four in the middle of its turn; then no process and no file of theirs may be left but in Claude Code's own data folder.
import { mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEmulator } from '@colloquy/emulator';
import { query } from 'colloquy';
import { findClaudeCode, quietEnv } from './claude-code.ts';

const AT_ONCE = 8;
const ONE_IN = 4;
const GONE_WITHIN_MS = 10_000;

const sessions = Number(process.argv[2] ?? 200);
const { program } = findClaudeCode();
if (program === undefined) throw new Error('There is no Claude Code: run script/conformance --setup');
const root = await mkdtemp(join(tmpdir(), 'colloquy-many-'));
for (const path of ['work', 'home', 'tmp']) await mkdir(join(root, path));
const folder = join(root, 'work');
const emulator = await createEmulator().listen();
const options = {
  engine: 'cli' as const,
  pathToClaudeCodeExecutable: program,
  cwd: folder,
  env: quietEnv(root, emulator.url),
};

let begun = 0;
async function work(): Promise<void> {
  while (begun < sessions) {
    const isCut = begun % ONE_IN === 0;
    begun += 1;
    // Leaving the loop closes the session, in the middle of its turn too.
    for await (const message of query({ prompt: isCut ? '@emit 1000 gap=20' : 'Hello', options })) {
      if (isCut && message.type === 'system' && message.subtype === 'init') break;
    }
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, work));
const seconds = Math.round((performance.now() - startedAt) / 1_000);
const processes = await processesLeft();
const files = [...(await readdir(folder)), ...(await readdir(join(root, 'tmp')))];
console.log(
  `${sessions} sessions in ${seconds} s: ${processes} processes and ${files.length} files left ${files.join(' ')}`,
);
await emulator.close();
await rm(root, { recursive: true, force: true });
process.exit(processes === 0 && files.length === 0 ? 0 : 1);

/** Processes that work in the folder, once they have had time to go. */
async function processesLeft(): Promise<number> {
  for (let waited = 0; ; waited += 100) {
    const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const places = await Promise.all(numbers.map((number) => readlink(`/proc/${number}/cwd`).catch(() => '')));
    const left = places.filter((place) => place === folder).length;
    if (left === 0 || waited >= GONE_WITHIN_MS) return left;
    await delay(100);
  }
}
