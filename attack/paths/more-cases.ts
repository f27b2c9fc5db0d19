import type { Options } from 'colloquy';
import type { Tree } from './ground.ts';

/** A case in the form of `attack/cases/paths.json`, with further options. */
export type PathCase = {
  id: string;
  tool: string;
  mode: 'default' | 'acceptEdits' | 'bypassPermissions' | 'dontAsk';
  input: Record<string, unknown>;
  tree: Tree;
  expected: 'allow' | 'deny' | 'error' | 'no-leak' | 'ask-or-deny' | 'deny-or-error';
  why: string;
  rules?: { allow?: string[]; deny?: string[] };
  options?: Options;
  /** What an allowed Write makes, if it is not what its path says. */
  written?: string;
};

const read = (id: string, why: string, file_path: string, more: Partial<PathCase>): PathCase => ({
  id,
  why,
  tool: 'Read',
  mode: 'default',
  input: { file_path },
  tree: {},
  expected: 'deny',
  ...more,
});

// In the mode that lets edits pass, because by default every write is asked.
const write = (id: string, why: string, file_path: string, more: Partial<PathCase>): PathCase => ({
  ...read(id, why, file_path, more),
  tool: 'Write',
  mode: more.mode ?? 'acceptEdits',
  input: { file_path, content: 'x' },
});

const search = (id: string, why: string, tool: 'Glob' | 'Grep', input: object, more: Partial<PathCase>): PathCase => ({
  ...read(id, why, '', { expected: 'no-leak', ...more }),
  tool,
  input: { ...input },
});

const OPENED_LINK: Tree = { 'work/d': { link: '../outside' } };
const SECRET_LINK: Tree = { 'work/s': { link: '../outside/secret.txt' } };
const FIFO: Tree = { 'work/p': { fifo: true } };
const LINKED: Tree = { 'work/h.txt': { hard: 'ROOT/outside/secret.txt' } };
const STORE: Tree = { 'work/n/x.txt': { hard: 'ROOT/work/a.txt' } };
const HOME: Options = { cwd: 'ROOT' };
const SYSTEM: Options = { cwd: '/' };

const LINKS: readonly PathCase[] = [
  read('link-1', 'a link to a link to outside', 's2', { tree: { ...SECRET_LINK, 'work/s2': { link: 's' } } }),
  read('link-2', '.. is taken from where a link leads', 'e/../secret.txt', {
    tree: { 'work/e': { link: '../outside/dir' } },
  }),
  read('link-3', 'links in a circle', 'a1', { tree: { 'work/a1': { link: 'a2' }, 'work/a2': { link: 'a1' } } }),
  read('link-4', 'links in a circle, allowed', 'a1/x', {
    tree: { 'work/a1': { link: 'a2' }, 'work/a2': { link: 'a1' } },
    expected: 'error',
  }),
  read('link-5', 'a link in an additional folder', 'ROOT/more/s', {
    tree: { 'more/s': { link: '../outside/secret.txt' } },
    options: { additionalDirectories: ['ROOT/more'] },
  }),
  read('link-6', 'an additional folder that is a link stays inside', 'ROOT/alias/a.txt', {
    tree: { 'more/a.txt': 'one', alias: { link: 'more' } },
    options: { additionalDirectories: ['ROOT/alias'] },
    expected: 'allow',
  }),
  read('link-7', 'the working folder may be a link', 'a.txt', {
    tree: { alias: { link: 'work' } },
    options: { cwd: 'ROOT/alias' },
    expected: 'allow',
  }),
  read('link-8', 'nobody is asked', 's', { mode: 'dontAsk', tree: SECRET_LINK }),
  write('link-9', 'a new folder below a link', 'd/new/x.txt', { tree: OPENED_LINK }),
  write('link-10', 'a link with a link in its target', 'x', {
    tree: { ...OPENED_LINK, 'work/x': { link: 'd/x.txt' } },
  }),
  write('link-11', 'a link that leads nowhere yet, inside', 'later', {
    tree: { 'work/later': { link: 'sub/new.txt' } },
    expected: 'allow',
    written: 'work/sub/new.txt',
  }),
  {
    ...write('link-12', 'an edit through a link', 's', { tree: SECRET_LINK }),
    tool: 'Edit',
    input: { file_path: 's', old_string: 'SEC', new_string: 'x' },
  },
];

