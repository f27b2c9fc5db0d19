import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text, toolUse, toolUses } from '@colloquy/emulator';
import type { Options } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { baseOf, callOf, ECHO, FAIL, newestBlocks, openHooks, recording, warnings } from './hook-scene.ts';

const ALLOWED: Options = { allowedTools: ['mcp__e'] };
const ID = expect.stringMatching(/^toolu_/);

describe('PreToolUse', () => {
  test('is told the call, before any rule is asked', async () => {
    const hook = recording('PreToolUse');
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: hook.hooks, effort: 'high' });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        effort: { level: 'high' },
        hook_event_name: 'PreToolUse',
        tool_name: ECHO,
        tool_input: { word: 'hi' },
        tool_use_id: ID,
        mcp_server: { name: 'e', source: 'sdk' },
      },
    ]);
    expect(hook.ids).toEqual([ID]);
    expect(scene.said).toEqual(['hi']);
  });

  test.each([
    ['a deny keeps an allowed tool from running', 'deny', ALLOWED, []],
    ['an allow needs no rule', 'allow', {}, ['hi']],
    ['an allow does not lift a deny rule', 'allow', { disallowedTools: ['mcp__e__echo(x)', 'mcp__e__echo'] }, []],
    ['an ask denies where nobody can be asked', 'ask', ALLOWED, []],
  ] as const)('%s', async (_, permissionDecision, options, said) => {
    const hook = recording('PreToolUse', { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision } });
    const { disallowedTools } = { disallowedTools: undefined, ...options };
    await using scene = await openHooks(callOf(), {
      ...('allowedTools' in options ? options : {}),
      ...(disallowedTools === undefined ? {} : { disallowedTools: [ECHO] }),
      hooks: hook.hooks,
    });
    await scene.turn('Go');
    expect(scene.said).toEqual(said);
  });

  test('an ask goes to the callback with its reason, although a rule allows the call', async () => {
    const asked: unknown[] = [];
    const hook = recording('PreToolUse', {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'ask',
        permissionDecisionReason: 'Look first',
      },
    });
    await using scene = await openHooks(callOf(), {
      ...ALLOWED,
      hooks: hook.hooks,
      canUseTool: async (_name, _input, { decisionReason }) => {
        asked.push(decisionReason);
        return { behavior: 'allow' };
      },
    });
    await scene.turn('Go');
    expect([asked, scene.said]).toEqual([['Look first'], ['hi']]);
  });

  test('a changed input is what runs, and the answer of the model stays as it was', async () => {
    const hook = recording('PreToolUse', {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'allow',
        updatedInput: { word: 'ho' },
        additionalContext: 'Mind the step',
      },
    });
    await using scene = await openHooks(callOf(), { hooks: hook.hooks });
    const told = await scene.turn('Go');
    expect(scene.said).toEqual(['ho']);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'assistant',
        message: expect.objectContaining({ content: [expect.objectContaining({ input: { word: 'hi' } })] }),
      }),
    );
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { type: 'tool_result', content: [{ text: 'said ho' }] },
      { type: 'text', text: 'Mind the step' },
    ]);
  });

  test('an older name of a tool in a matcher finds it by its aliases', async () => {
    const hook = recording('PreToolUse', {}, { matcher: 'Task' });
    const agents = { helper: { description: 'Helps.', prompt: 'Help.' } };
    await using scene = await openHooks(
      [toolUse('Agent', { description: 'd', prompt: 'p', subagent_type: 'helper' }), text('Helped.'), text('Done.')],
      { tools: ['Agent'], allowedTools: ['Agent'], agents, hooks: hook.hooks },
    );
    await scene.turn('Go');
    expect(hook.inputs).toHaveLength(1);
  });
});

describe('PostToolUse', () => {
  test('is told the call and its result, and what it says replaces both', async () => {
    const hook = recording('PostToolUse', {
      hookSpecificOutput: {
        hookEventName: 'PostToolUse',
        updatedToolOutput: 'Nothing to see',
        additionalContext: 'By the way',
      },
    });
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: hook.hooks });
    const told = await scene.turn('Go');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'PostToolUse',
        tool_name: ECHO,
        tool_input: { word: 'hi' },
        tool_use_id: ID,
        tool_response: [{ type: 'text', text: 'said hi' }],
        duration_ms: expect.any(Number),
      },
    ]);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { type: 'tool_result', content: 'Nothing to see' },
      { type: 'text', text: 'By the way' },
    ]);
    expect(told).toContainEqual(expect.objectContaining({ tool_use_result: 'Nothing to see' }));
  });

  test('the older name of a changed output counts for tools of MCP servers', async () => {
    const hook = recording('PostToolUse', {
      hookSpecificOutput: { hookEventName: 'PostToolUse', updatedMCPToolOutput: 'Hidden' },
    });
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: hook.hooks });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ content: 'Hidden' }]);
  });

  test('a block is told to the model beside the result, and continue: false ends the turn', async () => {
    const blocking = recording('PostToolUse', { decision: 'block', reason: 'The linter is not happy' });
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: blocking.hooks });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1).at(-1)).toEqual({ type: 'text', text: 'The linter is not happy' });

    const stopping = recording('PostToolUse', { continue: false, stopReason: 'Enough' });
    await using other = await openHooks(callOf(), { ...ALLOWED, hooks: stopping.hooks });
    const told = await other.turn('Go');
    expect(told.at(-1)).toMatchObject({ subtype: 'success', result: '', terminal_reason: 'hook_stopped' });
    expect(warnings(told)).toEqual([]);
    expect(other.emulator.requests).toHaveLength(1);
  });
});

