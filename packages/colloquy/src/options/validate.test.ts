import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import type { Options } from './options.ts';
import { validateOptions, validatePermissionMode } from './validate.ts';

/** The message with which options are refused; `undefined` when they are accepted. Programs may pass anything. */
function refusal(options: Record<string, unknown>): string | undefined {
  try {
    validateOptions(options as Options);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

const ID = '8f14e45f-ceea-467f-9b2d-3c1a5e6f7a80';

describe('names', () => {
  test('an unknown option is refused with the nearest name', () => {
    expect(refusal({ permisionMode: 'plan' })).toBe(
      'There is no option `permisionMode`; did you mean `permissionMode`?',
    );
    expect(refusal({ max_turns: 3 })).toBe('There is no option `max_turns`; did you mean `maxTurns`?');
    expect(refusal({ temperature: 0 })).toBe('There is no option `temperature`');
    expect(refusal({ toString: 1 })).toBe('There is no option `toString`');
  });

  test('an official option that the api engine lacks is refused by name', () => {
    expect(refusal({ plugins: [] })).toBe(
      "The api engine does not support the option `plugins`; leave it out, or choose `engine: 'cli'`",
    );
  });

  test('an undefined option counts as absent, whatever its name', () => {
    expect(refusal({ agents: undefined, model: undefined, nonsense: undefined })).toBeUndefined();
  });
});

test.each<[string, unknown, string]>([
  ['abortController', {}, 'an AbortController'],
  ['allowedTools', ['Read', ''], 'an array of strings that are not empty'],
  ['allowedTools', 'Read', 'an array of strings that are not empty'],
  ['canUseTool', true, 'a function'],
  ['client', { messages: {} }, 'a client with a function messages.create()'],
  ['continue', 'yes', 'true or false'],
  ['effort', 'extreme', 'one of low, medium, high, xhigh, max'],
  ['env', { PORT: 1 }, 'an object whose values are strings'],
  ['maxBudgetUsd', 0, 'a positive finite number'],
  ['maxBudgetUsd', Number.POSITIVE_INFINITY, 'a positive finite number'],
  ['maxRetries', -1, 'a whole number, 0 or more'],
  ['maxTurns', 1.5, 'a positive whole number'],
  ['model', ' ', 'a string that is not empty'],
  ['promptQueue', 'fifo', 'one of separate, merge'],
  ['sessionId', 'math', 'a UUID'],
  [
    'systemPrompt',
    { type: 'preset', preset: 'other' },
    "a string, an array of strings, { type: 'custom', prompt }, or { type: 'preset', preset: 'claude_code', append? }",
  ],
  [
    'systemPrompt',
    { type: 'preset', preset: 'claude_code', snapshot: true },
    'a preset with nothing but `append`; the api engine does not know `snapshot`',
  ],
  [
    'thinking',
    { type: 'sometimes' },
    "{ type: 'adaptive' }, { type: 'enabled', budgetTokens? } or { type: 'disabled' }",
  ],
  ['thinking', { type: 'enabled', budgetTokens: 10 }, 'given with `budgetTokens` as a whole number of at least 1024'],
  ['timeoutMs', Number.NaN, 'a positive finite number'],
  ['tools', { preset: 'claude_code' }, "an array of tool names, or { type: 'preset', preset: 'claude_code' }"],
])('%s = %o is refused, saying what it must be', (name, value, wanted) => {
  expect(refusal({ [name]: value })).toBe(`Option \`${name}\` must be ${wanted}`);
});

test('options with every allowed form are accepted', () => {
  expect(
    refusal({
      abortController: new AbortController(),
      allowedTools: ['Bash(npm test)'],
      cwd: tmpdir(),
      effort: 'xhigh',
      env: { ANTHROPIC_API_KEY: 'k', HOME: undefined },
      hooks: { PreToolUse: [{ matcher: 'Write|Edit', hooks: [async () => ({})], timeout: 5 }], Stop: undefined },
      maxBudgetUsd: 0.5,
      maxRetries: 0,
      maxTurns: 1,
      mcpServers: { clock: { type: 'sdk', name: 'clock', version: '1.0.0', tools: [] } },
      model: 'opus',
      permissionMode: 'readOnly',
      sessionId: ID,
      systemPrompt: ['One.', 'Two.'],
      thinking: { type: 'enabled', budgetTokens: 2048 },
      tools: [],
    }),
  ).toBeUndefined();
});

describe('hooks and servers', () => {
  test('an event that does not fire, or does not exist, is named', () => {
    expect(refusal({ hooks: { PreCompact: [] } })).toContain('the api engine does not fire PreCompact');
    expect(refusal({ hooks: { PreTolUse: [] } })).toContain('there is no event PreTolUse; did you mean PreToolUse?');
  });

  test('a matcher that cannot work is named with its event', () => {
    expect(refusal({ hooks: { Stop: [{ hooks: ['echo'] }] } })).toContain(
      'Stop has one whose `hooks` is not an array of functions',
    );
    expect(refusal({ hooks: { PreToolUse: [{ matcher: '(', hooks: [] }] } })).toContain(
      '`matcher` is not a regular expression',
    );
    expect(refusal({ hooks: { PreToolUse: [{ hooks: [], timeout: 0 }] } })).toContain(
      '`timeout` is not a positive number of seconds',
    );
  });

  test('a server outside the process, or not made by createSdkMcpServer, is refused', () => {
    expect(refusal({ mcpServers: { files: { command: 'npx' } } })).toContain(
      'does not connect to servers of type stdio, such as files',
    );
    expect(refusal({ mcpServers: { files: { type: 'sdk', instance: {} } } })).toContain(
      'made by createSdkMcpServer(); files is not',
    );
    expect(refusal({ mcpServers: { 'my files': {} } })).toContain('"my files" is not');
  });
});

describe('combinations', () => {
  test('a chosen id goes with resume or continue only when forking', () => {
    expect(refusal({ sessionId: ID, resume: ID })).toContain('`sessionId` is the id of a new session');
    expect(refusal({ sessionId: ID, continue: true })).toContain('add `forkSession: true`');
    expect(refusal({ sessionId: ID, resume: ID, forkSession: true })).toBeUndefined();
    expect(refusal({ resume: ID, continue: true })).toContain('give one of them');
    expect(refusal({ resume: ID, continue: false })).toBeUndefined();
  });

  test('client and send exclude each other', () => {
    expect(refusal({ client: { messages: { create() {} } }, send: async () => {} })).toContain(
      '`client` and `send` both replace the network',
    );
  });

  test('bypassPermissions needs its own leave, and auto is refused with the reason', () => {
    expect(refusal({ permissionMode: 'bypassPermissions' })).toContain('allowDangerouslySkipPermissions: true');
    expect(refusal({ permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true })).toBeUndefined();
    expect(refusal({ permissionMode: 'auto' })).toContain('lets a model judge tool calls');
    expect(refusal({ permissionMode: 'readonly' })).toBe(
      'There is no permission mode `readonly`; did you mean `readOnly`?',
    );
    expect(() => validatePermissionMode('strict', {})).not.toThrow();
  });

  test('the working directory must be a directory', () => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-options-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), '');
    expect(refusal({ cwd: folder })).toBeUndefined();
    expect(refusal({ cwd: join(folder, 'gone') })).toContain('which does not exist');
    expect(refusal({ cwd: join(folder, 'file') })).toContain('which is not a directory');
  });

  test('a budget needs a model whose price is known', () => {
    expect(refusal({ maxBudgetUsd: 1, model: 'opus' })).toBeUndefined();
    expect(refusal({ maxBudgetUsd: 1, model: 'somebody-elses-model' })).toContain('whose price is not known');
    expect(refusal({ maxBudgetUsd: 1, env: { ANTHROPIC_MODEL: 'somebody-elses-model' } })).toContain(
      'somebody-elses-model',
    );
  });
});
