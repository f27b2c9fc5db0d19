import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSdkMcpServer, type Options, type PermissionMode, tool } from 'colloquy';
import { expect, test } from 'vitest';
import { type Call, Field } from './field.ts';

const FILES = { 'work/a.txt': 'one', 'work/n.ipynb': '{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}' };

const read: Call = ['Read', { file_path: 'a.txt' }];
const edit: Call = ['Edit', { file_path: 'a.txt', old_string: 'one', new_string: 'two' }];
const multiEdit: Call = ['MultiEdit', { file_path: 'a.txt', edits: [{ old_string: 'one', new_string: 'two' }] }];
const notebook: Call = [
  'NotebookEdit',
  { notebook_path: 'n.ipynb', new_source: 'x', edit_mode: 'insert', cell_type: 'code' },
];
const write: Call = ['Write', { file_path: 'new.txt', content: 'x' }];
const bash = (command: string): Call => ['Bash', { command }];
const todo: Call = ['TodoWrite', { todos: [{ content: 'a', status: 'pending', activeForm: 'a' }] }];
const search: Call = ['mcp__web__search', {}];
const question: Call = [
  'AskUserQuestion',
  {
    questions: [
      {
        question: 'Which?',
        header: 'Which',
        multiSelect: false,
        options: [
          { label: 'A', description: 'a' },
          { label: 'B', description: 'b' },
        ],
      },
    ],
  },
];

const servers = (): Options => ({
  mcpServers: {
    web: createSdkMcpServer({ name: 'web', tools: [tool('search', 'Searches', {}, async () => ({ content: [] }))] }),
  },
});

/** What each mode makes of each call, without rules: allowed, asked, or denied. */
test.each<[NonNullable<Options['permissionMode']>, Record<string, string>]>([
  ['default', { read: 'allowed', todo: 'allowed', write: 'asked', edit: 'asked', bash: 'asked', search: 'asked' }],
  [
    'acceptEdits',
    { read: 'allowed', todo: 'allowed', write: 'allowed', edit: 'allowed', bash: 'asked', search: 'asked' },
  ],
  ['plan', { read: 'allowed', todo: 'allowed', write: 'asked', edit: 'asked', bash: 'asked', search: 'asked' }],
  ['dontAsk', { read: 'allowed', todo: 'allowed', write: 'denied', edit: 'denied', bash: 'denied', search: 'denied' }],
  [
    'bypassPermissions',
    { read: 'allowed', todo: 'allowed', write: 'allowed', edit: 'allowed', bash: 'allowed', search: 'allowed' },
  ],
])('%s', async (permissionMode, expected) => {
  using field = new Field(FILES);
  const calls = { read, todo, write, edit, bash: bash('touch made'), search };
  const { outcomes } = await field.play(Object.values(calls), {
    ...servers(),
    permissionMode,
    allowDangerouslySkipPermissions: true,
  });
  expect(Object.fromEntries(Object.keys(calls).map((name, index) => [name, outcomes[index]?.decided]))).toEqual(
    expected,
  );
});

test('acceptEdits covers every tool that edits, inside the folders, but for protected files', async () => {
  using field = new Field(FILES);
  const options: Options = { permissionMode: 'acceptEdits' };
  const { outcomes } = await field.play([read, edit, multiEdit, notebook, write], options);
  expect(outcomes.map(({ decided }) => decided)).toEqual(Array.from({ length: 5 }, () => 'allowed'));
  for (const path of [join(field.root, 'x.txt'), '../x.txt', '.git/config', '.claude/settings.json', '.mcp.json'])
    expect(await field.one(['Write', { file_path: path, content: 'x' }], options)).toMatchObject({ decided: 'asked' });
});

test('plan asks for every change that no rule allows; reading goes on', async () => {
  using field = new Field(FILES);
  const options: Options = {
    ...servers(),
    permissionMode: 'plan',
    allowedTools: ['Edit', 'Bash(true *)', 'Bash(cat *)', 'mcp__web'],
  };
  const calls = [write, edit, bash('touch made'), bash('true it'), bash('cat a.txt'), search, read];
  const { outcomes } = await field.play(calls, options);
  expect(outcomes.map(({ decided }) => decided)).toEqual([
    'asked',
    'allowed',
    'asked',
    'allowed',
    'allowed',
    'allowed',
    'allowed',
  ]);
  expect(existsSync(join(field.cwd, 'made'))).toBe(false);
  const allowed = await field.one(write, options, async () => ({ behavior: 'allow' }));
  expect(allowed).toMatchObject({ failed: false });
});

test('dontAsk denies what would be asked, and lets rules and reading through', async () => {
  using field = new Field(FILES);
  const options: Options = {
    ...servers(),
    permissionMode: 'dontAsk',
    allowedTools: ['Edit(new.txt)', 'Bash(touch *)'],
    settings: { permissions: { ask: ['Bash(touch asked)'] } },
  };
  const calls = [write, edit, bash('touch made'), bash('touch asked'), bash('make'), search, read];
  const { outcomes } = await field.play(calls, options);
  expect(outcomes.map(({ decided }) => decided)).toEqual(
    'allowed denied allowed denied denied denied allowed'.split(' '),
  );
  for (const { told, decided } of outcomes)
    if (decided === 'denied') expect(told).toMatch(/^The mode dontAsk denies what would have to be asked: .*\.$/);
});

