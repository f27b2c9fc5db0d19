import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PermissionModeInput } from '../options/permissions.ts';
import type { PermissionCall, PermissionWorld } from './call.ts';
import { decide } from './decide.ts';
import { applyUpdate, initialPermissions, type PermissionOptions, type PermissionState } from './state.ts';

const WORLD: PermissionWorld = {
  cwd: '/work',
  sandbox: 'none',
  canAsk: true,
  resolve: (path) => Promise.resolve(resolve('/work', path)),
};

const READ = { name: 'Read', aliases: ['read'], effect: 'read' } as const;
const GLOB = { name: 'Glob', aliases: ['glob'], effect: 'read' } as const;
const WRITE = { name: 'Write', aliases: ['write'], effect: 'write' } as const;
const BASH = { name: 'Bash', aliases: ['bash'], effect: 'write' } as const;
const SEARCH = { name: 'mcp__web__search', effect: 'external' } as const;

const read = (path: string): PermissionCall => ({
  tool: READ,
  input: {},
  target: { paths: [{ path, access: 'read' }] },
});
const write = (path: string): PermissionCall => ({
  tool: WRITE,
  input: {},
  target: { paths: [{ path, access: 'write' }] },
});
const bash = (command: string): PermissionCall => ({ tool: BASH, input: {}, target: { command } });
const search: PermissionCall = { tool: SEARCH, input: {}, target: {} };

const withRules = (
  rules: { allow?: string[]; ask?: string[]; deny?: string[] },
  more?: PermissionOptions,
): PermissionState => {
  const state = initialPermissions({ ...more, allowedTools: rules.allow ?? [], disallowedTools: rules.deny ?? [] });
  return (rules.ask ?? []).reduce((sum, text) => {
    const [toolName = '', content] = text.split(/\((.*)\)$/s);
    return applyUpdate(sum, {
      type: 'addRules',
      rules: [content === undefined ? { toolName } : { toolName, ruleContent: content }],
      behavior: 'ask',
      destination: 'session',
    });
  }, state);
};

const inMode = (permissionMode: PermissionModeInput): PermissionState =>
  initialPermissions({ permissionMode, allowDangerouslySkipPermissions: true });

describe('each mode', () => {
  const calls: Record<string, PermissionCall> = {
    'read inside': read('a.txt'),
    'read outside': read('/etc/hosts'),
    'write inside': write('a.txt'),
    'write outside': write('/etc/hosts'),
    command: bash('make'),
    'external tool': search,
  };
  const decisions = async (mode: PermissionModeInput): Promise<string> => {
    const made = await Promise.all(Object.values(calls).map((call) => decide(call, inMode(mode), WORLD)));
    return Object.keys(calls)
      .map((name, index) => `${name}: ${made[index]?.behavior}`)
      .join(', ');
  };

  test.each<[PermissionModeInput, string]>([
    [
      'default',
      'read inside: allow, read outside: ask, write inside: ask, write outside: ask, command: ask, external tool: ask',
    ],
    [
      'askForEdits',
      'read inside: allow, read outside: ask, write inside: ask, write outside: ask, command: ask, external tool: ask',
    ],
    [
      'acceptEdits',
      'read inside: allow, read outside: ask, write inside: allow, write outside: ask, command: ask, external tool: ask',
    ],
    [
      'plan',
      'read inside: allow, read outside: ask, write inside: ask, write outside: ask, command: ask, external tool: ask',
    ],
    [
      'bypassPermissions',
      'read inside: allow, read outside: allow, write inside: allow, write outside: allow, command: allow, external tool: allow',
    ],
    [
      'dontAsk',
      'read inside: allow, read outside: deny, write inside: deny, write outside: deny, command: deny, external tool: deny',
    ],
    [
      'readOnly',
      'read inside: allow, read outside: ask, write inside: deny, write outside: deny, command: deny, external tool: deny',
    ],
    [
      'strict',
      'read inside: ask, read outside: ask, write inside: ask, write outside: ask, command: ask, external tool: ask',
    ],
  ])('%s', async (mode, expected) => {
    expect(await decisions(mode)).toBe(expected);
  });

  test('readOnly and strict do not give way to allow rules; plan does', async () => {
    const rules = { allow: ['Read', 'Write', 'Bash(ls)', 'Bash(make)', 'mcp__web'] };
    const decided = async (mode: PermissionModeInput, call: PermissionCall): Promise<string> =>
      (await decide(call, withRules(rules, { permissionMode: mode }), WORLD)).behavior;
    expect(await decided('readOnly', write('a'))).toBe('deny');
    expect(await decided('readOnly', read('/etc/hosts'))).toBe('allow');
    expect(await decided('strict', read('a'))).toBe('ask');
    expect(await decided('plan', write('a'))).toBe('allow');
    expect(await decided('plan', bash('make'))).toBe('allow');
    expect(await decided('plan', bash('make it'))).toBe('ask');
    expect(await decided('plan', bash('ls'))).toBe('allow');
    expect(await decided('readOnly', bash('make'))).toBe('deny');
    expect(await decided('readOnly', bash('ls'))).toBe('allow');
    expect(await decided('readOnly', bash('pwd'))).toBe('deny');
    expect(await decided('plan', search)).toBe('allow');
    expect(await decided('dontAsk', write('a'))).toBe('allow');
  });

  test('acceptEdits does not cover files that make programs run', async () => {
    for (const path of ['.git/config', '.GIT/hooks/pre-commit', 'sub/.claude/settings.json', '.bashrc']) {
      expect(await decide(write(path), inMode('acceptEdits'), WORLD)).toMatchObject({
        behavior: 'ask',
        source: 'none',
      });
    }
    expect(await decide(write('.gitignore'), inMode('acceptEdits'), WORLD)).toMatchObject({ behavior: 'allow' });
  });

  test('what the working folder itself is called does not matter', async () => {
    const world = {
      ...WORLD,
      cwd: '/home/.colloquy/work',
      resolve: async (path: string) => resolve('/home/.colloquy/work', path),
    };
    expect(await decide(write('a.txt'), inMode('acceptEdits'), world)).toMatchObject({ behavior: 'allow' });
  });
});

