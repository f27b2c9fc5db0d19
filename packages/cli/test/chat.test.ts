import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWorkspace } from './run-cli.ts';

const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

const script = (...lines: string[]): { input: string } => ({ input: `${lines.join('\n')}\n` });

test('each line of a script is a turn of one conversation', async () => {
  await using workspace = await createWorkspace({ 'notes.txt': 'the kettle is blue\n' });
  const lines = ['@say one', 'read notes.txt', '', '@say two \\', 'and three', '/exit', '@say not any more'];
  const { code, stdout, stderr } = await workspace.run(['chat', '--offline'], script(...lines));
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Simulated: .*\n· Read .*notes\.txt\n$/),
  });
  expect(stdout).toMatch(/^one\n.*simulated.*the kettle is blue.*two/is);
  expect(stdout).not.toContain('not any more');
  const sessions = JSON.parse((await workspace.run(['sessions', 'list', '--json'])).stdout) as object[];
  expect(sessions).toEqual([expect.objectContaining({ firstPrompt: '@say one' })]);
});

test('mode and model change between turns; what is not known is told', async () => {
  await using workspace = await createWorkspace();
  const touch = '@tool Bash {"command":"touch made"}';
  const lines = ['/mode', '/mode yolo', '/mode readOnly', touch, '/model', '/model haiku', '/model', '/frobnicate'];
  const { code, stderr } = await workspace.run(['chat', '--offline'], script(...lines));
  expect(code).toBe(0);
  expect(stderr.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^Mode: default \(of default, /),
    expect.stringMatching(/^There is no mode yolo; there are default, /),
    'Mode: readOnly',
    '· Bash touch made',
    expect.stringMatching(/✗ Bash was not allowed: .*readOnly/),
    expect.stringMatching(/^Model: claude-/),
    'Model: haiku, from the next answer on',
    'Model: haiku',
    'There is no command /frobnicate; /help lists them.',
    '',
  ]);
  expect(existsSync(join(workspace.folder, 'made'))).toBe(false);
});

test('sessions are listed, left and gone on with', async () => {
  await using workspace = await createWorkspace();
  await workspace.run(['chat', '--offline'], script('@say first'));
  const [stored] = JSON.parse((await workspace.run(['sessions', '--json'])).stdout) as { sessionId: string }[];
  const id = stored?.sessionId ?? '';
  const lines = ['@say second', '/sessions', `/resume ${id}`, '@say back in the first', '/new', '@say third'];
  const { code, stderr } = await workspace.run(['chat', '--offline'], script(...lines));
  expect(code).toBe(0);
  expect(stderr).toMatch(
    new RegExp(String.raw`@say second\n${id} .*@say first\nGoing on with ${id}\.\nA new session\.\n$`),
  );
  const shown = await workspace.run(['sessions', 'show', id]);
  expect(shown.stdout).toContain('> @say first\n\nfirst\n\n> @say back in the first\n');
  expect(JSON.parse((await workspace.run(['sessions', '--json'])).stdout)).toHaveLength(3);
});

test('a script stops at the first thing that fails', async () => {
  await using workspace = await createWorkspace();
  const gone = '00000000-0000-4000-8000-000000000000';
  const { code, stdout, stderr } = await workspace.run(
    ['chat', '--offline', '--resume', gone],
    script('@say one', '@say two'),
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n').slice(1)).toEqual([
    `colloquy: There is no session ${gone}; "colloquy sessions" lists those that exist`,
    '',
  ]);
});

function terminals(): boolean {
  try {
    return (
      process.platform === 'linux' && execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
    );
  } catch {
    return false;
  }
}

test('at a terminal the person is asked, and only a yes runs the command', async (context) => {
  if (!terminals()) return context.skip('terminal: `script` of util-linux was not found');
  await using workspace = await createWorkspace();
  const chat = workspace.startOnTerminal(['chat', '--offline']);
  for (const [name, answer] of [
    ['allowed', 'y'],
    ['denied', 'n'],
  ] as const) {
    await chat.until('> ');
    chat.stdin.write(`@tool Bash {"command":"touch ${name}"}${ENTER}`);
    await chat.until('Allow Bash?');
    await chat.until('[n]o: ');
    chat.stdin.write(`${answer}${ENTER}`);
  }
  await chat.until('The person said no to this call.');
  await chat.until('> ');
  chat.stdin.write(CTRL_D);
  expect((await chat.finished).code).toBe(0);
  expect(['allowed', 'denied'].map((name) => existsSync(join(workspace.folder, name)))).toEqual([true, false]);
});

test('Ctrl-C ends an answer, not the chat; twice at the prompt leaves', async (context) => {
  if (!terminals()) return context.skip('terminal: `script` of util-linux was not found');
  await using workspace = await createWorkspace();
  const chat = workspace.startOnTerminal(['chat', '--offline']);
  await chat.until('> ');
  chat.stdin.write(`@emit 5000 gap=10${ENTER}`);
  await chat.until('1 2 3 ');
  chat.stdin.write(CTRL_C);
  await chat.until('Interrupted.');
  await chat.until('> ');
  chat.stdin.write(`@say still here${ENTER}`);
  await chat.until('\nstill here');
  await chat.until('> ');
  chat.stdin.write(CTRL_C);
  await chat.until('Ctrl-C again leaves');
  chat.stdin.write(CTRL_C);
  expect((await chat.finished).code).toBe(130);
});
