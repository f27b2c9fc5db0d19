import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from 'colloquy/internal';
import { expect, test, vi } from 'vitest';
import { createField, needSandbox, play, tell, WITHOUT } from './sandbox-scene.ts';

const hidden = (path: string): string =>
  `[${path} is hidden by the sandbox; the setting \`sandbox.filesystem.allowRead\` would show it.]`;

test('~/.ssh is not seen, and the model is told which setting would show it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const command = 'cat ~/.ssh/id_test';
  const key = join(field.home, '.ssh', 'id_test');
  expect(await tell(field, command, WITHOUT)).toEqual({ text: 'the key', isError: false });
  expect(await tell(field, command)).toEqual({
    text: `cat: ${key}: No such file or directory\n[Exit code 1]\n${hidden(key)}`,
    isError: true,
  });
  const open = { sandbox: { filesystem: { allowRead: ['~/.ssh'] } } };
  expect(await tell(field, command, open)).toEqual({ text: 'the key', isError: false });
});

test('~/.ssh stays hidden where the home folder is shown, or is the workspace', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  await writeFile(join(field.home, 'notes.txt'), 'seven\n');
  const command = 'cat ~/notes.txt; cat ~/.ssh/id_test';
  for (const options of [{ sandbox: { filesystem: { allowRead: ['~'] } } }, { cwd: field.home }, { cwd: field.root }]) {
    const { text } = await tell(field, command, options);
    expect(text).toContain('seven');
    expect(text).not.toContain('the key');
    expect(text).toContain('hidden by the sandbox');
  }
  // Nor by way of a link that a command has made.
  const link = 'ln -s ~/.ssh here; cat here/id_test';
  expect((await tell(field, link, { cwd: field.home })).text).not.toContain('the key');
});

test('the workspace of another session is not seen', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const plan = join(field.other, 'plan.txt');
  const command = `cat ${plan}`;
  expect((await tell(field, command, WITHOUT)).text).toBe('the plan');
  const [here, there] = await Promise.all([tell(field, command), tell(field, command, { cwd: field.other })]);
  expect(here).toMatchObject({ isError: true, text: expect.stringContaining(hidden(plan)) });
  expect(there).toEqual({ text: 'the plan', isError: false });
  const open = { sandbox: { filesystem: { allowRead: ['../other'] } } };
  expect((await tell(field, command, open)).text).toBe('the plan');
  const additional = { additionalDirectories: [field.other] };
  expect((await tell(field, `${command}; touch ${join(field.other, 'new')}`, additional)).text).toBe('the plan');
});

test('the database is not seen, wherever it is kept, and no setting shows it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const path = join(field.workspace, 'sessions.db');
  await using store = await openSqliteStore({ path });
  const command = `head -c 6 ${path} && test -r ${path}-wal`;
  expect((await tell(field, command, { ...WITHOUT, store })).text).toBe('SQLite');
  const open = { sandbox: { filesystem: { allowRead: [path, field.workspace], allowWrite: [path] } } };
  for (const options of [{}, open]) {
    expect((await tell(field, `cat ${path}-wal`, { ...options, store })).text).toContain('Permission denied');
    expect(await tell(field, command, { ...options, store })).toEqual({
      text: `head: cannot open '${path}' for reading: Permission denied\n[Exit code 1]\n[${path} belongs to this program; the sandbox hides it, and no setting shows it.]`,
      isError: true,
    });
  }
});

test('the data folder is not seen, even inside the workspace', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const data = join(field.workspace, 'data');
  await mkdir(data);
  await writeFile(join(data, 'credentials'), 'a credential\n');
  vi.stubEnv('COLLOQUY_HOME', data);
  const open = { sandbox: { filesystem: { allowRead: [data, join(data, 'credentials')] } } };
  expect((await tell(field, 'cat data/credentials', WITHOUT)).text).toBe('a credential');
  expect((await tell(field, 'ls data; cat data/credentials; touch data/x', open)).text).not.toContain('a credential');
  expect(await readdir(data)).toEqual(['credentials']);
});