describe('rules', () => {
  test('deny wins over ask, ask over allow, in every mode', async () => {
    const denied = withRules(
      { allow: ['Read'], ask: ['Read'], deny: ['Read'] },
      { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true },
    );
    expect(await decide(read('a'), denied, WORLD)).toEqual({
      behavior: 'deny',
      source: 'rule',
      rule: 'Read',
      reason: 'The rule Read denies Read of a.',
    });
    const asked = withRules(
      { allow: ['Bash'], ask: ['Bash(ls)'] },
      { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true },
    );
    expect(await decide(bash('ls'), asked, WORLD)).toMatchObject({ behavior: 'ask', source: 'rule', rule: 'Bash(ls)' });
  });

  test('rules are written for either tool set and hold in both', async () => {
    const lowerCase: PermissionCall = { ...bash('ls'), tool: { name: 'bash', aliases: ['Bash'], effect: 'write' } };
    expect(await decide(lowerCase, withRules({ deny: ['Bash'] }), WORLD)).toMatchObject({ behavior: 'deny' });
    expect(await decide(bash('ls'), withRules({ deny: ['bash'] }), WORLD)).toMatchObject({ behavior: 'deny' });
  });

  test('an exact command is allowed, and told as the reason', async () => {
    expect(await decide(bash('npm test'), withRules({ allow: ['Bash(npm test)'] }), WORLD)).toEqual({
      behavior: 'allow',
      source: 'rule',
      rule: 'Bash(npm test)',
      reason: 'The rule Bash(npm test) allows this command.',
      parts: [{ text: 'npm test', behavior: 'allow', rule: 'Bash(npm test)' }],
    });
  });

  test('patterns of paths are held against what is read, also against what is searched', async () => {
    const bypass = { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true } as const;
    const state = withRules({ deny: ['Read(secrets/**)'] }, bypass);
    const glob = (path: string): PermissionCall => ({
      tool: GLOB,
      input: {},
      target: { paths: [{ path, access: 'read' }] },
    });
    expect(await decide(read('a'), state, WORLD)).toMatchObject({ behavior: 'allow' });
    expect(await decide(read('secrets/a'), state, WORLD)).toMatchObject({
      behavior: 'deny',
      reason: 'The rule Read(secrets/**) denies Read of secrets/a.',
    });
    expect(await decide(glob('secrets'), state, WORLD)).toMatchObject({ behavior: 'deny' });
    expect(await decide(glob('.'), state, WORLD)).toMatchObject({ behavior: 'allow' });
  });

  test('a command is held against rules with all its parts', async () => {
    const state = withRules({ allow: ['Bash(npm *)', 'Bash(true; rm x)'], deny: ['Bash(rm x)'] });
    const decided = async (command: string): Promise<string> => (await decide(bash(command), state, WORLD)).behavior;
    expect(await decided('npm test && npm run build')).toBe('allow');
    expect(await decided('npm test && make')).toBe('ask');
    expect(await decided('true; rm x')).toBe('deny');
    expect(await decided('(sudo rm x)')).toBe('deny');
  });

  test('a command may write where edits are accepted, in a sandbox, but not over protected files or the folder itself', async () => {
    const decided = async (command: string): Promise<string> =>
      (await decide(bash(command), inMode('acceptEdits'), { ...WORLD, sandbox: 'working' })).behavior;
    expect(await decided('mkdir -p a && touch a/b && ls > a/c')).toBe('allow');
    for (const command of ['touch .git/hooks/x', 'ls > .bashrc', 'rm -rf .', 'touch /etc/x', 'cat /etc/hosts'])
      expect(await decided(command)).toBe('ask');
  });

  test('an MCP server is allowed as a whole or tool by tool', async () => {
    expect(await decide(search, withRules({ allow: ['mcp__web__*'] }), WORLD)).toMatchObject({ behavior: 'allow' });
    expect(await decide(search, withRules({ allow: ['mcp__web__fetch'] }), WORLD)).toMatchObject({ behavior: 'ask' });
  });
});