describe('PostToolUseFailure', () => {
  test('is told why a tool failed, and PostToolUse is not told of it', async () => {
    const failure = recording('PostToolUseFailure', {
      hookSpecificOutput: { hookEventName: 'PostToolUseFailure', additionalContext: 'Try the other one' },
    });
    const post = recording('PostToolUse');
    await using scene = await openHooks([toolUse(FAIL, {}), text('Done.')], {
      ...ALLOWED,
      hooks: { ...failure.hooks, ...post.hooks },
    });
    await scene.turn('Go');
    expect(failure.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'PostToolUseFailure',
        tool_name: FAIL,
        tool_input: {},
        tool_use_id: ID,
        error: expect.stringContaining('out of order'),
        is_interrupt: false,
        duration_ms: expect.any(Number),
      },
    ]);
    expect(post.inputs).toEqual([]);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true }, { text: 'Try the other one' }]);
  });

  test('of a call that was interrupted says so, and a hook that hangs does not hold the interrupt up', async () => {
    const told = Promise.withResolvers<unknown>();
    const hook = recording('PostToolUseFailure', (input) => {
      told.resolve(input['is_interrupt']);
      return new Promise(() => {});
    });
    await using scene = await openHooks([toolUse('Bash', { command: 'touch begun; sleep 30' }), text('Done.')], {
      tools: ['Bash'],
      allowedTools: ['Bash'],
      hooks: hook.hooks,
    });
    const turn = scene.turn('Go');
    await scene.emulator.nextRequest();
    while (!existsSync(join(scene.cwd, 'begun'))) await new Promise(setImmediate);
    await scene.control('interrupt', {});
    expect(await told.promise).toBe(true);
    expect((await turn).at(-1)).toMatchObject({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' });
  });
});

describe('PostToolBatch', () => {
  const batch = [
    toolUses([
      { name: ECHO, input: { word: 'a' } },
      { name: FAIL, input: {} },
    ]),
    text('Done.'),
  ];

  test('is told all calls of an answer, once, with what the model will be told', async () => {
    const hook = recording('PostToolBatch', {
      hookSpecificOutput: { hookEventName: 'PostToolBatch', additionalContext: 'Two were made' },
    });
    await using scene = await openHooks(batch, { ...ALLOWED, hooks: hook.hooks });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'PostToolBatch',
        tool_calls: [
          {
            tool_name: ECHO,
            tool_input: { word: 'a' },
            tool_use_id: ID,
            tool_response: [{ type: 'text', text: 'said a' }],
          },
          { tool_name: FAIL, tool_input: {}, tool_use_id: ID, tool_response: expect.anything() },
        ],
      },
    ]);
    expect(newestBlocks(scene.emulator, 1).at(-1)).toEqual({ type: 'text', text: 'Two were made' });
  });

  test.each([
    ['a block', { decision: 'block', reason: 'Not further' } as const],
    ['continue: false', { continue: false, stopReason: 'Not further' }],
  ])('%s ends the turn before the model is asked again', async (_, answer) => {
    const hook = recording('PostToolBatch', answer);
    await using scene = await openHooks([...batch, text('Next.')], { ...ALLOWED, hooks: hook.hooks });
    const told = await scene.turn('Go');
    expect(told.at(-1)).toMatchObject({ subtype: 'success', terminal_reason: 'hook_stopped' });
    expect(warnings(told)).toEqual(['Not further']);
    expect(scene.emulator.requests).toHaveLength(1);
  });
});

