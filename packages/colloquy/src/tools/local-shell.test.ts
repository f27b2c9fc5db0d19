import { realpathSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalShell } from './local-shell.ts';
import type { ShellOptions, ShellOutcome } from './tool.ts';

// Real processes need real time: what is waited for here are their ends, and bounds of a fraction of a second.

const shell = createLocalShell({ env: process.env });

const run = (command: string, o?: Partial<ShellOptions>): Promise<ShellOutcome> =>
  shell.run(command, { cwd: tmpdir(), timeoutMs: 10_000, signal: new AbortController().signal, ...o });

/** Ids of the processes that carry this word in their command line, but for the searching ones. */
const processesWith = async (word: string): Promise<string> =>
  (await run(`ps -eo pid=,args= | grep -F ${word} | grep -v 'grep -F' | grep -v 'ps -eo' | awk '{print $1}'`)).stdout;

/** A duration that no other process sleeps for. */
const someSeconds = (): string => `99.${process.pid}${Math.floor(performance.now() * 1000)}`;

test('tells output, errors and exit code apart', async () => {
  expect(await run('echo out; echo err >&2; exit 3')).toEqual({
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
    droppedBytes: 0,
    timedOut: false,
    interrupted: false,
    cwd: await realpath(tmpdir()),
  });
});

test('runs in the folder it is told, with nothing to read', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-')));
  try {
    expect((await run('pwd; cat; echo "$PWD"', { cwd: folder })).stdout).toBe(`${folder}\n${folder}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
  await expect(run('pwd', { cwd: folder })).rejects.toThrow(`${folder} does not exist any longer`);
});

test('gives commands no credentials', async () => {
  const poor = createLocalShell({
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      ANTHROPIC_API_KEY: 'k',
      COLLOQUY_HOME: 'h',
      AWS_SECRET_ACCESS_KEY: 's',
      BASH_ENV: '/x',
      NODE_OPTIONS: '-r x',
    },
  });
  const { stdout } = await poor.run('env', { cwd: tmpdir(), timeoutMs: 10_000, signal: new AbortController().signal });
  const names = stdout
    .split('\n')
    .map((line) => line.split('=')[0] ?? '')
    .filter((name) => name !== '');
  expect(new Set(names.filter((name) => !name.startsWith('GIT_CONFIG_')))).toEqual(
    new Set(['LC_ALL', 'PATH', 'PWD', 'SHELL_CALL_ID', 'SHLVL', '_']),
  );
});

test('a command that looks like an option is a command', async () => {
  expect(await run('-x')).toMatchObject({ exitCode: 127 });
});

test('a command that kills itself has no exit code', async () => {
  expect(await run('kill -9 $$')).toMatchObject({ exitCode: null, timedOut: false, interrupted: false });
});

test('a command that is too long is refused in words', async () => {
  await expect(run(`echo ${'x'.repeat(200_000)}`)).rejects.toThrow('Write it to a file');
});

test('of much output the beginning and the end are kept', async () => {
  const outcome = await run('seq 1 100000', { maxOutputBytes: 20 });
  expect(outcome).toMatchObject({
    exitCode: 0,
    stdout: '1\n2\n3\n4\n5\n\n[… 588875 bytes left out …]\n99\n100000\n',
    droppedBytes: 588_875,
  });
});

test('a time-out ends everything the command started', async () => {
  const seconds = someSeconds();
  const outcome = await run(`echo begun; sleep ${seconds} | sleep ${seconds}`, { timeoutMs: 300 });
  expect(outcome).toEqual({
    exitCode: null,
    stdout: 'begun\n',
    stderr: '',
    droppedBytes: 0,
    timedOut: true,
    interrupted: false,
  });
  expect(await processesWith(seconds)).toBe('');
});

test('an interrupt ends endless output', async () => {
  const turn = new AbortController();
  const running = run('yes', { signal: turn.signal });
  setTimeout(() => turn.abort(), 100);
  expect(await running).toMatchObject({ exitCode: null, timedOut: false, interrupted: true });
});

test('an interrupt before the start starts nothing', async () => {
  expect(await run('echo x', { signal: AbortSignal.abort() })).toMatchObject({ stdout: '', interrupted: true });
});

test('what does not listen is killed', async () => {
  const seconds = someSeconds();
  expect(await run(`trap '' TERM; sleep ${seconds}; sleep ${seconds}`, { timeoutMs: 100 })).toMatchObject({
    timedOut: true,
  });
  expect(await processesWith(seconds)).toBe('');
});

test.each([
  ['holding the output', (seconds: string) => `sleep ${seconds} & echo done`],
  ['silently', (seconds: string) => `sleep ${seconds} >/dev/null 2>&1 & echo done`],
  ['in a session of its own', (seconds: string) => `setsid sleep ${seconds} & sleep 0.1; echo done`],
  [
    'in a session of its own, silently, twice removed',
    (seconds: string) =>
      `(setsid sh -c 'sleep ${seconds} & sleep ${seconds}' >/dev/null 2>&1 &) ; sleep 0.1; echo done`,
  ],
])('what goes on in the background, %s, ends with the command', async (_, command) => {
  const seconds = someSeconds();
  expect(await run(command(seconds))).toMatchObject({
    exitCode: 0,
    stdout: 'done\n',
    timedOut: false,
    interrupted: false,
  });
  expect(await processesWith(seconds)).toBe('');
});

test('what still writes for a moment after the shell has ended is heard', async () => {
  expect((await run('echo hello > >(sleep 0.1; cat)')).stdout).toBe('hello\n');
});

test.each([
  ['cd /', '/'],
  ['cd /; exit 3', '/'],
  ['cd /; false', '/'],
  ['set -e; cd /; false; cd /usr', '/'],
  ['(cd /usr); cd /', '/'],
  [`cd /; echo "it's"`, '/'],
  ['cd /usr; exec true', undefined],
  ['cd /; kill -9 $$', undefined],
  ['mkdir -p gone-$$ && cd gone-$$ && rmdir ../gone-$$', undefined],
  // What others write there makes a path that leads nowhere.
  ['cd /; echo /elsewhere >&42', '/elsewhere\n/'],
  ['cd /; for', realpathSync(tmpdir())],
])('%s: tells where it stands at the end', async (command, cwd) => {
  expect((await run(command)).cwd).toBe(cwd);
});

test('a command knows nothing of how it is run', async () => {
  expect((await run('echo "$#:$@:$?"; echo "$0"; x() { return 4; }; x')).stdout).toBe('0::0\nbash\n');
  expect((await run('x() { return 4; }; x')).exitCode).toBe(4);
  expect((await run('for')).stderr).not.toContain('trap');
});

test('who hears the output piece by piece can hold it back', async () => {
  let most = 0;
  let waiting = 0;
  const pieces: Uint8Array[] = [];
  const outcome = await run('head -c 3000000 /dev/zero', {
    onOutput: async (piece) => {
      most = Math.max(most, ++waiting);
      pieces.push(piece);
      await new Promise((resolve) => setImmediate(resolve));
      waiting -= 1;
    },
  });
  expect(Buffer.concat(pieces).byteLength).toBe(3_000_000);
  // When a child ends Node reads on by itself, so that what the pipe still holds may come beside the piece that is held.
  expect(most).toBeLessThanOrEqual(2);
  expect(outcome.exitCode).toBe(0);
});