describe('what a sandbox holds', () => {
  const confined: PermissionWorld = { ...WORLD, sandbox: 'working', allowsSandboxed: true };
  const decided = async (call: PermissionCall, state: PermissionState, world = confined): Promise<string> =>
    (await decide(call, state, world)).behavior;

  test('needs no leave where that is wanted; else only what reads, or changes files where edits are accepted', async () => {
    expect(await decided(bash('make'), inMode('default'))).toBe('allow');
    const quiet = { ...confined, allowsSandboxed: false };
    expect(await decided(bash('make'), inMode('default'), quiet)).toBe('ask');
    expect(await decided(bash('ls'), inMode('default'), quiet)).toBe('allow');
    expect(await decided(bash('ls'), inMode('default'), WORLD)).toBe('ask');
    expect(await decided(bash('touch a'), inMode('default'), quiet)).toBe('ask');
    expect(await decided(bash('touch a'), inMode('acceptEdits'), quiet)).toBe('allow');
    expect(await decided(bash('touch a'), inMode('acceptEdits'), WORLD)).toBe('ask');
  });

  test('is still refused and asked for by rules and modes', async () => {
    expect(await decided(bash('make'), withRules({ deny: ['Bash(make)'] }))).toBe('deny');
    expect(await decided(bash('make'), withRules({ ask: ['Bash(make)'] }))).toBe('ask');
    expect(await decided(bash('cat k'), withRules({ deny: ['Read(k)'] }))).toBe('deny');
    expect(await decided(bash('$X'), withRules({ deny: ['Bash(make)'] }))).toBe('deny');
    expect(await decided(bash('make'), inMode('plan'))).toBe('ask');
    expect(await decided(bash('make'), inMode('strict'))).toBe('ask');
    expect(await decided(bash('make'), inMode('readOnly'))).toBe('deny');
    expect(await decided(bash('make'), inMode('dontAsk'))).toBe('allow');
  });

  test('is not what asks to run without it', async () => {
    const outside: PermissionCall = { ...bash('ls'), target: { command: 'ls', withoutSandbox: true } };
    expect(await decided(outside, inMode('default'))).toBe('ask');
    expect(await decided(outside, withRules({ allow: ['Bash(ls *)'] }))).toBe('allow');
  });
});

