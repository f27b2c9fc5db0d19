import { status, text, toolUse } from '@colloquy/emulator';
import type { HookEvent, HookJSONOutput, Options } from 'colloquy';
import { HOOK_EVENTS, query } from 'colloquy';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callOf, ECHO, FAIL, newestBlocks, openHooks, recording, warnings } from './hook-scene.ts';

const ALLOWED: Options = { allowedTools: ['mcp__e'] };
const broken = (): never => {
  throw new Error('broken hook');
};
const hanging = (): Promise<HookJSONOutput> => new Promise(() => {});

/** For each event of a turn, what makes it fire. */
const CAUSES: readonly (readonly [HookEvent, Options])[] = [
  ['SessionStart', ALLOWED],
  ['UserPromptSubmit', ALLOWED],
  ['PreToolUse', ALLOWED],
  ['PostToolUse', ALLOWED],
  ['PostToolUseFailure', ALLOWED],
  ['PostToolBatch', ALLOWED],
  ['PermissionRequest', { canUseTool: async () => ({ behavior: 'allow' }) }],
  ['PermissionDenied', { permissionMode: 'dontAsk' }],
  ['Notification', { canUseTool: async () => ({ behavior: 'allow' }) }],
  ['TaskCreated', { ...ALLOWED, tools: ['TaskCreate'] }],
  ['CwdChanged', { tools: ['Bash'], allowedTools: ['Bash', 'mcp__e'] }],
  ['Stop', ALLOWED],
];

const script = (event: HookEvent) => {
  if (event === 'PostToolUseFailure') return [toolUse(FAIL, {}), text('Done.')];
  if (event === 'TaskCreated') return [toolUse('TaskCreate', { subject: 'a', description: 'b' }), text('Done.')];
  if (event === 'CwdChanged') return [toolUse('Bash', { command: 'mkdir in && cd in' }), text('Done.')];
  return callOf();
};

test.each(CAUSES)('%s: one that throws is a warning and has no opinion', async (event, options) => {
  const hook = recording(event, broken);
  await using scene = await openHooks(script(event), { ...options, hooks: hook.hooks });
  const messages = scene.messages();
  await scene.turn('Go');
  await scene.close();
  const told = [];
  for await (const message of messages) told.push(message);
  expect(hook.inputs).toHaveLength(1);
  expect(warnings(told)).toEqual([`A ${event} hook failed: broken hook.`]);
  expect(told.findLast(({ type }) => type === 'result')).toMatchObject({ subtype: 'success', result: 'Done.' });
});

describe('a hook that hangs', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const inTime = CAUSES.filter(([event]) => event !== 'Notification' && event !== 'CwdChanged');

  test.each(inTime)('for %s holds the turn up no longer than its time-out', async (event, options) => {
    const begun = Promise.withResolvers<void>();
    const hook = recording(event, () => {
      begun.resolve();
      return hanging();
    });
    await using scene = await openHooks(script(event), { ...options, hooks: hook.hooks });
    const turn = scene.turn('Go');
    await begun.promise;
    await vi.advanceTimersByTimeAsync(60_000);
    const told = await turn;
    expect(told.at(-1)).toMatchObject({ subtype: 'success', result: 'Done.' });
    // Before a call only a denial is safe.
    if (event === 'PreToolUse') expect(scene.said).toEqual([]);
    vi.useRealTimers();
  });
});

