import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('ask prints the answer on standard output and what the agent did beside it', async () => {
  await using workspace = await createWorkspace({ 'notes.txt': 'the kettle is blue\n' });
  const { code, stdout, stderr } = await workspace.run(['ask', '--offline', 'read notes.txt']);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^· Read .*notes\.txt\n$/) });
  expect(stdout).toContain('the kettle is blue');
  expect(stdout).toMatch(/simulated/i);
  expect(stdout.endsWith('\n')).toBe(true);
});

test('the prompt may come on standard input', async () => {
  await using workspace = await createWorkspace();
  const { code, stdout } = await workspace.run(['ask', '--offline'], { input: '@say from the pipe' });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'from the pipe\n' });
});

test('an empty prompt and contradictory flags are refused with the way out', async () => {
  await using workspace = await createWorkspace();
  expect(await workspace.run(['ask', '--offline'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'colloquy: The prompt is empty; give it as an argument or on standard input\n',
  });
  expect(await workspace.run(['ask', '--offline', '--resume', 'x', '--continue', 'hi'])).toMatchObject({
    code: 1,
    stderr: 'colloquy: --resume and --continue both name the session to go on with; give one of them\n',
  });
  expect(await workspace.run(['ask', '--permission-mode', 'yolo', 'hi'])).toMatchObject({ code: 2 });
  expect(await workspace.run(['ask', '--max-turns', '0', 'hi'])).toMatchObject({ code: 2 });
});

test('without a credential it says how to go on', async () => {
  await using workspace = await createWorkspace();
  expect(await workspace.run(['ask', 'hi'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'colloquy: No credential was found. Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, or try it without a network: --offline\n',
  });
});

test('json prints the result as one object', async () => {
  await using workspace = await createWorkspace();
  const { code, stdout } = await workspace.run(['ask', '--offline', '--output-format', 'json', '@say done']);
  expect(code).toBe(0);
  expect(lines(stdout)).toEqual([expect.objectContaining({ type: 'result', subtype: 'success', result: 'done' })]);
});

test('stream-json prints each message as a line, pieces only when asked for', async () => {
  await using workspace = await createWorkspace();
  const whole = lines(
    (await workspace.run(['ask', '--offline', '--output-format', 'stream-json', '@say done'])).stdout,
  );
  expect(whole[0]).toMatchObject({ type: 'system', subtype: 'init' });
  expect(whole.at(-1)).toMatchObject({ type: 'result', result: 'done' });
  expect(whole.filter(({ type }) => type === 'stream_event')).toEqual([]);

  const flags = ['--offline', '--output-format', 'stream-json', '--include-partial-messages'];
  const pieces = lines((await workspace.run(['ask', ...flags, '@emit 3'])).stdout);
  expect(pieces.filter(({ type }) => type === 'stream_event').length).toBeGreaterThan(3);
});

test('an error of the API ends with exit code 1 and is told once', async () => {
  await using workspace = await createWorkspace();
  const { code, stdout, stderr } = await workspace.run(['ask', '--offline', '@status 401']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.match(/401|authentication/gi)).not.toBeNull();
});

test('a command is denied where nobody can be asked, and runs when a rule allows it', async () => {
  await using workspace = await createWorkspace();
  const prompt = '@tool Bash {"command":"touch made"}';
  const denied = await workspace.run(['ask', '--offline', prompt]);
  expect(denied).toMatchObject({ code: 0, stderr: expect.stringContaining('· Bash touch made\n  ✗ ') });
  expect(existsSync(join(workspace.folder, 'made'))).toBe(false);

  const allowed = await workspace.run(['ask', '--offline', '--allowed-tools', 'Bash(touch made)', prompt]);
  expect(allowed).toMatchObject({ code: 0, stderr: '· Bash touch made\n' });
  expect(existsSync(join(workspace.folder, 'made'))).toBe(true);
});

test('continue and resume go on with the same session', async () => {
  await using workspace = await createWorkspace();
  const json = ['--offline', '--output-format', 'json'];
  const [first] = lines((await workspace.run(['ask', ...json, '@say one'])).stdout);
  const [second] = lines((await workspace.run(['ask', ...json, '--continue', '@say two'])).stdout);
  const id = String(first?.['session_id']);
  const [third] = lines((await workspace.run(['ask', ...json, '--resume', id, '@say three'])).stdout);
  expect([second?.['session_id'], third?.['session_id']]).toEqual([id, id]);
  const [copy] = lines((await workspace.run(['ask', ...json, '--resume', id, '--fork-session', '@say four'])).stdout);
  expect(copy?.['session_id']).not.toBe(id);
  const shown = await workspace.run(['sessions', 'show', id]);
  expect(shown.stdout).toMatch(/> @say one\n\none\n\n> @say two\n\ntwo\n\n> @say three\n\nthree\n$/);
});

test('Ctrl-C ends the turn, keeps what was said, and exits with 130', async () => {
  await using workspace = await createWorkspace();
  const command = workspace.start(['ask', '--offline', '@emit 5000 gap=10']);
  command.stdin.end();
  await command.until(' ');
  command.kill('SIGINT');
  const { code, stderr } = await command.finished;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '\nInterrupting; Ctrl-C again quits.\nInterrupted.\n' });
});

test.each([
  { signals: ['SIGTERM'], exit: 143 },
  { signals: ['SIGINT', 'SIGINT'], exit: 130 },
] as const)('$signals ends the command together with what the agent runs', async ({ signals, exit }) => {
  await using workspace = await createWorkspace();
  // A duration that nothing else sleeps for.
  const seconds = `60.${process.pid}${signals.length}`;
  const script = `trap "" INT TERM; touch begun; sleep ${seconds}`;
  const prompt = `@tool Bash ${JSON.stringify({ command: script })}`;
  const command = workspace.start(['ask', '--offline', '--allowed-tools', `Bash(${script})`, prompt]);
  command.stdin.end();
  await expect.poll(() => existsSync(join(workspace.folder, 'begun')), { timeout: 5_000 }).toBe(true);
  command.kill(signals[0]);
  if (signals[1] !== undefined) {
    await command.until('Interrupting', 'stderr');
    command.kill(signals[1]);
  }
  expect((await command.finished).code).toBe(exit);
  await expect.poll(() => isRunning(`sleep ${seconds}`)).toBe(false);
});

test('when nobody reads the answer any longer, the command ends without a word', async () => {
  await using workspace = await createWorkspace();
  const command = workspace.start(['ask', '--offline', '@emit 5000 gap=10']);
  command.stdin.end();
  await command.until(' ');
  command.closeOutput();
  expect(await command.finished).toMatchObject({ code: 143, stderr: '' });
});

async function isRunning(command: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args=']);
  return stdout.split('\n').some((line) => line.trim() === command);
}
