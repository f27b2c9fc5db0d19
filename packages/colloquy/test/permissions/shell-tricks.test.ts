import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Call, Field } from './field.ts';

/** What a person has allowed; "always allow" of plain commands makes such rules. */
const allowedTools = ['git status', 'git log', 'git diff', 'git fetch', 'echo', 'read', 'mapfile', 'printf'].map(
  (words) => `Bash(${words} *)`,
);

let field: Field;
beforeEach(() => {
  field = new Field({ 'work/evil/git': '', 'work/10/git': '', 'work/1/git': '' });
  for (const folder of ['evil', '10', '1']) {
    const path = field.write(`work/${folder}/git`, `#!/bin/sh\n: > '${join(field.cwd, 'canary')}'\n`);
    chmodSync(path, 0o755);
  }
});
afterEach(() => field[Symbol.dispose]());

describe('Rules for plain commands do not let through', () => {
  test.each([
    ['a loop over PATH', 'for PATH in evil; do git status; done'],
    ['a choice of PATH', 'select PATH in evil; do git status; done <<< 1'],
    ['a PATH that is read', 'read -r PATH <<< evil; git status'],
    ['a PATH that is read by an option', 'read -raPATH <<< evil; git status'],
    ['lines that become PATH', 'mapfile -t PATH <<< evil; git status'],
    ['a PATH that is calculated', 'echo $((PATH=1)); git status'],
    ['a PATH that a loop calculates', 'for ((PATH=1;PATH<2;)); do git status; break; done'],
    ['a PATH that counts descriptors', 'echo {PATH}>&1; git status'],
    ['no PATH at all', 'cd 1 2>/dev/null; unset PATH; git status'],
    [
      'a variable of git from a loop',
      "for GIT_SSH_COMMAND in ': > canary;'; do export GIT_SSH_COMMAND; git fetch ssh://127.0.0.1:1/x; done",
    ],
    ['a calculation with the last word', "echo 'a[$(: > canary)]'; echo $((_))"],
    ['a test with the last word', "echo 'a[$(: > canary)]'; [[ _ -eq 0 ]]"],
    ['a calculation with what was read', "read <<< 'a[$(: > canary)]'; echo $((REPLY))"],
    ['a calculation with lines', "mapfile <<< 'a[$(: > canary)]'; echo $((MAPFILE))"],
    ['a calculation with what was found', "[[ 'a[$(: > canary)]' =~ (.*) ]]; echo $((BASH_REMATCH))"],
    ['a calculated index', "read x <<< 'a[$(: > canary)]'; y=([x]=1); echo"],
    ['a number that bash calculates', "RANDOM='a[$(: > canary)]'; echo"],
    ['an option in braces', 'git log {-1,--output=canary}'],
    ['an option that is substituted', 'git diff $(echo --output=canary)'],
    ['an option as a default', 'git log "${x:---output=canary}"'],
    ['an option from an input', 'echo --output=canary | xargs git log'],
  ])('%s', async (_, command) => {
    const { decided } = await field.one(['Bash', { command, timeout: 5000 }], { allowedTools });
    expect(existsSync(join(field.cwd, 'canary'))).toBe(false);
    expect(decided).not.toBe('allowed');
  });

  test('a folder that only looks like a repository', async () => {
    const config = `[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = ": > '${join(field.cwd, 'canary')}';false"\n`;
    const write = (path: string, content: string): Call => ['Write', { file_path: path, content }];
    const { outcomes } = await field.play(
      [
        write('HEAD', 'ref: refs/heads/x\n'),
        write('config', `[core]\n\trepositoryformatversion = 0\n${config.slice('[core]\n'.length)}`),
        write('objects/x', ''),
        write('refs/x', ''),
        ['Bash', { command: 'git status' }],
      ],
      { allowedTools, permissionMode: 'acceptEdits' },
    );
    expect(outcomes.map(({ decided }) => decided)).toEqual(Array(5).fill('allowed'));
    expect(outcomes.at(-1)?.told).toContain('safe.bareRepository');
    expect(existsSync(join(field.cwd, 'canary'))).toBe(false);
  });

  test.each([
    'env -i git status',
    'env -u HOME git status',
    'env -C evil git status',
    'env -iC evil git status',
    'env --chdir=evil git status',
  ])('a command in a folder with other settings: %s', async (command) => {
    expect((await field.one(['Bash', { command }], { allowedTools })).decided).toBe('asked');
  });
});

test.each([
  "compgen -C 'rm -f victim'",
  "split --filter='rm -f victim' x",
  'linux64 rm -f victim',
  'choom -n 0 -- rm -f victim',
  'ssh-agent rm -f victim',
  "dc -e '!rm -f victim'",
  "git config alias.x '!rm -f victim'; git x",
  "RANDOM='a[$(rm -f victim)]'",
])('A denied command does not run in disguise: %s', async (command) => {
  const victim = field.write('work/victim', '');
  const options = { allowedTools: ['Bash'], disallowedTools: ['Bash(rm *)'] };
  expect((await field.one(['Bash', { command }], options)).decided).not.toBe('allowed');
  expect(existsSync(victim)).toBe(true);
});

test.each(['for x in a b; do echo "$x"; done', 'echo $((1+2))', 'git log -1 -- {a,b}', 'unset x; echo'])(
  'What is harmless runs as before: %s',
  async (command) => {
    expect((await field.one(['Bash', { command }], { allowedTools })).decided).toBe('allowed');
  },
);

test.each(['cat /proc/self/cwd/secrets/key', 'cat /proc/self/root$PWD/secrets/key', 'env -C .. cat work/secrets/key'])(
  'A file that may not be read is not read in another way: %s',
  async (command) => {
    field.write('work/secrets/key', 'a-secret');
    const options = { allowedTools: ['Bash'], disallowedTools: ['Read(secrets/**)'] };
    const { decided, told } = await field.one(['Bash', { command }], options);
    expect(decided).not.toBe('allowed');
    expect(told).not.toContain('a-secret');
  },
);