test.each<[PermissionMode, string]>([
  ['default', 'asked'],
  ['acceptEdits', 'asked'],
  ['plan', 'asked'],
  ['bypassPermissions', 'asked'],
  ['dontAsk', 'denied'],
])(
  'in %s an ask rule, and a tool that needs a person, is %s, also under an allow rule',
  async (permissionMode, decided) => {
    using field = new Field(FILES);
    const options: Options = {
      permissionMode,
      allowDangerouslySkipPermissions: true,
      allowedTools: ['Bash', 'Read', 'AskUserQuestion'],
      settings: { permissions: { ask: ['Bash(ls *)', 'Read(a.txt)'] } },
    };
    const { outcomes } = await field.play([bash('ls'), bash('true; ls -l'), read, question], options);
    expect(outcomes.map((outcome) => outcome.decided)).toEqual(Array.from({ length: 4 }, () => decided));
  },
);

test('an answer of a person goes through the callback, and the tool runs with it', async () => {
  using field = new Field();
  const { told, failed } = await field.one(
    question,
    { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true },
    async (_, input) => ({
      behavior: 'allow',
      updatedInput: { ...input, answers: { 'Which?': 'B' } },
    }),
  );
  expect(failed).toBe(false);
  expect(told).toContain('B');
});

test('deny rules win also over an input that whoever is asked puts in the place of the first', async () => {
  using field = new Field(FILES);
  const options: Options = { disallowedTools: ['Bash(touch *)'] };
  const outcome = await field.one(bash('ls'), options, async () => ({
    behavior: 'allow',
    updatedInput: { command: 'touch made' },
  }));
  expect(outcome).toMatchObject({ failed: true, told: 'The rule Bash(touch *) denies `touch made`.' });
  expect(existsSync(join(field.cwd, 'made'))).toBe(false);
  const other = await field.one(bash('ls'), options, async () => ({
    behavior: 'allow',
    updatedInput: { command: 'echo ok' },
  }));
  expect(other).toMatchObject({ failed: false, told: 'ok' });
});

test('deny rules win in every mode, also over a leave of a hook', async () => {
  for (const permissionMode of ['default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions'] as const) {
    using field = new Field(FILES);
    const options: Options = {
      permissionMode,
      allowDangerouslySkipPermissions: true,
      allowedTools: ['Write', 'Read', 'Bash'],
      disallowedTools: ['Edit(new.txt)', 'Bash(touch *)', 'Read(a.txt)'],
      hooks: {
        PreToolUse: [
          {
            hooks: [async () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' } })],
          },
        ],
      },
    };
    const { outcomes } = await field.play([write, bash('touch made'), read], options);
    expect(outcomes.map(({ decided }) => decided)).toEqual(['denied', 'denied', 'denied']);
  }
});

test('a hook comes before the rules: its ask asks under an allow rule, its allow skips the question', async () => {
  using field = new Field(FILES);
  const hook = (permissionDecision: 'allow' | 'ask' | 'deny'): Options => ({
    allowedTools: ['Bash(ls)'],
    hooks: {
      PreToolUse: [
        {
          hooks: [
            async () => ({
              hookSpecificOutput: {
                hookEventName: 'PreToolUse',
                permissionDecision,
                permissionDecisionReason: 'The hook says so.',
              },
            }),
          ],
        },
      ],
    },
  });
  expect(await field.one(bash('ls'), hook('ask'))).toMatchObject({ decided: 'asked', reason: 'The hook says so.' });
  expect(await field.one(bash('touch x'), hook('allow'))).toMatchObject({ decided: 'allowed', failed: false });
  expect(await field.one(bash('ls'), hook('deny'))).toMatchObject({ failed: true, told: 'The hook says so.' });
});

test('how specific a rule is does not matter: deny before ask before allow', async () => {
  using field = new Field(FILES);
  const decide = async (rules: { allow?: string[]; ask?: string[]; deny?: string[] }) =>
    (await field.one(bash('ls a.txt'), { settings: { permissions: rules } })).decided;
  expect(await decide({ allow: ['Bash(ls a.txt)'], ask: ['Bash(ls *)'], deny: ['Bash(ls*)'] })).toBe('denied');
  expect(await decide({ allow: ['Bash(ls a.txt)'], ask: ['Bash(ls *)'] })).toBe('asked');
  expect(await decide({ allow: ['Bash(ls:*)'] })).toBe('allowed');
  expect(await decide({ allow: ['Bash(ls*)'] })).toBe('allowed');
  expect(await decide({ allow: ['Bash(* a.txt)'] })).toBe('allowed');
  expect(await decide({ allow: ['Bash(l *)'] })).toBe('asked');
});

test('where prompts go to nobody, what would be asked is denied; reading goes on', async () => {
  using field = new Field(FILES);
  const decide = async (permissionPrompts: 'host' | 'none' | undefined) =>
    (await field.play([write, read], { permissionPrompts })).outcomes.map(({ decided }) => decided);
  expect(await decide('none')).toEqual(['denied', 'allowed']);
  expect(await decide('host')).toEqual(['asked', 'allowed']);
  expect(await decide(undefined)).toEqual(['asked', 'allowed']);
});
