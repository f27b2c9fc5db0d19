import { join } from 'node:path';
import type { CanUseTool, Options, PermissionUpdate } from 'colloquy';
import { createSdkMcpServer, tool } from 'colloquy';
import { expect, test } from 'vitest';
import { fakeWeb } from '../web/fake-web.ts';
import { type Call, Field } from './field.ts';

const FILES = { 'work/a.txt': 'one', 'work/sub/b.txt': 'two', 'outside/data/d.txt': 'D', 'outside/data/e.txt': 'E' };

/** Allows, and takes whatever is suggested. */
const always: CanUseTool = async (_name, _input, { suggestions }) => ({
  behavior: 'allow',
  ...(suggestions === undefined ? {} : { updatedPermissions: suggestions }),
});

const allow = (destination: PermissionUpdate['destination'], ...rules: string[]): PermissionUpdate => ({
  type: 'addRules',
  rules: rules.map((rule) => {
    const [toolName = '', ruleContent] = rule.split(/\((.*)\)$/s);
    return { toolName, ...(ruleContent === undefined ? {} : { ruleContent }) };
  }),
  behavior: 'allow',
  destination,
});
const ACCEPT_EDITS: PermissionUpdate = { type: 'setMode', mode: 'acceptEdits', destination: 'session' };

const servers = (): Options => {
  const search = tool('search', 'Searches', {}, async () => ({ content: [{ type: 'text', text: 'found' }] }));
  return { mcpServers: { web: createSdkMcpServer({ name: 'web', tools: [search] }) } };
};
const bash = (command: string): Call => ['Bash', { command }];
const read = (file_path: string): Call => ['Read', { file_path }];
const write = (file_path: string): Call => ['Write', { file_path, content: 'x' }];

test.each<[string, Call, Call, PermissionUpdate[]]>([
  [
    'a command',
    bash('npm run build'),
    bash('npm run build -- --fast'),
    [allow('localSettings', 'Bash(npm run build *)')],
  ],
  ['a command that reads', bash('cat a.txt'), bash('cat sub/b.txt'), [allow('localSettings', 'Bash(cat *)')]],
  ['a subcommand', bash('git status -s'), bash('git status'), [allow('localSettings', 'Bash(git status *)')]],
  [
    'a line of commands',
    bash('ls sub && git log -1 | head -3'),
    bash('git log --oneline; ls'),
    [allow('localSettings', 'Bash(ls *)', 'Bash(git log *)', 'Bash(head *)')],
  ],
  [
    'a command that changes files',
    bash('mkdir made'),
    bash('mkdir other'),
    [allow('localSettings', 'Bash(mkdir *)'), ACCEPT_EDITS],
  ],
  [
    'a command that changes files elsewhere',
    bash('touch ROOT/outside/data/new'),
    bash('touch ROOT/outside/data/newer'),
    [
      allow('localSettings', 'Bash(touch *)'),
      { type: 'addDirectories', directories: ['ROOT/outside/data'], destination: 'session' },
      ACCEPT_EDITS,
    ],
  ],
  ['a command behind a wrapper', bash('timeout 5 ls'), bash('nice ls -l'), [allow('localSettings', 'Bash(ls *)')]],
  ['an edit', write('new.txt'), write('newer.txt'), [ACCEPT_EDITS]],
  [
    'an edit elsewhere',
    write('ROOT/outside/data/new'),
    write('ROOT/outside/data/newer'),
    [{ type: 'addDirectories', directories: ['ROOT/outside/data'], destination: 'session' }, ACCEPT_EDITS],
  ],
  [
    'a file elsewhere',
    read('ROOT/outside/data/d.txt'),
    read('ROOT/outside/data/e.txt'),
    [allow('session', 'Read(/ROOT/outside/data/**)')],
  ],
  [
    'a search elsewhere',
    ['Grep', { pattern: 'D', path: 'ROOT/outside' }],
    ['Grep', { pattern: 'E', path: 'ROOT/outside' }],
    [allow('session', 'Read(/ROOT/outside/**)')],
  ],
  [
    'a tool of a server',
    ['mcp__web__search', {}],
    ['mcp__web__search', {}],
    [allow('localSettings', 'mcp__web__search')],
  ],
  [
    'a page',
    ['WebFetch', { url: 'https://Docs.Example./a', prompt: 'p' }],
    ['WebFetch', { url: 'https://docs.example/b', prompt: 'p' }],
    [allow('localSettings', 'WebFetch(domain:docs.example)')],
  ],
])('leave for %s is suggested so that the next one like it is not asked', async (_, first, next, suggestions) => {
  using field = new Field(FILES);
  const inPlace = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('ROOT', field.root)) as T;
  const web = fakeWeb({});
  const options: Options = { ...servers(), webFetch: { resolve: web.resolve, connect: web.connect } };
  const { outcomes } = await field.play([inPlace(first), inPlace(next)], options, always);
  expect(outcomes[0]).toMatchObject({ decided: 'asked' });
  expect(outcomes[0]?.suggestions).toEqual(inPlace(suggestions));
  expect(outcomes[1]).toMatchObject({ decided: 'allowed' });
});