test('of other processes nothing is seen, their environment least of all', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const secret = `secret-${process.pid}-${Date.now()}`;
  const outside = spawn('sleep', ['60'], { env: { PATH: process.env['PATH'], SECRET: secret }, stdio: 'ignore' });
  try {
    const every = 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep ^SECRET; true';
    expect((await tell(field, every, WITHOUT)).text).toBe(`SECRET=${secret}`);
    expect((await tell(field, every)).text).toBe('[The command succeeded and printed nothing.]');
    const one = `cat /proc/${outside.pid}/environ`;
    expect((await tell(field, one, WITHOUT)).text).toContain(secret);
    expect(await tell(field, one)).toMatchObject({
      isError: true,
      text: expect.stringContaining('Commands in the sandbox see no processes but their own; no setting shows others.'),
    });
    expect((await tell(field, `kill -0 ${outside.pid}`)).isError).toBe(true);
  } finally {
    outside.kill();
  }
});

test('nothing is written outside of the workspace', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const path = join(field.other, 'new.txt');
  const command = `touch ${path}`;
  expect(await tell(field, command)).toMatchObject({ isError: true });
  expect(existsSync(path)).toBe(false);
  const seen = { sandbox: { filesystem: { allowRead: [field.other] } } };
  expect(await tell(field, command, seen)).toEqual({
    text: `touch: cannot touch '${path}': Read-only file system\n[Exit code 1]\n[${path} may not be written in the sandbox; the setting \`sandbox.filesystem.allowWrite\` would allow it.]`,
    isError: true,
  });
  expect((await tell(field, 'touch /usr/x /etc/x /x')).text.match(/Read-only file system/g)).toHaveLength(3);
  const open = { sandbox: { filesystem: { allowWrite: [field.other] } } };
  expect(await tell(field, command, open)).toMatchObject({ isError: false });
  expect(existsSync(path)).toBe(true);
  const shut = { sandbox: { filesystem: { allowWrite: [field.other], denyWrite: [path, 'kept'] } } };
  await writeFile(join(field.workspace, 'kept'), 'kept');
  expect(
    (await tell(field, `echo x > ${path}; echo x > kept; touch other`, shut)).text.match(/Read-only/g),
  ).toHaveLength(2);
  // The control.
  expect(await tell(field, command, WITHOUT)).toMatchObject({ isError: false });
});

test('a link in the workspace leads to nothing that is not shown', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  await symlink(field.other, join(field.workspace, 'link'));
  expect((await tell(field, 'cat link/plan.txt', WITHOUT)).text).toBe('the plan');
  expect(await tell(field, 'cat link/plan.txt; touch link/x')).toMatchObject({ isError: true });
  expect(await readdir(field.other)).toEqual(['plan.txt']);
});

test('a workspace that is called by a link is the same one', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  await symlink(field.workspace, join(field.root, 'link'));
  expect((await tell(field, 'touch made; pwd -P', { cwd: join(field.root, 'link') })).text).toBe(field.workspace);
  expect(await readdir(field.workspace)).toEqual(['made']);
});

test('a workspace may lie among temporary files', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const folder = await mkdtemp('/var/tmp/colloquy-sandbox-');
  try {
    expect((await tell(field, 'echo here > a; pwd; cat a', { cwd: folder })).text).toBe(`${folder}\nhere`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a home folder that is called by a link is the session’s own', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  field.env['HOME'] = join(field.root, 'link');
  await symlink(field.home, field.env['HOME']);
  expect((await tell(field, 'echo mine > ~/a; cat ~/a; ls -A ~')).text).toBe('mine\na');
  expect(await readdir(field.home)).toEqual(['.ssh']);
});

test('home and /tmp are folders of the session, which go with it', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const { told } = await play(field, [
    'echo kept > ~/a; echo kept > /tmp/b; echo kept > $TMPDIR/c',
    'cat ~/a /tmp/b /tmp/c /var/tmp/b',
  ]);
  expect(told[1]).toEqual({ text: 'kept\nkept\nkept\nkept', isError: false });
  expect(await readdir(field.home)).toEqual(['.ssh']);
  expect((await tell(field, 'ls -A ~ /tmp')).text).not.toContain('kept');
});

