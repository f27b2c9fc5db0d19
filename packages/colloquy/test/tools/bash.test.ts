import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Options } from 'colloquy';
import { text, toolUse } from '@colloquy/emulator';
import { describe, expect, test } from 'vitest';
import { openTools, resultsOf, type ToolScene } from './tool-scene.ts';

type BashOutput = { persistedOutputPath?: string; persistedOutputSize?: number };

// Real processes: what a test waits for is their end.

const openShell = (files: Record<string, string> = {}, options: Options = {}): Promise<ToolScene> =>
  openTools(files, {
    tools: ['Bash', 'Read', 'Grep', 'Write'],
    allowedTools: ['Bash'],
    sandbox: { enabled: false },
    ...options,
  });

const run = async (scene: ToolScene, command: string, more: Record<string, unknown> = {}): Promise<string> =>
  (await scene.call('Bash', { command, ...more })).text;

/** A duration that no other process sleeps for. */
const someSeconds = (): string => `99.${process.pid}${Math.floor(performance.now() * 1000)}`;
const isRunning = (word: string): boolean =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .some((line) => line.includes(`sleep ${word}`));

describe('where commands run', () => {
  test('is where the last one has gone, and file tools stay where they were', async () => {
    await using scene = await openShell({ 'a.txt': 'above', 'sub/deep/a.txt': 'below' });
    expect(await run(scene, 'cd sub/deep && cat a.txt')).toBe('below');
    expect(await run(scene, 'pwd; cd ..')).toBe(scene.path('sub/deep'));
    expect(await run(scene, 'pwd; false')).toBe(`${scene.path('sub')}\n[Exit code 1]`);
    expect((await scene.call('Read', { file_path: 'a.txt' })).text).toBe('1\tabove');
    expect(await run(scene, 'cd ..; exit 3')).toBe('[Exit code 3]');
    expect(await run(scene, 'pwd')).toBe(scene.cwd);
  });

  test('is never outside of the working folders', async () => {
    await using scene = await openShell({ 'sub/a.txt': '', '../beside/b.txt': '' });
    await run(scene, 'cd sub');
    expect(await run(scene, 'cd ../../beside; ls')).toBe(
      `b.txt\n[The shell stood in ${scene.root}/beside at the end, which is no working folder. The next command runs in ${scene.cwd}.]`,
    );
    expect(await run(scene, 'pwd')).toBe(scene.cwd);
  });

  test('is kept in a sandbox too', async () => {
    await using scene = await openShell({ 'sub/a.txt': '' }, { sandbox: undefined });
    await run(scene, 'cd sub');
    expect(await run(scene, 'ls; cd /usr')).toContain('a.txt\n[The shell stood in /usr at the end');
    expect(await run(scene, 'pwd')).toBe(scene.cwd);
  });

  test('may be an additional folder', async () => {
    await using scene = await openShell({ '../beside/b.txt': '' });
    await scene.client.disconnect();
    await using other = await openShell({}, { additionalDirectories: [`${scene.root}/beside`] });
    await run(other, `cd ${scene.root}/beside`);
    expect(await run(other, 'ls')).toBe('b.txt');
  });

  test('is the working directory again when the folder is gone', async () => {
    await using scene = await openShell({ 'sub/a.txt': '' });
    await run(scene, 'cd sub');
    expect(await run(scene, 'rm -r ../sub')).toBe(
      `[The shell stood in ${scene.cwd}/sub at the end, which is gone. The next command runs in ${scene.cwd}.]`,
    );
    expect(await run(scene, 'pwd')).toBe(scene.cwd);
  });

  test('is not what somebody has put in its place: the command is not run', async () => {
    await using scene = await openShell({ 'sub/a.txt': '', '../beside/b.txt': '' });
    await run(scene, 'cd sub');
    execFileSync('rm', ['-r', scene.path('sub')]);
    symlinkSync(`${scene.root}/beside`, scene.path('sub'));
    expect(await scene.call('Bash', { command: 'rm b.txt' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('The command was not run'),
    });
    expect(existsSync(`${scene.root}/beside/b.txt`)).toBe(true);
    expect(await run(scene, 'pwd')).toBe(scene.cwd);
  });

  test('a command is judged by where it runs', async () => {
    const asked: string[] = [];
    await using scene = await openShell(
      { 'sub/keep.txt': '' },
      {
        disallowedTools: ['Edit(sub/**)'],
        canUseTool: async (_, { command }) => (asked.push(String(command)), { behavior: 'allow' as const }),
      },
    );
    await run(scene, 'cd sub');
    const told = await scene.call('Bash', { command: 'rm keep.txt' });
    expect(told.isError).toBe(true);
    expect(existsSync(scene.path('sub/keep.txt'))).toBe(true);
  });
});

describe('output', () => {
  test('of 10 MB is kept whole where it can be read and searched, and is gone with the session', async () => {
    await using scene = await openShell();
    const called = await scene.call('Bash', { command: 'seq 1000000 2400000' });
    const { persistedOutputPath: path = '', persistedOutputSize: size } = called.structured as BashOutput;
    expect(size).toBe(1_400_001 * 8);
    expect(called.text.length).toBeLessThan(32_000);
    expect(called.text).toContain(`The whole output, ${size} bytes, is in ${path}`);
    expect(called.text).toMatch(/^1000000\n[^]*bytes left out[^]*2400000\n/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect((await scene.call('Read', { file_path: path, offset: 1_000_000, limit: 1 })).text).toContain('1999999');
    expect((await scene.call('Grep', { pattern: '^2345678$', path, output_mode: 'content' })).text).toContain(
      '2345678',
    );
    const written = await scene.call('Write', { file_path: `${dirname(path)}/mine.txt`, content: '' });
    expect(written.isError).toBe(true);
    await scene.client.disconnect();
    expect(existsSync(dirname(path))).toBe(false);
  });

  test('without end is ended', async () => {
    await using scene = await openShell();
    const before = process.memoryUsage().rss;
    const called = await scene.call('Bash', { command: 'yes' });
    expect(called.text).toContain('[The command was ended because it printed more than is kept.]');
    expect(called.text).toContain(`The whole output, ${64 * 1024 * 1024} bytes, is in `);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  test('that is no text is only named, and text with a few bad bytes is shown', async () => {
    await using scene = await openShell();
    expect(await run(scene, 'head -c 300 /dev/zero')).toBe('[300 characters that are no text, not shown]');
    expect(await run(scene, String.raw`printf 'caf\351 and \0 more text'`)).toBe('caf\uFFFD and \uFFFD more text');
  });

  test('of a command that reads is that of an empty input', async () => {
    await using scene = await openShell();
    expect(await run(scene, 'cat; read -r line || echo nothing')).toBe('nothing');
  });
});

describe('the end', () => {
  test('does not come at the time-out: the command goes on in the background, and its output so far is told', async () => {
    await using scene = await openShell();
    const seconds = someSeconds();
    const { text, structured } = await scene.call('Bash', { command: `echo begun; sleep ${seconds}`, timeout: 300 });
    expect(text).toMatch(/^begun\n\[The command takes longer than 0.3 s and goes on in the background as task /);
    expect(structured).toMatchObject({ stdout: 'begun', interrupted: false, timedOutAfterMs: 300 });
    expect(isRunning(seconds)).toBe(true);
    expect((await scene.call('Bash', { command: 'true', timeout: 600_001 })).text).toContain('"timeout"');
  });

  test('comes with an interrupt, for all that the command has started', async () => {
    await using scene = await openShell();
    const seconds = someSeconds();
    scene.emulator.script(toolUse('Bash', { command: `setsid sleep ${seconds} & touch begun; sleep ${seconds}` }));
    await scene.client.query('Go');
    const told = [];
    for await (const message of scene.client.receiveResponse()) {
      told.push(...resultsOf(message));
      if (message.type !== 'assistant') continue;
      while (!existsSync(scene.path('begun'))) await new Promise((resolve) => setImmediate(resolve));
      await scene.client.interrupt();
    }
    expect(told).toMatchObject([{ isError: true, text: expect.stringContaining('interrupted') }]);
    expect(isRunning(seconds)).toBe(false);
  });

  test('of a session is the end of its commands', async () => {
    const seconds = someSeconds();
    await using scene = await openShell();
    scene.emulator.script(toolUse('Bash', { command: `touch begun; sleep ${seconds}` }));
    await scene.client.query('Go');
    while (!existsSync(scene.path('begun'))) await new Promise((resolve) => setImmediate(resolve));
    await scene.client.disconnect();
    expect(isRunning(seconds)).toBe(false);
  });
});

test('a command that no rule allows is not run where nobody can be asked', async () => {
  await using scene = await openShell({}, { allowedTools: ['Bash(echo *)'], permissionMode: 'default' });
  expect(await run(scene, 'echo yes')).toBe('yes');
  expect((await scene.call('Bash', { command: 'touch made' })).isError).toBe(true);
  expect(existsSync(scene.path('made'))).toBe(false);
});

test('what an input lacks or has too much is told', async () => {
  await using scene = await openShell();
  expect((await scene.call('Bash', {})).text).toContain('"command" is missing');
  expect((await scene.call('Bash', { command: 'ls', cwd: '/' })).text).toContain('"cwd" is not known');
  expect((await scene.call('Bash', { command: 'a\0b' })).text).toContain('NUL');
});

test('a command that is moved to the background goes on there, with what it has printed', async () => {
  await using scene = await openShell();
  mkdirSync(scene.path('go'));
  scene.emulator.script(
    toolUse('Bash', { command: 'echo one; touch begun; while [ -d go ]; do sleep 0.01; done; echo two' }),
    text('Moved.'),
    text('It has ended.'),
  );
  await scene.client.query('Go');
  const all = scene.client.receiveMessages();
  let file = '';
  for await (const message of all) {
    if (message.type === 'assistant' && message.message.content[0]?.type === 'tool_use') {
      while (!existsSync(scene.path('begun'))) await new Promise((resolve) => setImmediate(resolve));
      expect(await scene.client.backgroundTasks()).toBe(true);
    }
    for (const { text: told, structured } of resultsOf(message)) {
      expect(structured).toMatchObject({ backgroundTaskId: expect.stringMatching(/^b[0-9a-z]{8}$/) });
      file = /goes to (\S+);/.exec(told)?.[1] ?? '';
      while (readFileSync(file, 'utf8') !== 'one\n') await new Promise((resolve) => setImmediate(resolve));
      execFileSync('rmdir', [scene.path('go')]);
    }
    if (message.type === 'system' && message.subtype === 'task_notification') {
      expect(message).toMatchObject({ status: 'completed', output_file: file });
      expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    }
    if (message.type === 'result' && message.origin?.kind === 'task-notification') break;
  }
  expect(await scene.client.backgroundTasks('toolu_none')).toBe(false);
});

describe('an exit code', () => {
  test.each([
    ['grep nothing a.txt', 'Nothing matches'],
    ['cat a.txt | grep nothing', 'Nothing matches'],
    ['diff -q a.txt b.txt', 'There are differences'],
    ['[ -e missing.txt ]', 'The condition is false'],
  ])('that is the answer of %s is no error', async (command, meaning) => {
    await using scene = await openShell({ 'a.txt': 'one\n', 'b.txt': 'two\n' });
    const result = await scene.call('Bash', { command });
    expect(result).toMatchObject({ isError: false, structured: { returnCodeInterpretation: meaning } });
    expect(result.text).toContain(`[${meaning} (exit code 1)]`);
  });

  test.each([
    'grep one missing.txt',
    'false; grep nothing a.txt',
    'grep nothing a.txt && ls',
    'false',
    'echo "| grep x" | false',
  ])('of %s may be an error, and counts as one', async (command) => {
    await using scene = await openShell({ 'a.txt': 'one\n' });
    const result = await scene.call('Bash', { command });
    expect(result.isError).toBe(true);
    expect(result.structured).not.toHaveProperty('returnCodeInterpretation');
  });
});
