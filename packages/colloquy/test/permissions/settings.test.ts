import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, text, toolUses } from '@colloquy/emulator';
import { type CanUseTool, ConfigurationError, type Options, type PermissionUpdate } from 'colloquy';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';
import { describe, expect, test } from 'vitest';
import { type Call, Field, warningsOf } from './field.ts';

const USER = 'home/.claude/settings.json';
const PROJECT = 'work/.claude/settings.json';
const LOCAL = 'work/.claude/settings.local.json';

const ls: Call = ['Bash', { command: 'ls' }];
const read: Call = ['Read', { file_path: 'a.txt' }];
const write: Call = ['Write', { file_path: 'new.txt', content: 'x' }];

type RuleUpdate = Extract<PermissionUpdate, { rules: unknown }>;

const allowing = (destination: PermissionUpdate['destination'], ruleContent = 'ls *'): RuleUpdate => ({
  type: 'addRules',
  rules: [{ toolName: 'Bash', ruleContent }],
  behavior: 'allow',
  destination,
});
const answering =
  (...updatedPermissions: PermissionUpdate[]): CanUseTool =>
  async () => ({ behavior: 'allow', updatedPermissions });

const decide = async (field: Field, call: Call, options?: Options): Promise<string> =>
  (await field.one(call, options)).decided;

test('deny and ask rules of every settings file hold, and win over every leave', async () => {
  for (const path of [USER, PROJECT, LOCAL]) {
    using field = new Field({ 'work/a.txt': 'one' });
    field.settings(path, { deny: ['Bash(ls *)'], ask: ['Read(a.txt)'] });
    expect(await decide(field, ls, { allowedTools: ['Bash'] })).toBe('denied');
    expect(await decide(field, read, { allowedTools: ['Read'] })).toBe('asked');
    expect(await decide(field, ls, { allowedTools: ['Bash'], settingSources: [] })).toBe('allowed');
  }
});

test("leave in the user's settings holds; leave that came with a project does not, and that is told", async () => {
  const leave = { allow: ['Bash(ls *)'], additionalDirectories: ['../outside'], defaultMode: 'acceptEdits' };
  const outside: Call = ['Read', { file_path: '../outside/o.txt' }];
  const seen = async (path: string) => {
    using field = new Field({ 'work/a.txt': 'one', 'outside/o.txt': 'O' });
    field.settings(path, leave);
    const { outcomes, messages } = await field.play([ls, outside, write]);
    return { decided: outcomes.map(({ decided }) => decided), warnings: warningsOf(messages) };
  };
  expect(await seen(USER)).toEqual({ decided: ['allowed', 'allowed', 'allowed'], warnings: [] });
  for (const path of [PROJECT, LOCAL]) {
    expect(await seen(path)).toEqual({
      decided: ['asked', 'asked', 'asked'],
      warnings: [expect.stringMatching(/settings.*does not count \(Bash\(ls \*\), \.\.\/outside, acceptEdits\): /)],
    });
  }
});

