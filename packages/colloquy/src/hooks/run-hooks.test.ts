import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import type { HookEvent, HookInput } from '../options/hook-inputs.ts';
import type { HookJSONOutput } from '../options/hook-outputs.ts';
import type { HookCallback } from '../options/hooks.ts';
import type { Options } from '../options/options.ts';
import { createHookRunner, type HookHost, type HookOutcome, type HookRunner } from './run-hooks.ts';

const BASE = { session_id: 's', transcript_path: '', cwd: '/work', permission_mode: 'default' } as const;

const HOST: HookHost = {
  base: () => BASE,
  closed: new AbortController().signal,
  run: () => Promise.reject(new Error('There are no commands here')),
  late: () => {},
  tell: undefined,
};

const callbacks = (hooks: Options['hooks']): HookRunner => createHookRunner({ callbacks: hooks }, HOST);

const runnerOf = (event: HookEvent, ...hooks: HookCallback[]): HookRunner => callbacks({ [event]: [{ hooks }] });

const preToolUse = (
  runner: HookRunner,
  o?: { tool?: string; input?: unknown; signal?: AbortSignal },
): Promise<HookOutcome> =>
  runner.run(
    'PreToolUse',
    { tool_name: o?.tool ?? 'Write', tool_input: o?.input ?? {}, tool_use_id: 't1' },
    { toolUseId: 't1', signal: o?.signal ?? new AbortController().signal },
  );

/** A hook that gives an answer of any shape, as one written in JavaScript may. */
const answering =
  (answer: unknown): HookCallback =>
  async () =>
    answer as HookJSONOutput;

const deciding = (permissionDecision: unknown, more?: object): HookCallback =>
  answering({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, ...more } });

const NOTHING = { continue: true, additionalContext: [], systemMessages: [], warnings: [] };

describe('what a hook is told', () => {
  test('the base, the event and its fields, with the id of the tool use', async () => {
    const calls: [HookInput, string | undefined][] = [];
    const runner = runnerOf('PreToolUse', async (input, id) => {
      calls.push([input, id]);
      return {};
    });
    expect(await preToolUse(runner, { input: { a: 1 } })).toEqual(NOTHING);
    expect(calls).toEqual([
      [{ ...BASE, hook_event_name: 'PreToolUse', tool_name: 'Write', tool_input: { a: 1 }, tool_use_id: 't1' }, 't1'],
    ]);
  });

  test('a copy of the input: what it does to it changes nothing', async () => {
    const input = { path: 'a' };
    const runner = runnerOf('PreToolUse', async (told) => {
      if (told.hook_event_name === 'PreToolUse') Object.assign(told.tool_input as object, { path: 'b' });
      return {};
    });
    await preToolUse(runner, { input });
    expect(input).toEqual({ path: 'a' });
  });
});

describe('matchers', () => {
  const ran = async (matcher: string | undefined, tool: string): Promise<boolean> => {
    const hook = vi.fn<HookCallback>(async () => ({}));
    await preToolUse(callbacks({ PreToolUse: [{ matcher, hooks: [hook] }] }), { tool });
    return hook.mock.calls.length === 1;
  };

  test.each([
    [undefined, 'Write', true],
    ['*', 'Write', true],
    ['Write|Edit', 'Edit', true],
    ['Write|Edit', 'MultiEdit', false],
    ['Write', 'Writer', false],
    ['mcp__.*', 'mcp__a__b', true],
    ['write', 'Write', false],
    ['Edit, Write', 'Write', true],
    ['mcp__a', 'mcp__a__b', false],
    ['Note.', 'Notebook', true],
    ['^Write$', 'Writer', false],
    ['', 'Write', true],
  ])('%s and %s: %s', async (matcher, tool, expected) => {
    expect(await ran(matcher, tool)).toBe(expected);
  });

  test('one that is no regular expression stops the session before it starts', () => {
    expect(() => callbacks({ PreToolUse: [{ matcher: '(', hooks: [] }] })).toThrow(ConfigurationError);
  });

  test('an event has hooks or not', () => {
    const runner = callbacks({ Stop: [{ hooks: [async () => ({})] }], PreToolUse: [{ hooks: [] }] });
    expect([runner.has('Stop'), runner.has('PreToolUse'), runner.has('PostToolUse')]).toEqual([true, false, false]);
  });
});

describe('several hooks', () => {
  test('run at the same time', async () => {
    let open = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    const hook: HookCallback = async () => {
      if (++waiting === 2) open();
      await both;
      return {};
    };
    expect(await preToolUse(runnerOf('PreToolUse', hook, hook))).toEqual(NOTHING);
  });

  test.each([
    [['allow', 'deny', 'ask'], 'deny'],
    [['allow', 'ask'], 'ask'],
    [['allow', undefined], 'allow'],
    [[undefined], undefined],
  ])('%j together say %s', async (decisions, expected) => {
    const outcome = await preToolUse(runnerOf('PreToolUse', ...decisions.map((each) => deciding(each))));
    expect(outcome.permission?.behavior).toBe(expected);
  });

  test('give the first reason of the strictest, the last changed input, and all contexts in order', async () => {
    const outcome = await preToolUse(
      runnerOf(
        'PreToolUse',
        deciding('deny', { permissionDecisionReason: 'first', updatedInput: { n: 1 }, additionalContext: 'a' }),
        deciding('deny', { permissionDecisionReason: 'second', updatedInput: { n: 2 }, additionalContext: 'b' }),
      ),
    );
    expect(outcome).toEqual({
      ...NOTHING,
      permission: { behavior: 'deny', reason: 'first' },
      updatedInput: { n: 2 },
      additionalContext: ['a', 'b'],
    });
  });
});

