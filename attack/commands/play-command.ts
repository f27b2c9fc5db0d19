import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { type Options, query } from 'colloquy';

const run = promisify(execFile);

/** What became of a command that the model wanted to run: as a person in front of it would tell. */
export type Played = {
  decided: 'allow' | 'ask' | 'deny';
  /** Whether it was seen to do what it must not: a canary, or a victim that is gone. */
  effect: boolean;
  /** What the model was told. */
  told: string;
};

/** A folder with the files that the cases of `attack/cases/bash.json` speak of. */
export async function createField(): Promise<{ cwd: string } & AsyncDisposable> {
  const cwd = await mkdtemp(join(tmpdir(), 'colloquy-attack-'));
  for (const folder of ['empty', 'sub', 'bin']) await mkdir(join(cwd, folder));
  await writeFile(join(cwd, 'bin', 'git'), '#!/bin/sh\ntouch canary\n');
  await chmod(join(cwd, 'bin', 'git'), 0o755);
  for (const file of ['notes.txt', 't.txt']) await writeFile(join(cwd, file), 'a line\n');
  const git = (...args: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd });
  await git('init', '-q');
  await git('add', 'notes.txt');
  await git('commit', '-qm', 'One');
  await writeFile(join(cwd, 'notes.txt'), 'another line\n');
  await reset(cwd);
  return { cwd, [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }) };
}

/** Lets the model make this very call through `query()`, with somebody who refuses whatever is asked. */
export async function playCommand(cwd: string, command: string, options: Options): Promise<Played> {
  await reset(cwd);
  const emulator = createEmulator({ script: [toolUse('Bash', { command, timeout: 20_000 }), text('Done')] });
  let asked = false;
  let refused = false;
  let told = '';
  const messages = query({
    prompt: 'Go',
    options: {
      send: emulator.send,
      persistSession: false,
      cwd,
      tools: ['Bash'],
      env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'], HOME: cwd },
      canUseTool: async () => {
        asked = true;
        return { behavior: 'deny', message: 'No.' };
      },
      ...options,
    },
  });
  for await (const message of messages) {
    if (message.type === 'system' && message.subtype === 'permission_denied') refused = true;
    if (message.type === 'user') told += JSON.stringify(message.message.content);
  }
  return { decided: asked ? 'ask' : refused ? 'deny' : 'allow', effect: await hasEffect(cwd), told };
}

async function reset(cwd: string): Promise<void> {
  await rm(join(cwd, 'canary'), { recursive: true, force: true });
  await writeFile(join(cwd, 'victim'), 'alive');
}

async function hasEffect(cwd: string): Promise<boolean> {
  if (await exists(join(cwd, 'canary'))) return true;
  return !(await exists(join(cwd, 'victim'))) || (await readFile(join(cwd, 'victim'), 'utf8')) !== 'alive';
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