test.each(['userSettings', 'localSettings'] as const)(
  'leave given for %s holds for later sessions, too',
  async (to) => {
    using field = new Field({ 'work/a.txt': 'one', 'outside/o.txt': 'O' });
    const outside: Call = ['Read', { file_path: join(field.root, 'outside/o.txt') }];
    const updates: PermissionUpdate[] = [
      allowing(to),
      { type: 'addDirectories', directories: [join(field.root, 'outside')], destination: to },
      { type: 'setMode', mode: 'acceptEdits', destination: to },
    ];
    const first = await field.play([ls, ls, outside, write], {}, answering(...updates));
    expect(first.outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed', 'allowed', 'allowed']);
    const second = await field.play([ls, outside, write]);
    expect(second.outcomes.map(({ decided }) => decided)).toEqual(['allowed', 'allowed', 'allowed']);
    expect(warningsOf(second.messages)).toEqual([]);
    expect(field.permissions(to === 'userSettings' ? USER : LOCAL)).toEqual({
      allow: ['Bash(ls *)'],
      additionalDirectories: [join(field.root, 'outside')],
      defaultMode: 'acceptEdits',
    });
  },
);

test('leave that was given locally is no leave when the file goes to another place, or another rule is added by hand', async () => {
  using field = new Field({});
  await field.one(ls, {}, answering(allowing('localSettings')));
  const local = JSON.parse(field.read(LOCAL)) as { permissions: { allow: string[] } };
  local.permissions.allow.push('Bash(rm *)');
  field.write(LOCAL, JSON.stringify(local));
  expect(await decide(field, ls)).toBe('allowed');
  expect(await decide(field, ['Bash', { command: 'rm -f x' }])).toBe('asked');
  renameSync(field.cwd, join(field.root, 'moved'));
  expect(await decide(field, ls, { cwd: join(field.root, 'moved') })).toBe('asked');
});

test('the same project by another name is the same', async () => {
  using field = new Field({});
  await field.one(ls, {}, answering(allowing('localSettings')));
  symlinkSync(field.cwd, join(field.root, 'link'));
  expect(await decide(field, ls, { cwd: join(field.root, 'link') })).toBe('allowed');
});

test('a rule for the project is written for everybody, and holds for this session; its refusals hold for all', async () => {
  using field = new Field({});
  const deny: PermissionUpdate = { ...allowing('projectSettings', 'touch *'), behavior: 'deny' };
  const { outcomes } = await field.play([ls, ls], {}, answering(allowing('projectSettings'), deny));
  expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed']);
  expect(field.permissions(PROJECT)).toEqual({ allow: ['Bash(ls *)'], deny: ['Bash(touch *)'] });
  expect(await decide(field, ls)).toBe('asked');
  expect(await decide(field, ['Bash', { command: 'touch x' }])).toBe('denied');
});

test.each(['session', 'cliArg'] as const)(
  'what is given for %s ends with the session, and no file is written',
  async (to) => {
    using field = new Field({});
    const { outcomes } = await field.play([ls, ls], {}, answering(allowing(to)));
    expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed']);
    expect(readdirSync(field.cwd)).toEqual([]);
    expect(existsSync(field.home)).toBe(false);
    expect(await decide(field, ls)).toBe('asked');
  },
);

test('a session that reads no settings files writes none', async () => {
  using field = new Field({});
  const { outcomes } = await field.play([ls, ls], { settingSources: [] }, answering(allowing('userSettings')));
  expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed']);
  expect(existsSync(field.home)).toBe(false);
});

test('rules are replaced and removed in the file they stand in', async () => {
  using field = new Field({});
  field.settings(USER, { allow: ['Bash(ls *)', 'Bash(cat *)'], deny: ['WebFetch'] });
  const update = (type: 'replaceRules' | 'removeRules', ruleContent: string): PermissionUpdate => ({
    ...allowing('userSettings', ruleContent),
    type,
  });
  const make: Call = ['Bash', { command: 'touch x' }];
  await field.one(make, {}, answering(update('removeRules', 'cat *')));
  expect(field.permissions(USER)).toEqual({ allow: ['Bash(ls *)'], deny: ['WebFetch'] });
  await field.one(make, {}, answering(update('replaceRules', 'pwd')));
  expect(field.permissions(USER)).toEqual({ allow: ['Bash(pwd)'], deny: ['WebFetch'] });
});

test('everything else in a file stays as it is, byte by byte', async () => {
  const before = `\uFEFF{\r
\t"$schema": "https://example.com/s.json",\r
\t"10": 1e400,\t"model" : "opus",  "big": 12345678901234567890,\r
\t"hooks": { "Stop": [ ] , "x": "\\u0041 } , \\"permissions\\": [" },\r
\t"permissions": {\r
\t\t"deny": [ "WebFetch" ],\r
\t\t"allow": ["Read", "Bash(a:*)"],\r
\t\t"future": {"a":1}\r
\t},\r
\t"__proto__": null\r
}\r
`;
  using field = new Field({ [USER]: before });
  await field.one(ls, {}, answering(allowing('userSettings')));
  const list = ['Read', 'Bash(a:*)', 'Bash(ls *)'].map((rule) => `\r\n\t\t\t"${rule}"`).join(',');
  expect(field.read(USER)).toBe(before.replace('["Read", "Bash(a:*)"]', `[${list}\r\n\t\t]`));
});

test.each([
  ['{}', '{\n  "permissions": {\n    "allow": [\n      "Bash(ls *)"\n    ]\n  }\n}'],
  ['{"a":1}', '{"a":1,"permissions": {"allow":["Bash(ls *)"]}}'],
  [
    '{\n    "a": 1\n}\n',
    '{\n    "a": 1,\n    "permissions": {\n        "allow": [\n            "Bash(ls *)"\n        ]\n    }\n}\n',
  ],
  ['{"permissions":{"deny":["X"]}}', '{"permissions":{"deny":["X"],"allow": ["Bash(ls *)"]}}'],
])('a rule finds its place in %j', async (before, after) => {
  using field = new Field({ [USER]: before });
  await field.one(ls, {}, answering(allowing('userSettings')));
  expect(field.read(USER)).toBe(after);
});

test.each([
  [
    'no JSON',
    '{"permissions": {"deny": ["Bash"]}, // mine\n}',
    /settings\.json cannot be used: it is not JSON \(line 1\)\. Mend it/,
  ],
  ['a list', '[]', /it holds no JSON object/],
  ['what is not UTF-8', Buffer.from('{"a":"\xFF"}', 'latin1'), /it is not UTF-8/],
  ['permissions that are none', '{"permissions": "all"}', /`permissions` is/],
  ['a list of rules that is none', '{"permissions": {"allow": "Bash"}}', /`permissions\.allow` is/],
])('a file with %s gives no leave, and is left as it is with all that is in it', async (_, content, warning) => {
  using field = new Field({ [USER]: content });
  const { outcomes, messages } = await field.play([ls, ls], {}, answering(allowing('userSettings')));
  expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed']);
  expect(readFileSync(join(field.root, USER))).toEqual(Buffer.from(content));
  const warnings = warningsOf(messages);
  expect(warnings[0]).toMatch(warning);
  expect(warnings.join(' ')).toMatch(/could not be written, and holds for this session only: /);
  expect(warnings.join(' ')).not.toContain('mine');
});

test('one bad rule takes no other away; one that refuses makes every call it may be about ask', async () => {
  using field = new Field({ 'work/a.txt': 'one' });
  field.settings(USER, {
    allow: ['Bash(ls *)', 'WebSearch(x)', 'Bash(', 7],
    deny: ['Read(!a.txt)'],
    ask: ['Raed(x)', 'Workflow', 'Unheard'],
  });
  const { outcomes, messages } = await field.play([ls, read]);
  expect(outcomes.map(({ decided }) => decided)).toEqual(['allowed', 'asked']);
  const warnings = warningsOf(messages).join('\n');
  for (const told of [
    'WebSearch(x)',
    'Bash(',
    '`permissions.allow` holds',
    'Read(!a.txt)',
    'Did you mean Read?',
    'Workflow',
    'Unheard',
  ])
    expect(warnings).toContain(told);
});

test('what a session begins with is its options, then its settings', async () => {
  using field = new Field({});
  field.settings(USER, { defaultMode: 'dontAsk' });
  expect(await decide(field, write)).toBe('denied');
  expect(await decide(field, write, { settings: { permissions: { defaultMode: 'acceptEdits' } } })).toBe('allowed');
  expect(await decide(field, write, { permissionMode: 'default' })).toBe('asked');
  field.settings(USER, { defaultMode: 'bypassPermissions' });
  const { outcomes, messages } = await field.play([write]);
  expect(outcomes[0]).toMatchObject({ decided: 'asked' });
  expect(warningsOf(messages).join()).toContain('allowDangerouslySkipPermissions');
  expect(await decide(field, write, { allowDangerouslySkipPermissions: true })).toBe('allowed');
});

test('settings are given as an object or by a path; from a file, paths with one slash begin at its folder', async () => {
  using field = new Field({ 'work/a.txt': 'one', 'work/conf/b.txt': 'two' });
  const permissions = { allow: ['Bash(ls *)'], deny: ['Read(/b.txt)'] };
  field.write('work/conf/s.json', JSON.stringify({ $schema: 'x', permissions }));
  const b: Call = ['Read', { file_path: 'conf/b.txt' }];
  expect(await decide(field, ls, { settings: 'conf/s.json' })).toBe('allowed');
  expect(await decide(field, b, { settings: 'conf/s.json' })).toBe('denied');
  expect(await decide(field, b, { settings: { permissions } })).toBe('allowed');
  expect(await decide(field, ls, { settings: { permissions } })).toBe('allowed');
});

test.each<[unknown, RegExp]>([
  [{ model: 'opus' }, /`model` is not known here/],
  [{ permissions: { allow: 'Bash' } }, /`allow` is not fine/],
  [{ permissions: { always: [] } }, /`always` is not fine/],
  [{ permissions: { allow: ['WebSearch(x)'] } }, /rules for WebSearch have no brackets/],
  [{ permissions: { defaultMode: 'auto' } }, /auto/],
  ['gone.json', /gone\.json, which does not exist/],
  ['bad.json', /bad\.json cannot be used: it is not JSON/],
  ['other.json', /other\.json, .*`env` is not known here/],
])('option settings as %j is refused by name', async (settings, message) => {
  using field = new Field({ 'work/bad.json': 'x', 'work/other.json': '{"env": {}}' });
  // What a program in JavaScript may give.
  const playing = field.play([ls], { settings: settings as Options['settings'] });
  await expect(playing).rejects.toThrow(ConfigurationError);
  await expect(playing).rejects.toThrow(message);
});

test('a pipe, a folder or a link in the place of a settings file does no harm', async () => {
  using field = new Field({ 'home/other.json': '{"permissions":{"allow":["Bash"]}}' });
  mkdirSync(join(field.cwd, '.claude'));
  execFileSync('mkfifo', [join(field.root, PROJECT)]);
  mkdirSync(join(field.root, LOCAL));
  const { outcomes, messages } = await field.play([ls]);
  expect(outcomes[0]).toMatchObject({ decided: 'asked' });
  expect(warningsOf(messages)).toEqual([
    expect.stringMatching(/settings\.json cannot be used/),
    expect.stringMatching(/settings\.local\.json cannot be used/),
  ]);
});

test.each([
  ['the folder', '.claude', '../home/.claude'],
  ['the file', '.claude/settings.local.json', '../../home/.claude/settings.json'],
])("through a link in the place of %s a project does not reach the user's settings", async (_, link, target) => {
  using field = new Field({ [USER]: '{}' });
  mkdirSync(join(field.cwd, link, '..'), { recursive: true });
  symlinkSync(target, join(field.cwd, link));
  const { outcomes, messages } = await field.play([ls, ls], {}, answering(allowing('localSettings')));
  expect(outcomes.map(({ decided }) => decided)).toEqual(['asked', 'allowed']);
  expect(warningsOf(messages).join()).toContain('it is a link to another place');
  expect(field.read(USER)).toBe('{}');
});

test("the user's own settings may be a link; it stays one", async () => {
  using field = new Field({ 'dotfiles/settings.json': '{}' });
  mkdirSync(join(field.home, '.claude'), { recursive: true });
  symlinkSync(join(field.root, 'dotfiles/settings.json'), join(field.root, USER));
  await field.one(ls, {}, answering(allowing('userSettings')));
  expect(JSON.parse(readFileSync(join(field.root, 'dotfiles/settings.json'), 'utf8'))).toEqual({
    permissions: { allow: ['Bash(ls *)'] },
  });
  expect(await decide(field, ls)).toBe('allowed');
});

test('many sessions write to one file, and no rule is lost', async () => {
  using field = new Field({ [USER]: '{"model":"opus"}' });
  const rules = Array.from({ length: 12 }, (_, index) => `echo ${index}`);
  await Promise.all(rules.map((rule) => field.one(ls, {}, answering(allowing('userSettings', rule)))));
  const { allow } = field.permissions(USER) as { allow: string[] };
  expect(allow.toSorted()).toEqual(rules.map((rule) => `Bash(${rule})`).toSorted());
  expect(readdirSync(join(field.home, '.claude'))).toEqual(['settings.json']);
});

test('on a server, whose settings are not those of who talks to it, files are neither read nor written', async () => {
  using field = new Field({});
  field.settings(USER, { allow: ['Bash(touch *)'] });
  const before = field.read(USER);
  const emulator = createEmulator({
    script: [
      toolUses([
        { name: 'Bash', input: { command: 'touch x' } },
        { name: 'Bash', input: { command: 'touch x' } },
      ]),
      text('Done'),
    ],
  });
  const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send, askThroughLog: true });
  const env = { PATH: process.env['PATH'], HOME: field.home };
  const session = await engine.open({ cwd: field.cwd, tools: ['Bash'], env, sandbox: { enabled: false } });
  const messages = session.placed({ door: true });
  await session.send({ type: 'user', message: { role: 'user', content: 'Go' }, parent_tool_use_id: null });
  let asked = 0;
  const updatedPermissions = [allowing('userSettings', 'touch *')];
  for await (const batch of messages) {
    const told = batch.flatMap((item) => ('message' in item ? [item.message] : []));
    for (const message of told) {
      if (message.type !== 'system' || message.subtype !== 'permission_request') continue;
      asked += 1;
      const { request } = message;
      await session.control('answer', { request, decision: { behavior: 'allow', updatedPermissions } });
    }
    if (told.some(({ type }) => type === 'result')) break;
  }
  await engine.close();
  expect(asked).toBe(1);
  expect(existsSync(join(field.cwd, 'x'))).toBe(true);
  expect(field.read(USER)).toBe(before);
});