describe('answers', () => {
  test('the older decision field means deny and allow before a tool', async () => {
    expect(
      (await preToolUse(runnerOf('PreToolUse', answering({ decision: 'block', reason: 'no' })))).permission,
    ).toEqual({ behavior: 'deny', reason: 'no' });
    expect((await preToolUse(runnerOf('PreToolUse', answering({ decision: 'approve' })))).permission?.behavior).toBe(
      'allow',
    );
  });

  test('elsewhere it blocks, with its reason', async () => {
    const runner = runnerOf('Stop', answering({ decision: 'block', reason: 'go on' }));
    const outcome = await runner.run('Stop', { stop_hook_active: false }, { signal: new AbortController().signal });
    expect(outcome).toEqual({ ...NOTHING, block: 'go on' });
  });

  test('continue: false ends the run, with its reason; a system message is passed on', async () => {
    const runner = runnerOf(
      'UserPromptSubmit',
      answering({ continue: false, stopReason: 'enough', systemMessage: 'told' }),
    );
    const outcome = await runner.run('UserPromptSubmit', { prompt: 'x' }, { signal: new AbortController().signal });
    expect(outcome).toEqual({ ...NOTHING, continue: false, stopReason: 'enough', systemMessages: ['told'] });
  });

  test('a changed tool output is there only when given, even as null', async () => {
    const post = (answer: unknown): Promise<HookOutcome> =>
      runnerOf('PostToolUse', answering(answer)).run(
        'PostToolUse',
        { tool_name: 'Read', tool_input: {}, tool_use_id: 't', tool_response: 'x' },
        { signal: new AbortController().signal },
      );
    expect(
      await post({ hookSpecificOutput: { hookEventName: 'PostToolUse', updatedToolOutput: null } }),
    ).toHaveProperty('updatedToolOutput', { value: null });
    expect((await post({})).updatedToolOutput).toBeUndefined();
  });

  test.each([
    ['no object', 'yes', 'A PreToolUse hook answered with something that is no object.'],
    ['a wrong flag', { continue: 'no' }, 'A PreToolUse hook answered with `continue` not being true or false.'],
    ['a wrong text', { systemMessage: 1 }, 'A PreToolUse hook answered with `systemMessage` not being a string.'],
  ])('%s is a warning and no opinion', async (_, answer, warning) => {
    expect(await preToolUse(runnerOf('PreToolUse', answering(answer)))).toEqual({ ...NOTHING, warnings: [warning] });
  });

  test.each([
    ['an unknown decision', { hookEventName: 'PreToolUse', permissionDecision: 'Deny' }],
    ['a decision for another event', { hookEventName: 'PostToolUse', permissionDecision: 'deny' }],
    [
      'a changed input that is no object',
      { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput: 'x' },
    ],
  ])('%s before a tool is a warning and asks', async (_, hookSpecificOutput) => {
    const outcome = await preToolUse(runnerOf('PreToolUse', answering({ hookSpecificOutput })));
    expect(outcome.permission?.behavior).toBe('ask');
    expect(outcome.warnings).toHaveLength(1);
  });

  test('undefined is no opinion', async () => {
    expect(await preToolUse(runnerOf('PreToolUse', answering(undefined)))).toEqual(NOTHING);
  });
});

describe('a hook that fails', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const never: HookCallback = () => new Promise(() => undefined);

  test('by an exception, thrown or rejected, is a warning and no opinion', async () => {
    const throwing: HookCallback = () => {
      throw new Error('at once');
    };
    const rejecting: HookCallback = async () => {
      throw new Error('later');
    };
    expect(await preToolUse(runnerOf('PreToolUse', throwing, rejecting))).toEqual({
      ...NOTHING,
      warnings: ['A PreToolUse hook failed: at once.', 'A PreToolUse hook failed: later.'],
    });
  });

  test('by taking too long denies the call when its time is up, though it ignores its signal', async () => {
    let told: AbortSignal | undefined;
    const hook: HookCallback = (_, _id, { signal }) => {
      told = signal;
      return new Promise(() => undefined);
    };
    const outcome = preToolUse(callbacks({ PreToolUse: [{ hooks: [hook], timeout: 2 }] }));
    await vi.advanceTimersByTimeAsync(1999);
    expect(told?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(told?.aborted).toBe(true);
    expect(await outcome).toEqual({
      ...NOTHING,
      permission: { behavior: 'deny', reason: 'A PreToolUse hook gave no answer within 2 s.' },
      warnings: ['A PreToolUse hook gave no answer in time.'],
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('elsewhere by taking longer than a minute is a warning', async () => {
    const outcome = runnerOf('Stop', never).run(
      'Stop',
      { stop_hook_active: false },
      { signal: new AbortController().signal },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await outcome).toEqual({ ...NOTHING, warnings: ['A Stop hook gave no answer in time.'] });
  });

  test('is left behind when the turn stops, and the call does not run', async () => {
    const turn = new AbortController();
    const outcome = preToolUse(runnerOf('PreToolUse', never), { signal: turn.signal });
    turn.abort(new Error('stop'));
    expect(await outcome).toEqual({
      ...NOTHING,
      permission: { behavior: 'deny', reason: 'The turn was stopped before a hook had answered.' },
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});