test.each([
  'python3 a.py',
  'node -e 1',
  'bash a.sh',
  'sudo ls',
  'env X=1 ls',
  'git stash',
  'git checkout .',
  'timeout 5 make',
  'npx cowsay',
  'npm exec x',
  'npm install x',
  'make test',
  'ssh host ls',
  'find . -name x',
  "sed 's/a/b/' a.txt",
  "awk '{print}' a.txt",
  'perl -v',
  'rg x',
  'sort a.txt',
  'git config -l',
  'git push',
  'git -c core.pager=x log',
  'curl http://127.0.0.1:1',
  'docker ps',
  'rm a.txt',
  'mv a.txt b.txt',
  'cp a.txt b.txt',
  'dd if=a.txt',
  'tee b.txt',
  'chmod +x a.txt',
  'kill 1',
  'true > b.txt',
  './a.sh',
  'PATH=. ls',
])('for %s no more is suggested than this very command', async (command) => {
  using field = new Field(FILES);
  const { suggestions = [] } = await field.one(bash(command));
  const rules = suggestions.flatMap((update) => ('rules' in update ? update.rules : []));
  expect(rules.map(({ ruleContent }) => ruleContent)).toEqual([command]);
});

test.each([
  [
    'npm run build',
    ['npm run build --script-shell=./x', 'npm --script-shell ./x run build', 'npm run build; ./x', 'npm run other'],
  ],
  ['npm test', ['npm test --script-shell=./x', 'npm test > x']],
  ['git log -1', ['git log --output=x', 'git -c core.pager=./x log', 'git --exec-path=. log', 'git log `./x`']],
  ['git diff', ['git diff --output=x', 'git diff --ext-diff $(./x)']],
  ['git commit -m x', ['git commit -m x > y', 'git -c core.hooksPath=. commit']],
  ['cat a.txt', ['cat a.txt > b.txt', 'cat <(./x)', 'LD_PRELOAD=./x cat a.txt', 'cat a.txt | sh']],
  ['ls', ['ls; rm a.txt', 'ls $(rm a.txt)', './ls', 'lsof']],
  ['echo x', ['echo x | bash', 'echo x >> a.txt', 'echo $(./x)']],
])('what is suggested for %s allows none of %j', async (command, others) => {
  using field = new Field(FILES);
  const { suggestions = [] } = await field.one(bash(command));
  const rules = suggestions.flatMap((update) => ('rules' in update ? update.rules : []));
  const allowedTools = rules.map(({ ruleContent }) => `Bash(${ruleContent ?? ''})`);
  const { outcomes } = await field.play(others.map(bash), { allowedTools });
  expect(outcomes.map(({ decided }) => decided)).toEqual(others.map(() => 'asked'));
});

test('nothing is suggested that would reach further than anybody looked', async () => {
  using field = new Field({ ...FILES, 'home/notes.txt': 'note', 'home/.ssh/id': 'key', 'work/.git/config': '' });
  const suggestionsFor = async (call: Call, options?: Options) => (await field.one(call, options)).suggestions;
  // A home folder holds everything; only the very file is offered, and a search there not at all.
  expect(await suggestionsFor(read(join(field.home, 'notes.txt')))).toEqual([
    allow('session', `Read(/${field.home}/notes.txt)`),
  ]);
  expect(await suggestionsFor(['Grep', { pattern: 'x', path: field.home }])).toEqual([]);
  expect(await suggestionsFor(read(join(field.home, '.ssh/id')))).toEqual([]);
  expect(await suggestionsFor(write(join(field.home, 'new.txt')))).toEqual([]);
  expect(await suggestionsFor(write('.git/config'))).toEqual([]);
  // Leaving the mode, or a rule that asks, is not what leave for a call means.
  expect(await suggestionsFor(write('a'), { permissionMode: 'plan' })).toEqual([]);
  expect(await suggestionsFor(read('a.txt'), { permissionMode: 'strict' })).toEqual([]);
  const ask = { settings: { permissions: { ask: ['Bash(ls *)'] } } };
  expect(await suggestionsFor(bash('ls'), ask)).toEqual([]);
});

test('names with characters that mean something in patterns are suggested as they are', async () => {
  using field = new Field({ 'outside/[a]*/d.txt': 'D', 'outside/ab/e.txt': 'E' });
  const path = (name: string): Call => read(join(field.root, 'outside', name));
  const { outcomes } = await field.play([path('[a]*/d.txt'), path('[a]*/d.txt'), path('ab/e.txt')], {}, always);
  expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed', 'asked']);
});