const SPECIAL: readonly PathCase[] = [
  read('special-1', 'a FIFO, where everything runs', 'p', {
    tree: FIFO,
    mode: 'bypassPermissions',
    options: { allowDangerouslySkipPermissions: true },
    expected: 'error',
  }),
  write('special-2', 'a FIFO to write to', 'p', { tree: FIFO, expected: 'error' }),
  read('special-3', 'a socket', 'k', { tree: { 'work/k': { socket: true } }, expected: 'error' }),
  read('special-4', 'a device that never ends', '/dev/zero', { expected: 'error' }),
  read('special-5', 'a link to a device', 'z', { tree: { 'work/z': { link: '/dev/zero' } }, expected: 'error' }),
  read('special-6', 'an open file of this process', '/dev/fd/0', {}),
  read('special-7', 'a NUL, where everything runs', 'bad\0name', {
    mode: 'bypassPermissions',
    options: { allowDangerouslySkipPermissions: true },
    expected: 'error',
  }),
  read('special-8', 'a way of 2,000 turns stays inside', `${'sub/../'.repeat(2_000)}a.txt`, { expected: 'allow' }),
  read('special-9', 'a name that is too long', 'x'.repeat(300), { expected: 'error' }),
  read('special-10', 'a folder', 'sub', { expected: 'error' }),
];

const PROC: readonly PathCase[] = [
  read('proc-1', 'the root of a process', '/proc/self/rootROOT/outside/secret.txt', {}),
  read('proc-2', 'the root of a process behind a link', 'r/outside/secret.txt', {
    tree: { 'work/r': { link: '/proc/self/rootROOT' } },
  }),
  read('proc-3', 'the environment', '/proc/self/environ', {}),
  read('proc-4', 'the environment, behind a link', 'e', { tree: { 'work/e': { link: '/proc/self/environ' } } }),
  read('proc-5', 'the environment, where / is the working folder', 'proc/self/environ', { options: SYSTEM }),
  read('proc-6', 'the working folder of a process is the working folder', '/proc/self/root/ROOT/work/./a.txt', {
    expected: 'allow',
  }),
  write('proc-7', 'a setting of the system, where / is the working folder', 'sys/kernel/x', { options: SYSTEM }),
];

const HARD: readonly PathCase[] = [
  read('hard-1', 'another name of a file outside', 'h.txt', { tree: LINKED }),
  write('hard-2', 'another name of a file outside', 'h.txt', { tree: LINKED }),
  read('hard-3', 'a link to another name of a file outside', 'l', { tree: { ...LINKED, 'work/l': { link: 'h.txt' } } }),
  search(
    'hard-4',
    'another name of a file outside',
    'Grep',
    { pattern: 'SECRET', output_mode: 'content' },
    { tree: LINKED },
  ),
];