describe('onFailure: block', () => {
  const blocking = (event: HookEvent, options: Options): Options => {
    const { hooks } = recording(event, broken);
    return {
      ...options,
      hooks: { [event]: (hooks?.[event] ?? []).map((matcher) => ({ ...matcher, onFailure: 'block' as const })) },
    };
  };

  test('keeps a call from running', async () => {
    await using scene = await openHooks(callOf(), blocking('PreToolUse', ALLOWED));
    await scene.turn('Go');
    expect(scene.said).toEqual([]);
    expect(JSON.stringify(newestBlocks(scene.emulator, 1))).toContain('blocked by its failure: broken hook');
  });

  test('keeps a prompt from the model', async () => {
    await using scene = await openHooks(callOf(), blocking('UserPromptSubmit', ALLOWED));
    expect((await scene.turn('Go')).at(-1)).toMatchObject({ num_turns: 0 });
    expect(scene.emulator.requests).toHaveLength(0);
  });

  test('tells the model of a result that was not looked at', async () => {
    await using scene = await openHooks(callOf(), blocking('PostToolUse', ALLOWED));
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1).at(-1)?.text).toContain('blocked by its failure: broken hook');
  });

  test('denies what would be asked, and leaves the model as it is', async () => {
    await using scene = await openHooks(
      callOf(),
      blocking('PermissionRequest', { canUseTool: async () => ({ behavior: 'allow' }) }),
    );
    expect((await scene.turn('Go')).at(-1)).toMatchObject({ permission_denials: [{ tool_name: ECHO }] });
    await using other = await openHooks(callOf(), blocking('PreModelSwitch', ALLOWED));
    await expect(other.control('setModel', { model: 'haiku' })).rejects.toThrow('The model stays');
  });

  test('of a Stop that always fails, ends all the same', async () => {
    await using scene = await openHooks(
      Array.from({ length: 20 }, () => text('Done.')),
      blocking('Stop', ALLOWED),
    );
    expect((await scene.turn('Go')).at(-1)).toMatchObject({ subtype: 'success', result: 'Done.' });
    expect(scene.emulator.requests).toHaveLength(9);
  });

  test('counts for a hook that takes too long', async () => {
    const { hooks } = recording('PostToolUse', hanging);
    const slow = (hooks?.PostToolUse ?? []).map((each) => ({ ...each, timeout: 0.05, onFailure: 'block' as const }));
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: { PostToolUse: slow } });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1).at(-1)?.text).toBe('A PostToolUse hook gave no answer within 0.05 s.');
  });
});

test('a StopFailure that throws leaves the failure as it is', async () => {
  await using scene = await openHooks([status(400)], { hooks: recording('StopFailure', broken).hooks });
  expect((await scene.turn('Hi')).at(-1)).toMatchObject({ terminal_reason: 'api_error' });
});

test('a SessionEnd that throws or hangs does not keep the session open', async () => {
  for (const answer of [broken, hanging]) {
    const { hooks } = recording('SessionEnd', answer);
    const bounded = (hooks?.SessionEnd ?? []).map((matcher) => ({ ...matcher, timeout: 0.05 }));
    await using scene = await openHooks([text('Hello.')], { hooks: { SessionEnd: bounded } });
    await scene.turn('Hi');
    await expect(scene.close()).resolves.toBeUndefined();
  }
});

describe('names', () => {
  const never: readonly HookEvent[] = ['Setup', 'TeammateIdle', 'WorktreeCreate', 'WorktreeRemove', 'MessageDisplay'];
  const later: readonly HookEvent[] = [
    'UserPromptExpansion',
    'PreCompact',
    'PostCompact',
    'Elicitation',
    'ElicitationResult',
    'ConfigChange',
    'InstructionsLoaded',
  ];

  test('of events that never fire here are accepted, and they do not fire', async () => {
    const hooks = Object.assign({}, ...never.map((event) => recording(event, broken).hooks)) as Options['hooks'];
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks });
    expect(warnings(await scene.turn('Go'))).toEqual([]);
  });

  test('of events whose cause does not exist yet are refused', () => {
    for (const event of later) {
      const options = { hooks: { [event]: [] } };
      expect(() => query({ prompt: 'Hi', options })).toThrow(`the api engine does not fire ${event}`);
    }
  });

  test('all names of the official SDK are known', () => {
    expect(HOOK_EVENTS).toHaveLength(33);
    expect(HOOK_EVENTS).toEqual(expect.arrayContaining([...never, ...later, ...CAUSES.map(([event]) => event)]));
  });
});