describe('PermissionRequest', () => {
  const decided = (decision: object) => ({
    hookSpecificOutput: { hookEventName: 'PermissionRequest' as const, decision },
  });

  test('is told what is about to be asked, and spares the question', async () => {
    let asked = 0;
    const hook = recording('PermissionRequest', decided({ behavior: 'allow', updatedInput: { word: 'ho' } }) as never);
    await using scene = await openHooks(callOf(), {
      hooks: hook.hooks,
      canUseTool: async () => {
        asked += 1;
        return { behavior: 'allow' };
      },
    });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'PermissionRequest',
        tool_name: ECHO,
        tool_input: { word: 'hi' },
        permission_suggestions: [expect.objectContaining({ type: 'addRules', behavior: 'allow' })],
      },
    ]);
    expect([asked, scene.said]).toEqual([0, ['ho']]);
  });

  test('answers where nobody else could, and its updates hold from then on', async () => {
    const updates = [{ type: 'addRules', rules: [{ toolName: ECHO }], behavior: 'allow', destination: 'session' }];
    const hook = recording('PermissionRequest', decided({ behavior: 'allow', updatedPermissions: updates }) as never);
    await using scene = await openHooks([...callOf('one'), ...callOf('two')], { hooks: hook.hooks });
    await scene.turn('Go');
    await scene.turn('Again');
    expect([scene.said, hook.inputs.length]).toEqual([['one', 'two'], 1]);
  });

  test('an allow with another input does not pass a deny rule by', async () => {
    const hook = recording(
      'PermissionRequest',
      decided({ behavior: 'allow', updatedInput: { command: 'echo no' } }) as never,
    );
    await using scene = await openHooks([toolUse('Bash', { command: 'mkdir x' }), text('Done.')], {
      tools: ['Bash'],
      disallowedTools: ['Bash(echo *)'],
      hooks: hook.hooks,
    });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true }]);
    expect(JSON.stringify(newestBlocks(scene.emulator, 1))).toContain('Bash(echo *)');
  });

  test('a denial is told to the model, and may end the turn', async () => {
    const hook = recording('PermissionRequest', decided({ behavior: 'deny', message: 'Not today' }) as never);
    await using scene = await openHooks(callOf(), { hooks: hook.hooks });
    const told = await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true, content: 'Not today' }]);
    expect(told.at(-1)).toMatchObject({ permission_denials: [{ tool_name: ECHO }] });

    const ending = recording('PermissionRequest', decided({ behavior: 'deny', interrupt: true }) as never);
    await using other = await openHooks(callOf(), { hooks: ending.hooks });
    expect((await other.turn('Go')).at(-1)).toMatchObject({
      subtype: 'error_during_execution',
      terminal_reason: 'aborted_tools',
    });
  });

  test('without an opinion, or with one that cannot be understood, the callback is asked', async () => {
    for (const answer of [{}, decided({ behavior: 'perhaps' })]) {
      const hook = recording('PermissionRequest', answer as never);
      await using scene = await openHooks(callOf(), {
        hooks: hook.hooks,
        canUseTool: async () => ({ behavior: 'deny', message: 'No' }),
      });
      await scene.turn('Go');
      expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true, content: 'No' }]);
    }
  });
});

describe('PermissionDenied', () => {
  test('is told a denial that no person made, and may tell the model to try again', async () => {
    const hook = recording('PermissionDenied', {
      hookSpecificOutput: { hookEventName: 'PermissionDenied', retry: true },
    });
    await using scene = await openHooks(callOf(), { permissionMode: 'dontAsk', hooks: hook.hooks });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        permission_mode: 'dontAsk',
        hook_event_name: 'PermissionDenied',
        tool_name: ECHO,
        tool_input: { word: 'hi' },
        tool_use_id: ID,
        reason: expect.stringContaining('dontAsk'),
      },
    ]);
    expect(JSON.stringify(newestBlocks(scene.emulator, 1))).toContain('You may try this call again.');
  });

  test('may end the turn', async () => {
    const hook = recording('PermissionDenied', { continue: false, stopReason: 'Enough' });
    await using scene = await openHooks(callOf(), { permissionMode: 'dontAsk', hooks: hook.hooks });
    const told = await scene.turn('Go');
    expect([told.at(-1), warnings(told)]).toMatchObject([{ terminal_reason: 'hook_stopped' }, ['Enough']]);
  });

  test('is not told what a person or a hook has denied', async () => {
    const hook = recording('PermissionDenied');
    await using scene = await openHooks(callOf(), {
      hooks: hook.hooks,
      canUseTool: async () => ({ behavior: 'deny', message: 'No' }),
    });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([]);
  });
});

describe('CwdChanged', () => {
  test('is told when a command has left the folder, and later hooks are told the new one', async () => {
    const hook = recording('CwdChanged');
    const pre = recording('PreToolUse');
    await using scene = await openHooks(
      [toolUse('Bash', { command: 'cd inner' }), toolUse('Bash', { command: 'pwd' }), text('Done.')],
      { tools: ['Bash'], allowedTools: ['Bash'], hooks: { ...hook.hooks, ...pre.hooks } },
    );
    const inner = join(scene.cwd, 'inner');
    mkdirSync(inner);
    await scene.turn('Go');
    expect(hook.inputs).toEqual([
      { ...baseOf(scene), cwd: inner, hook_event_name: 'CwdChanged', old_cwd: scene.cwd, new_cwd: inner },
    ]);
    expect(pre.inputs).toMatchObject([{ cwd: scene.cwd }, { cwd: inner }]);
  });
});
