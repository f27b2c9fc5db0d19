import { text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type HookCallback, type Options, type SDKMessage, tool } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newestBlocks, openScene, resultOf, sentMessages } from './scene.ts';

const ran: string[] = [];
const echo = tool('echo', 'Says it again.', { word: z.string() }, async ({ word }) => {
  ran.push(word);
  return { content: [{ type: 'text', text: `said ${word}` }] };
});

function withEcho(options: Options): Options {
  ran.length = 0;
  return { mcpServers: { e: createSdkMcpServer({ name: 'e', tools: [echo] }) }, ...options };
}

const call = (word = 'hi') => [toolUse('mcp__e__echo', { word }), text('Done.')];
const hook = (event: string, run: HookCallback): Options => ({ hooks: { [event]: [{ hooks: [run] }] } });

describe('PreToolUse', () => {
  test('a denial keeps the tool from running, whatever the rules allow, and tells the model why', async () => {
    const options = hook('PreToolUse', async () => ({
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason: 'Not today.',
      },
    }));
    await using scene = await openScene(call(), withEcho({ ...options, allowedTools: ['mcp__e'] }));
    const told = await scene.turn('Go');
    expect(ran).toEqual([]);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { type: 'tool_result', is_error: true, content: 'Not today.' },
    ]);
    expect(resultOf(told)).toMatchObject({
      permission_denials: [{ tool_name: 'mcp__e__echo', tool_input: { word: 'hi' } }],
    });
    expect(told.some((message) => message.type === 'system' && message.subtype === 'permission_denied')).toBe(false);
  });

  test('an allow spares the question, and a changed input is what runs', async () => {
    const options = hook('PreToolUse', async () => ({
      hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput: { word: 'ho' } },
    }));
    await using scene = await openScene(call(), withEcho(options));
    await scene.turn('Go');
    expect(ran).toEqual(['ho']);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ content: [{ text: 'said ho' }] }]);
  });

  test('an ask goes to canUseTool even for what a rule allows', async () => {
    const asked: unknown[] = [];
    const options = hook('PreToolUse', async () => ({
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'ask',
        permissionDecisionReason: 'Look first',
      },
    }));
    await using scene = await openScene(
      call(),
      withEcho({
        ...options,
        allowedTools: ['mcp__e'],
        canUseTool: async (name, _input, { decisionReason }) => {
          asked.push([name, decisionReason]);
          return { behavior: 'allow' };
        },
      }),
    );
    await scene.turn('Go');
    expect(asked).toEqual([['mcp__e__echo', 'Look first']]);
    expect(ran).toEqual(['hi']);
  });

  test('one that throws is told as a warning and has no opinion', async () => {
    const options = hook('PreToolUse', async () => {
      throw new Error('broken hook');
    });
    await using scene = await openScene(call(), withEcho({ ...options, allowedTools: ['mcp__e'] }));
    const told = await scene.turn('Go');
    expect(ran).toEqual(['hi']);
    expect(told).toContainEqual(expect.objectContaining({ subtype: 'informational', level: 'warning' }));
  });

  test('continue: false ends the turn, and the call gets its result', async () => {
    const options = hook('PreToolUse', async () => ({ continue: false, stopReason: 'Enough' }));
    await using scene = await openScene([...call(), text('Next.')], withEcho({ ...options, allowedTools: ['mcp__e'] }));
    expect(resultOf(await scene.turn('Go'))).toMatchObject({ subtype: 'success', terminal_reason: 'hook_stopped' });
    expect(ran).toEqual([]);
    await scene.turn('Again');
    expect(sentMessages(scene.emulator, 1).at(-1)?.content).toMatchObject([
      { type: 'tool_result', is_error: true },
      { text: 'Again' },
    ]);
  });
});

describe('PostToolUse', () => {
  test('a changed output replaces what the model and the program are told', async () => {
    const seen: unknown[] = [];
    const options = hook('PostToolUse', async (input) => {
      if (input.hook_event_name === 'PostToolUse') seen.push(input.tool_response);
      return {
        hookSpecificOutput: {
          hookEventName: 'PostToolUse',
          updatedToolOutput: 'Nothing to see',
          additionalContext: 'By the way',
        },
      };
    });
    await using scene = await openScene(call(), withEcho({ ...options, allowedTools: ['mcp__e'] }));
    const told = await scene.turn('Go');
    expect(seen).toHaveLength(1);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { content: 'Nothing to see' },
      { type: 'text', text: 'By the way' },
    ]);
    expect(told).toContainEqual(expect.objectContaining({ tool_use_result: 'Nothing to see' }));
  });
});

