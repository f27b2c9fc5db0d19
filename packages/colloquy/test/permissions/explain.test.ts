import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, explainPermission, type PermissionQuestion } from 'colloquy';
import { createApiEngine } from 'colloquy/internal';
import { afterAll, expect, test } from 'vitest';
import { Field } from './field.ts';

const cwd = mkdtempSync(join(tmpdir(), 'colloquy-explain-'));
writeFileSync(join(cwd, 'a.txt'), 'x');
afterAll(() => rmSync(cwd, { recursive: true }));

const behaviorOf = async (question: Omit<PermissionQuestion, 'cwd'>): Promise<string> =>
  (await explainPermission({ ...question, cwd })).behavior;

test('a command is explained part by part, with the rule that spoke', async () => {
  const decision = await explainPermission({
    tool: 'Bash',
    input: { command: 'npm test && rm -rf build' },
    rules: { allow: ['Bash(npm test)'], deny: ['Bash(rm *)'] },
    cwd,
  });
  expect(decision).toMatchObject({
    behavior: 'deny',
    source: 'rule',
    rule: 'Bash(rm *)',
    parts: [
      { text: 'npm test', behavior: 'allow', rule: 'Bash(npm test)' },
      { text: 'rm -rf build', behavior: 'deny', rule: 'Bash(rm *)' },
    ],
  });
  expect(decision.reason).toContain('Bash(rm *)');
});

test('the place, the mode, the sandbox and the person count', async () => {
  const read = { tool: 'Read', input: { file_path: 'a.txt' } };
  const write = { tool: 'Write', input: { file_path: 'a.txt', content: '' } };
  expect(await behaviorOf(read)).toBe('allow');
  expect(await behaviorOf({ ...read, rules: { deny: ['Read(./a.*)'] } })).toBe('deny');
  expect(await behaviorOf({ tool: 'Read', input: { file_path: '/etc/hostname' } })).toBe('ask');
  expect(await behaviorOf({ tool: 'Read', input: { file_path: '/etc/hostname' }, canAsk: false })).toBe('deny');
  expect(await behaviorOf(write)).toBe('ask');
  expect(await behaviorOf({ ...write, mode: 'acceptEdits' })).toBe('allow');
  expect(await behaviorOf({ ...write, mode: 'bypassPermissions' })).toBe('allow');
  expect(await behaviorOf({ ...write, mode: 'dontAsk' })).toBe('deny');
  const make = { tool: 'Bash', input: { command: 'make all' } };
  expect(await behaviorOf(make)).toBe('ask');
  expect(await behaviorOf({ ...make, sandbox: 'working' })).toBe('allow');
});

test('tools that only some sessions have are known, too', async () => {
  expect(await behaviorOf({ tool: 'ToolSearch', input: { query: 'mail' } })).toBe('allow');
  expect(await behaviorOf({ tool: 'StructuredOutput', input: {} })).toBe('allow');
});

test('what was looked at is recorded with every call, also when somebody was asked', async () => {
  using field = new Field();
  const options = { allowedTools: ['Bash(true)'], persistSession: true };
  const calls = [
    ['Bash', { command: 'true; echo x' }],
    ['Bash', { command: 'true' }],
  ] as const;
  const { messages } = await field.play(calls, options, async () => ({ behavior: 'allow' }));
  const engine = createApiEngine();
  const store = await engine.store();
  const entries = await store.read(messages.at(-1)?.session_id ?? '', { after: 0, limit: 1_000 });
  const decisions = entries.flatMap((entry) => (entry.kind === 'tool_decision' ? [entry.decision] : []));
  await engine.close();
  const allowed = { text: 'true', behavior: 'allow', rule: 'Bash(true)' };
  expect(decisions).toMatchObject([
    { behavior: 'allow', source: 'callback', parts: [allowed, { text: 'echo x', behavior: 'ask' }] },
    { behavior: 'allow', source: 'rule', rule: 'Bash(true)', parts: [allowed] },
  ]);
});

test('tools of the other set and of servers are known by their names', async () => {
  expect(await behaviorOf({ tool: 'bash', input: { command: 'true' }, rules: { deny: ['Bash(true)'] } })).toBe('deny');
  expect(await behaviorOf({ tool: 'mcp__shop__buy', input: {}, rules: { allow: ['mcp__shop'] } })).toBe('allow');
});

test.each<[string, Omit<PermissionQuestion, 'cwd'>, string]>([
  ['an input that does not fit', { tool: 'Bash', input: { cmd: 'ls' } }, 'does not fit Bash'],
  ['a rule that cannot be', { tool: 'Bash', input: { command: 'ls' }, rules: { allow: ['Bash('] } }, 'Bash('],
])('%s is a ConfigurationError', async (_what, question, told) => {
  const explained = explainPermission({ ...question, cwd });
  await expect(explained).rejects.toThrow(ConfigurationError);
  await expect(explained).rejects.toThrow(told);
});