describe('A project that wants to hold everything up', () => {
  const soon = { timeout: 5000 };

  test('has no pattern that takes for ever: such a rule asks', soon, async () => {
    using field = new Field();
    const deep = `${'a/'.repeat(150)}x`;
    field.settings(PROJECT, { deny: [`Read(${'**/a*/'.repeat(12)}b)`] });
    expect(await decide(field, ['Read', { file_path: deep }], { allowedTools: ['Read'] })).toBe('asked');
    field.settings(PROJECT, { deny: ['Read(**/a*/**/a*/**/a*/b)'] });
    const deeper = `${'a/'.repeat(1500)}x`;
    expect(await decide(field, ['Read', { file_path: deeper }], { allowedTools: ['Read'] })).toBe('asked');
    expect(await decide(field, ['Read', { file_path: 'a/a/c/a/b' }], { allowedTools: ['Read'] })).toBe('denied');
  });

  test('has no file of too many rules', soon, async () => {
    using field = new Field();
    field.settings(PROJECT, { deny: Array.from({ length: 40_000 }, (_, index) => `Read(/p${index})`) });
    const files = Array.from({ length: 200 }, (_, index) => `f${index}`).join(' ');
    const { messages } = await field.play([['Bash', { command: `cat ${files}` }]]);
    expect(warningsOf(messages)).toEqual([expect.stringContaining('more than 2000 rules')]);
  });

  test('is not told rule by rule', async () => {
    using field = new Field();
    field.settings(PROJECT, { deny: Array.from({ length: 1000 }, (_, index) => `Read(/p${index}`) });
    const { messages } = await field.play([ls]);
    expect(warningsOf(messages)).toHaveLength(21);
    expect(warningsOf(messages).at(-1)).toContain('980 more rules in it cannot be used');
  });
});