describe('what hooks say', () => {
  const news = (told: readonly SDKMessage[]): string[] =>
    told.flatMap((message) =>
      message.type === 'system' && message.subtype === 'informational' ? [message.content] : [],
    );

  test.each([
    ['PreToolUse', 'hook_stopped', ['Look out', 'Enough']],
    ['PostToolUse', 'hook_stopped', ['Look out']],
    ['Stop', 'stop_hook_prevented', ['Look out', 'Enough']],
  ])('of %s to people is told, and why it ended the turn but after a call', async (event, terminal_reason, said) => {
    const options = hook(event, async () => ({ systemMessage: 'Look out', continue: false, stopReason: 'Enough' }));
    await using scene = await openScene(call(), withEcho({ ...options, allowedTools: ['mcp__e'] }));
    const told = await scene.turn('Go');
    expect(resultOf(told)).toMatchObject({ subtype: 'success', terminal_reason });
    expect(news(told)).toEqual(said);
    expect(JSON.stringify(scene.emulator.requests)).not.toContain('Look out');
  });

  test('of UserPromptSubmit to people is told, and not to the model', async () => {
    const options = hook('UserPromptSubmit', async () => ({ systemMessage: 'Look out' }));
    await using scene = await openScene([text('Hello.')], options);
    expect(news(await scene.turn('Hi'))).toEqual(['Look out']);
    expect(JSON.stringify(scene.emulator.requests)).not.toContain('Look out');
  });

  test('against a result is told to the model with it', async () => {
    const options = hook('PostToolUse', async () => ({ decision: 'block', reason: 'The linter is not happy' }));
    await using scene = await openScene(call(), withEcho({ ...options, allowedTools: ['mcp__e'] }));
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { type: 'tool_result' },
      { type: 'text', text: 'The linter is not happy' },
    ]);
  });
});

describe('UserPromptSubmit', () => {
  test('a block sends nothing to the model and leaves no trace in what it is told later', async () => {
    const options = hook('UserPromptSubmit', async (input) =>
      input.hook_event_name === 'UserPromptSubmit' && input.prompt.includes('secret')
        ? { decision: 'block', reason: 'No secrets' }
        : {},
    );
    await using scene = await openScene([text('Hello.')], options);
    const told = await scene.turn('The secret is 7');
    expect(scene.emulator.requests).toHaveLength(0);
    expect(resultOf(told)).toMatchObject({ subtype: 'success', num_turns: 0, result: 'No secrets' });
    await scene.turn('Hi');
    expect(sentMessages(scene.emulator, 0)).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
  });

  test('a prompt that is interrupted before the hook has spoken is not told to the model later', async () => {
    const asked = Promise.withResolvers<void>();
    const options = hook('UserPromptSubmit', async (input) => {
      if (input.hook_event_name !== 'UserPromptSubmit' || input.prompt === 'Hi') return {};
      asked.resolve();
      return new Promise<never>(() => {});
    });
    await using scene = await openScene([text('Hello.')], options);
    const first = scene.turn('The secret is 7');
    await asked.promise;
    await scene.control('interrupt', {});
    expect(resultOf(await first)).toMatchObject({
      subtype: 'error_during_execution',
      terminal_reason: 'aborted_streaming',
      num_turns: 0,
    });
    await scene.turn('Hi');
    expect(sentMessages(scene.emulator, 0)).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
  });

  test('further context goes to the model with the prompt', async () => {
    const options = hook('UserPromptSubmit', async () => ({
      hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext: 'It is raining' },
    }));
    await using scene = await openScene([text('Hello.')], options);
    await scene.turn('Hi');
    expect(newestBlocks(scene.emulator, 0).map((block) => block.text)).toEqual(['Hi', 'It is raining']);
  });
});

describe('Stop', () => {
  test('a block goes to the model as a prompt of its own, and the next Stop says that one was active', async () => {
    const active: boolean[] = [];
    const options = hook('Stop', async (input) => {
      if (input.hook_event_name !== 'Stop') return {};
      active.push(input.stop_hook_active);
      return input.stop_hook_active ? {} : { decision: 'block', reason: 'Run the tests first' };
    });
    await using scene = await openScene([text('Done.'), text('Now really.')], options);
    const told = await scene.turn('Do it');
    expect(active).toEqual([false, true]);
    expect(newestBlocks(scene.emulator, 1)).toEqual([{ type: 'text', text: 'Run the tests first' }]);
    expect(told).toContainEqual(expect.objectContaining({ type: 'user', isSynthetic: true }));
    expect(resultOf(told)).toMatchObject({ result: 'Now really.' });
  });
});