describe('hooks', () => {
  const hooked = (call: PermissionCall, behavior: 'allow' | 'ask' | 'deny'): PermissionCall => ({
    ...call,
    hook: { behavior, reason: `The hook says ${behavior}.` },
  });

  test("a hook's allow skips the question, but neither deny nor ask rules, nor strict, nor readOnly", async () => {
    expect(await decide(hooked(bash('ls'), 'allow'), inMode('default'), WORLD)).toEqual({
      behavior: 'allow',
      source: 'hook',
      reason: 'The hook says allow.',
    });
    expect(await decide(hooked(bash('ls'), 'allow'), inMode('dontAsk'), WORLD)).toMatchObject({ behavior: 'allow' });
    expect(await decide(hooked(bash('ls'), 'allow'), withRules({ deny: ['Bash'] }), WORLD)).toMatchObject({
      behavior: 'deny',
      source: 'rule',
    });
    expect(await decide(hooked(bash('ls'), 'allow'), withRules({ ask: ['Bash'] }), WORLD)).toMatchObject({
      behavior: 'ask',
    });
    expect(await decide(hooked(bash('make'), 'allow'), inMode('readOnly'), WORLD)).toMatchObject({
      behavior: 'deny',
      source: 'mode',
    });
    expect(await decide(hooked(read('a'), 'allow'), inMode('strict'), WORLD)).toMatchObject({ behavior: 'ask' });
  });

  test("a hook's deny and ask win over every allowance", async () => {
    expect(await decide(hooked(read('a'), 'deny'), inMode('bypassPermissions'), WORLD)).toMatchObject({
      behavior: 'deny',
      source: 'hook',
    });
    expect(await decide(hooked(read('a'), 'ask'), withRules({ allow: ['Read'] }), WORLD)).toMatchObject({
      behavior: 'ask',
      reason: 'The hook says ask.',
    });
  });
});

describe('a question', () => {
  test('is a denial where nobody can be asked', async () => {
    expect(await decide(bash('ls'), inMode('default'), { ...WORLD, canAsk: false })).toEqual({
      behavior: 'deny',
      source: 'none',
      reason:
        'This call needs approval and nobody can be asked: No rule allows `ls`, and there is no sandbox to hold it.',
      parts: [{ text: 'ls', behavior: 'ask' }],
    });
  });

  test.each<[string, PermissionCall, unknown]>([
    [
      'a command',
      bash('npm test'),
      [
        {
          type: 'addRules',
          rules: [{ toolName: 'Bash', ruleContent: 'npm test *' }],
          behavior: 'allow',
          destination: 'localSettings',
        },
      ],
    ],
    ['a command with a star that could run anything', bash('make *'), []],
    ['a shell call without a command', { tool: BASH, input: {}, target: {} }, []],
    ['an edit inside', write('a.txt'), [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }]],
    [
      'a read outside',
      read('/data/x.txt'),
      [
        {
          type: 'addRules',
          rules: [{ toolName: 'Read', ruleContent: '//data/**' }],
          behavior: 'allow',
          destination: 'session',
        },
      ],
    ],
    [
      'a read at the top',
      read('/x.txt'),
      [
        {
          type: 'addRules',
          rules: [{ toolName: 'Read', ruleContent: '//x.txt' }],
          behavior: 'allow',
          destination: 'session',
        },
      ],
    ],
    [
      'an external tool',
      search,
      [
        {
          type: 'addRules',
          rules: [{ toolName: 'mcp__web__search' }],
          behavior: 'allow',
          destination: 'localSettings',
        },
      ],
    ],
  ])('about %s suggests what would settle it', async (_, call, suggestions) => {
    expect(await decide(call, inMode('default'), WORLD)).toMatchObject({ behavior: 'ask', suggestions });
  });

  test('is not asked again once its suggestions are taken', async () => {
    for (const call of [bash('npm test'), write('a.txt'), read('/data/x.txt'), write('/data/x.txt'), search]) {
      const state = inMode('default');
      const { suggestions = [] } = await decide(call, state, WORLD);
      // Suggestions are permission updates; the log's type of them is open.
      const taken = (suggestions as Parameters<typeof applyUpdate>[1][]).reduce(applyUpdate, state);
      expect(await decide(call, taken, WORLD)).toMatchObject({ behavior: 'allow' });
    }
  });

  test('is asked about a path that cannot be resolved', async () => {
    const world = {
      ...WORLD,
      resolve: (path: string) => (path === 'loop' ? Promise.reject(new Error('ELOOP')) : WORLD.resolve(path)),
    };
    expect(await decide(read('loop'), inMode('default'), world)).toMatchObject({ behavior: 'ask' });
  });
});

type BashCase = {
  id: string;
  allow: string[];
  ask: string[];
  deny: string[];
  input: { command: string };
  expected: 'allow' | 'not-allow' | 'deny';
};
// The file is ours, and its form is written in it.
const file = JSON.parse(readFileSync(new URL('../../../../attack/cases/bash.json', import.meta.url), 'utf8')) as {
  cases: BashCase[];
};

test.each(file.cases)('case $id: $input.command is decided as expected: $expected', async (each) => {
  const { behavior } = await decide(bash(each.input.command), withRules(each), WORLD);
  expect(behavior === 'allow' || behavior === each.expected ? behavior : 'not-allow').toBe(each.expected);
});