test('what makes programs run is not written, nor made anew, and leaves nothing behind', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const git = { ...WITHOUT };
  await tell(field, 'git init -q .; mkdir .vscode', git);
  const before = await readFile(join(field.workspace, '.git/config'), 'utf8');
  const { told } = await play(field, [
    'echo x > .git/hooks/pre-commit',
    'git config core.fsmonitor ./evil; true',
    'mv .git .old; mkdir -p .git/hooks; echo x > .git/hooks/pre-commit',
    'mkdir -p .claude; echo "{}" > .claude/settings.json',
    'mv .claude away; mkdir .claude; echo "{}" > .claude/settings.json',
    'echo x > .vscode/tasks.json',
    'mkdir -p evil/hooks; echo ../evil > .git/commondir',
    'rm -r evil .git/commondir.refused; echo a > a; git add a; git -c user.name=a -c user.email=a@b commit -qm one; git log --format=%s',
  ]);
  expect(told.slice(0, 6).map(({ text }) => /Read-only|busy/i.test(text))).toEqual(Array(6).fill(true));
  expect(told[0]?.text).toContain('`sandbox.filesystem.allowWrite` would allow');
  expect(told[6]).toEqual({
    text: `[${field.workspace}/.git/commondir would make git take hooks and settings from elsewhere; it was renamed to commondir.refused.]`,
    isError: false,
  });
  expect(told[7]?.text).toBe('one');
  expect(await readFile(join(field.workspace, '.git/config'), 'utf8')).toBe(before);
  expect((await readdir(join(field.workspace, '.git/hooks'))).filter((name) => !name.endsWith('.sample'))).toEqual([]);
  expect((await readdir(field.workspace)).toSorted()).toEqual(['.git', '.vscode', 'a']);
  const open = { sandbox: { filesystem: { allowWrite: ['.git/hooks', '.claude'] } } };
  const { text } = await tell(
    field,
    'echo x > .git/hooks/pre-commit; mkdir .claude && touch .claude/x && ls .claude',
    open,
  );
  expect(text).toBe('x');
});

test('git knows who the person is, and nothing else of their settings', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const settings =
    '[core]\n\tfsmonitor = ./evil\n[user]\n  name = "Ada L"\n  email = ada@example.org # at work\n[http]\n\textraHeader = key\n';
  await writeFile(join(field.home, '.gitconfig'), settings);
  const { text } = await tell(
    field,
    'git init -q . && git commit -q --allow-empty -m one && git log --format="%an" && cat ~/.gitconfig',
  );
  expect(text).toBe('Ada L\n[user]\n\tname = "Ada L"\n\temail = "ada@example.org"');
  expect((await tell(field, 'cat ~/.gitconfig', { hosted: true })).text).not.toContain('Ada');
});

test('on a server nothing of the home folder is shown, no tools either', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const tools = join(field.home, '.tool', 'bin');
  await mkdir(tools, { recursive: true });
  await writeFile(join(tools, 'mine'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
  field.env['PATH'] = `${field.env['PATH']}:${tools}`;
  expect((await tell(field, 'mine')).text).toBe('mine');
  expect((await tell(field, 'mine', { hosted: true })).text).toContain('command not found');
});

test('commands get no credentials', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const names = (await tell(field, 'env')).text.split('\n').map((line) => line.split('=')[0] ?? '');
  expect(names.toSorted()).toEqual(['HOME', 'PATH', 'PWD', 'SHLVL', 'TMPDIR', '_']);
});
