import { expect, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import type { PermissionUpdate } from '../options/permissions.ts';
import { parseUpdate } from './parse-update.ts';
import { applyUpdate, initialPermissions, isToolDenied, type PermissionState, withMode } from './state.ts';

const START = initialPermissions({});

const rulesOf = (state: PermissionState): string[] =>
  state.rules.map((rule) => `${rule.behavior} ${rule.text} (${rule.destination})`);

test('a session starts with the rules, folders and mode of its options', () => {
  const state = initialPermissions({
    cwd: '/home/lib',
    permissionMode: 'acceptEdits',
    allowedTools: ['Bash(ls)'],
    disallowedTools: ['Write'],
    additionalDirectories: ['lib', '/data'],
  });
  expect(state.mode).toBe('acceptEdits');
  expect(rulesOf(state)).toEqual(['deny Write (cliArg)', 'allow Bash(ls) (cliArg)']);
  expect(state.directories).toEqual(['/home/lib/lib', '/data']);
});

test('a mistyped rule, and a mode without leave, stop the session before it starts', () => {
  expect(() => initialPermissions({ allowedTools: ['Bash(ls'] })).toThrow(ConfigurationError);
  expect(() => initialPermissions({ permissionMode: 'bypassPermissions' })).toThrow('allowDangerouslySkipPermissions');
});

test('an update cannot turn on bypassPermissions without leave', () => {
  const update = { type: 'setMode', mode: 'bypassPermissions', destination: 'session' } as const;
  expect(() => applyUpdate(START, update)).toThrow(ConfigurationError);
  const free = initialPermissions({ allowDangerouslySkipPermissions: true });
  expect(applyUpdate(free, update).mode).toBe('bypassPermissions');
  expect(withMode(START, 'readOnly').mode).toBe('readOnly');
});

test('rules are added once, replaced by destination and behaviour, and removed', () => {
  const ls: PermissionUpdate = {
    type: 'addRules',
    rules: [{ toolName: 'Bash', ruleContent: 'ls' }],
    behavior: 'allow',
    destination: 'session',
  };
  const added = applyUpdate(applyUpdate(START, ls), ls);
  expect(rulesOf(added)).toEqual(['allow Bash(ls) (session)']);
  const denied = applyUpdate(added, {
    type: 'addRules',
    rules: [{ toolName: 'Write' }],
    behavior: 'deny',
    destination: 'session',
  });
  const replaced = applyUpdate(denied, {
    type: 'replaceRules',
    rules: [{ toolName: 'Read' }],
    behavior: 'allow',
    destination: 'session',
  });
  expect(rulesOf(replaced)).toEqual(['deny Write (session)', 'allow Read (session)']);
  const removed = applyUpdate(replaced, {
    type: 'removeRules',
    rules: [{ toolName: 'Read', ruleContent: '*' }],
    behavior: 'allow',
    destination: 'session',
  });
  expect(rulesOf(removed)).toEqual(['deny Write (session)']);
  expect(START.rules).toEqual([]);
});

test('folders are added once and removed; relative ones are refused', () => {
  const add: PermissionUpdate = { type: 'addDirectories', directories: ['/data/', '/data'], destination: 'session' };
  const added = applyUpdate(START, add);
  expect(added.directories).toEqual(['/data']);
  expect(applyUpdate(added, { ...add, type: 'removeDirectories' }).directories).toEqual([]);
  expect(() => applyUpdate(START, { ...add, directories: ['data'] })).toThrow('not an absolute path');
});

test('an update with one bad rule changes nothing', () => {
  const update: PermissionUpdate = {
    type: 'addRules',
    rules: [{ toolName: 'Read' }, { toolName: '' }],
    behavior: 'allow',
    destination: 'session',
  };
  expect(() => applyUpdate(START, update)).toThrow(ConfigurationError);
});

test('only a deny rule for all of a tool takes it away', () => {
  const state = initialPermissions({ disallowedTools: ['Write(*)', 'Bash(rm x)', 'mcp__files'] });
  expect(isToolDenied(state, { name: 'write', aliases: ['Write'] })).toBe(true);
  expect(isToolDenied(state, { name: 'Bash' })).toBe(false);
  expect(isToolDenied(state, { name: 'mcp__files__read' })).toBe(true);
});

test('an update from outside is read, and a wrong one is told what is wrong', () => {
  const update = {
    type: 'addRules',
    rules: [{ toolName: 'Bash', ruleContent: 'ls' }],
    behavior: 'allow',
    destination: 'session',
  };
  expect(parseUpdate({ ...update, more: 1 })).toEqual(update);
  expect(parseUpdate({ type: 'setMode', mode: 'plan', destination: 'session' })).toEqual({
    type: 'setMode',
    mode: 'plan',
    destination: 'session',
  });
  expect(parseUpdate({ type: 'addDirectories', directories: ['/a'], destination: 'session' })).toMatchObject({
    directories: ['/a'],
  });
  expect(() => parseUpdate('x')).toThrow('it is no object');
  expect(() => parseUpdate({ ...update, destination: 'here' })).toThrow('`destination` must be one of');
  expect(() => parseUpdate({ ...update, rules: [{}] })).toThrow('`toolName`');
  expect(() => parseUpdate({ ...update, rules: [{ toolName: 'Bash', ruleContent: 1 }] })).toThrow('`ruleContent`');
  expect(() => parseUpdate({ type: 'setMode', mode: 'auto', destination: 'session' })).toThrow('`mode` must be one of');
  expect(() => parseUpdate({ type: 'grow', destination: 'session' })).toThrow('there is no type "grow"');
});

test.each([
  [{ type: 'addDirectories', directories: ['/a\0b'], destination: 'session' }, 'NUL'],
  [{ type: 'addRules', rules: Array(2), behavior: 'allow', destination: 'session' }, 'each rule needs a `toolName`'],
])('an update with what is nothing is told as such: %j', (update, why) => {
  expect(() => applyUpdate(START, parseUpdate(update))).toThrow(why);
});
