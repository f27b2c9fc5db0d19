import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { fromRuleValue, isAboutTool, matchRule, parseRule } from './rules.ts';

const BASH = { name: 'Bash', aliases: ['bash'] };
const READ = { name: 'read', aliases: ['Read'] };

describe('parseRule', () => {
  test('a name alone and a name with a star are the same rule', () => {
    expect(parseRule('Read')).toEqual({ tool: 'Read', specifier: undefined, text: 'Read' });
    expect(parseRule('Read(*)')).toEqual({ tool: 'Read', specifier: undefined, text: 'Read(*)' });
  });

  test('a specifier reaches from the first bracket to the last, with all brackets, stars and line ends in it', () => {
    expect(parseRule('Bash(echo "(a)" \n; f())')).toMatchObject({ tool: 'Bash', specifier: 'echo "(a)" \n; f()' });
  });

  test('a whole MCP server can be named with and without a star', () => {
    expect(parseRule('mcp__files__*').tool).toBe('mcp__files');
    expect(parseRule('mcp__files').tool).toBe('mcp__files');
  });

  test.each([
    '',
    ' ',
    '*',
    'mcp__*',
    'Read(',
    'Read(x',
    'Read()',
    'Read( )',
    '(x)',
    'Read(x) ',
    'Read x',
    'a.b',
    'Bash*',
    'mcp__a__b__*',
    'Ünix',
  ])('%j is refused', (text) => {
    expect(() => parseRule(text)).toThrow(ConfigurationError);
  });

  test('what updates carry is checked the same way', () => {
    expect(fromRuleValue({ toolName: 'Bash', ruleContent: 'ls' })).toEqual({
      tool: 'Bash',
      specifier: 'ls',
      text: 'Bash(ls)',
    });
    expect(() => fromRuleValue({ toolName: 'Bash(x', ruleContent: 'ls' })).toThrow(ConfigurationError);
  });
});

describe('a rule matches', () => {
  test('a tool by its name in either tool set', () => {
    expect(isAboutTool(parseRule('Read'), READ)).toBe(true);
    expect(isAboutTool(parseRule('read'), READ)).toBe(true);
    expect(isAboutTool(parseRule('Write'), READ)).toBe(false);
  });

  test.each([
    ['mcp__files', 'mcp__files__read', true],
    ['mcp__files', 'mcp__files2__read', false],
    ['mcp__file', 'mcp__files__read', false],
    ['mcp__files__*', 'mcp__files__read_all', true],
    ['mcp__files__read', 'mcp__files__read', true],
    ['mcp__files__read', 'mcp__files__read_all', false],
    ['mcp__files__read', 'mcp__files__read__all', false],
  ])('%s about %s: %s', (rule, name, expected) => {
    expect(isAboutTool(parseRule(rule), { name })).toBe(expected);
  });

  test('a command word for word, and nothing but it', () => {
    const rule = parseRule('Bash(npm test)');
    expect(matchRule(rule, 'allow', BASH, 'npm test')).toBe('yes');
    for (const other of [
      'npm test ',
      'npm  test',
      'npm test && x',
      'npm test\nx',
      'npm',
      'NPM TEST',
      'npm\u200b test',
    ]) {
      expect(matchRule(rule, 'allow', BASH, other)).toBe('no');
    }
  });

  test('no command for certain when it is a pattern', () => {
    for (const text of ['Bash(npm *)', 'Bash(npm:*)', 'Bash(a*b)']) {
      expect(matchRule(parseRule(text), 'allow', BASH, 'npm x')).toBe('unclear');
      expect(matchRule(parseRule(text), 'deny', BASH, 'npm x')).toBe('unclear');
    }
  });

  test('as a refusal, possibly every other command', () => {
    expect(matchRule(parseRule('Bash(rm x)'), 'deny', BASH, 'rm x')).toBe('yes');
    expect(matchRule(parseRule('Bash(rm x)'), 'deny', BASH, '(rm x)')).toBe('unclear');
  });

  test('searching tools possibly, when its paths are about reading; and writing, when they are about editing', () => {
    expect(matchRule(parseRule('Read(secrets/**)'), 'deny', { name: 'Grep' }, undefined)).toBe('unclear');
    expect(matchRule(parseRule('Edit(src/**)'), 'ask', { name: 'Write' }, undefined)).toBe('unclear');
    expect(matchRule(parseRule('Read(src/**)'), 'allow', { name: 'Grep' }, undefined)).toBe('no');
    expect(matchRule(parseRule('Read(src/**)'), 'deny', { name: 'Write' }, undefined)).toBe('no');
  });
});
