import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { fromRuleValue, isAboutTool, isGoverned, parseRule, readRule } from './rules.ts';

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

  test.each([
    ['Read', 'Grep', true],
    ['Read', 'LS', true],
    ['Bash', 'Monitor', true],
    ['Edit', 'Write', true],
    ['Edit', 'NotebookEdit', true],
    ['Write', 'Edit', false],
    ['Read', 'Write', false],
  ])('%s with brackets governs %s: %s', (rule, name, expected) => {
    expect(isGoverned(parseRule(`${rule}(src/**)`), { name })).toBe(expected);
  });

  test.each([
    ['Task(Explore)', 'Agent'],
    ['KillShell', 'TaskStop'],
    ['KillBash', 'TaskStop'],
    ['BashOutput', 'TaskOutput'],
    ['ListMcpResources', 'ListMcpResourcesTool'],
    ['ReadMcpResource', 'ReadMcpResourceTool'],
  ])('%s is about %s, as the tool is called now', (text, name) => {
    expect(isAboutTool(parseRule(text), { name })).toBe(true);
  });
});

describe('brackets that mean nothing', () => {
  test.each([
    'WebFetch(https://example.com)',
    'WebFetch(domain:)',
    'WebFetch(domain:exa*mple.com)',
    'WebFetch(domain:example.com/path)',
    'WebFetch(domain:example.com:8080)',
    'WebSearch(x)',
    'TodoWrite(x)',
    'Unheard(x)',
    'mcp__files__read(x)',
    'Read(!secrets/**)',
    'Read(../secrets/**)',
    'Read(a\nb)',
    'Edit(a\\)',
  ])('%j is refused as an option, and known by its flaw in settings', (text) => {
    expect(() => parseRule(text)).toThrow(ConfigurationError);
    expect(readRule(text).flaw).toEqual(expect.any(String));
  });

  test.each(['SlashCommand(/x:*)', 'PowerShell(git *)', 'LSP', 'NotebookRead(src/**)'])(
    '%s, about a tool of others, is taken',
    (text) => {
      expect(readRule(text).flaw).toBeUndefined();
    },
  );
});