const PROTECTED: readonly PathCase[] = [
  ...['.GIT/config', 'sub/../.git/hooks/pre-commit', '.claude/settings.json', '.mcp.json', '.husky/pre-push'].map(
    (path, index) => write(`protected-${index + 1}`, `${path} runs programs`, path, { tree: { 'work/.git/': null } }),
  ),
  ...['.bashrc', '.vscode/tasks.json', '.colloquy/settings.json', '.ssh/authorized_keys', '.config/git/config'].map(
    (path, index) => write(`protected-${index + 6}`, `${path} steers programs`, path, {}),
  ),
  write('protected-11', 'a link under another name', 'g/config', {
    tree: { 'work/.git/': null, 'work/g': { link: '.git' } },
  }),
  write('protected-12', 'a dangling link under another name', 'plain.txt', {
    tree: { 'work/.git/hooks/': null, 'work/plain.txt': { link: '.git/hooks/post-checkout' } },
  }),
  ...['.ssh/id_ed25519', '.aws/credentials', '.netrc', '.kube/config'].map((path, index) =>
    read(`secret-${index + 1}`, `${path} holds keys`, path, { options: HOME, tree: { [path]: 'SECRET' } }),
  ),
  read('secret-5', 'keys behind a link', 'k', {
    options: HOME,
    tree: { '.ssh/id_ed25519': 'SECRET', k: { link: '.ssh/id_ed25519' } },
  }),
  search(
    'secret-6',
    'keys below the folder',
    'Grep',
    { pattern: 'KEY', output_mode: 'content' },
    {
      options: { cwd: 'ROOT/home' },
      tree: { 'home/.ssh/id_ed25519': 'KEY SECRET', 'home/.aws/credentials': 'KEY SECRET' },
    },
  ),
];

const RULES: readonly PathCase[] = [
  read('rule-1', 'a rule on what a link leads to', 'alias', {
    tree: { 'work/secrets/k.pem': 'SECRET', 'work/alias': { link: 'secrets/k.pem' } },
    rules: { deny: ['Read(secrets/**)'] },
  }),
  read('rule-2', 'an allow rule is about the place, not the name', 's', {
    tree: SECRET_LINK,
    rules: { allow: ['Read(./s)'] },
  }),
  read('rule-3', 'a rule in another case', 'Secrets/k.pem', {
    tree: { 'work/Secrets/k.pem': 'SECRET' },
    rules: { deny: ['Read(secrets/**)'] },
  }),
  read('rule-4', 'another name is asked, even of a file inside', 'n/x.txt', { tree: STORE }),
  read('rule-5', 'a rule that names it allows it', 'n/x.txt', {
    tree: STORE,
    rules: { allow: ['Read(n/**)'] },
    expected: 'allow',
  }),
  read('rule-6', 'settings of a program are read like any file', '.env', {
    tree: { 'work/.env': 'one' },
    expected: 'allow',
  }),
  read('rule-7', 'unless a rule denies it', '.env', {
    tree: { 'work/.env': 'SECRET' },
    rules: { deny: ['Read(.env)'] },
  }),
  write('rule-8', 'a rule that names it allows it', '.husky/pre-push', {
    rules: { allow: ['Write(.husky/**)'] },
    expected: 'allow',
  }),
];

const SEARCHES: readonly PathCase[] = [
  search(
    'search-1',
    'links are not followed',
    'Grep',
    { pattern: 'SECRET', output_mode: 'content' },
    { tree: { ...OPENED_LINK, ...SECRET_LINK } },
  ),
  search(
    'search-2',
    'a link to search in',
    'Grep',
    { pattern: 'SEC', path: 'd', output_mode: 'content' },
    { tree: OPENED_LINK, expected: 'deny' },
  ),
  search(
    'search-3',
    'a link to a file to search',
    'Grep',
    { pattern: 'SEC', path: 's' },
    { tree: SECRET_LINK, expected: 'deny' },
  ),
  search(
    'search-4',
    'a pattern that begins with a link',
    'Glob',
    { pattern: 'd/*' },
    { tree: OPENED_LINK, expected: 'deny' },
  ),
  search('search-5', 'a pattern that begins above', 'Glob', { pattern: '../outside/*' }, { expected: 'deny' }),
  search(
    'search-6',
    'a pattern that goes up later',
    'Glob',
    { pattern: '*/../../outside/*' },
    { expected: 'deny-or-error' },
  ),
  search('search-7', 'braces are no way out', 'Glob', { pattern: '{..,sub}/{outside,.}/*' }, {}),
];

/** What the cases of the file do not have: found by thinking about each kind of place a path can lead to. */
export const MORE_CASES: readonly PathCase[] = [
  ...LINKS,
  ...SPECIAL,
  ...PROC,
  ...HARD,
  ...PROTECTED,
  ...RULES,
  ...SEARCHES,
];
