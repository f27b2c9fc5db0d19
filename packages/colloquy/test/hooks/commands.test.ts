import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '@colloquy/emulator';
import type { HookCommand, HookEvent, Options, SDKMessage } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { baseOf, callOf, ECHO, newestBlocks, openHooks, ownTexts, recording, warnings } from './hook-scene.ts';

const ALLOWED: Options = { allowedTools: ['mcp__e'] };

function command(event: HookEvent, line: string, more: Partial<HookCommand> & { onFailure?: 'block' } = {}): Options {
  const { onFailure, ...hook } = more;
  return { settings: { hooks: { [event]: [{ onFailure, hooks: [{ type: 'command', command: line, ...hook }] }] } } };
}

const nextTick = (): Promise<void> => new Promise(setImmediate);

/** Whether a process of this machine has been started with these words. */
function isRunning(words: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words);
    } catch {
      return false;
    }
  });
}

test('a command is told the event on its input, the folder in its environment, and works there', async () => {
  const line = 'cat > told.json; echo "$CLAUDE_PROJECT_DIR|$COLLOQUY_PROJECT_DIR|$PWD" > place.txt';
  await using scene = await openHooks(callOf(), { ...ALLOWED, ...command('PreToolUse', line) });
  await scene.turn('Go');
  expect(JSON.parse(readFileSync(join(scene.cwd, 'told.json'), 'utf8'))).toEqual({
    ...baseOf(scene),
    hook_event_name: 'PreToolUse',
    tool_name: ECHO,
    tool_input: { word: 'hi' },
    tool_use_id: expect.stringMatching(/^toolu_/),
    mcp_server: { name: 'e', source: 'sdk' },
  });
  expect(readFileSync(join(scene.cwd, 'place.txt'), 'utf8')).toBe(`${scene.cwd}|${scene.cwd}|${scene.cwd}\n`);
  expect(scene.said).toEqual(['hi']);
});

describe('its answer', () => {
  test('is JSON on its output with exit code 0', async () => {
    const answer = JSON.stringify({
      hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput: { word: 'ho' } },
    });
    await using scene = await openHooks(callOf(), command('PreToolUse', `echo '${answer}'`));
    await scene.turn('Go');
    expect(scene.said).toEqual(['ho']);
  });

  test('is a block with exit code 2, and its error output is the reason', async () => {
    const line = `echo '{"decision":"approve"}'; echo 'Not on a Friday' >&2; exit 2`;
    await using scene = await openHooks(callOf(), { ...ALLOWED, ...command('PreToolUse', line) });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true, content: 'Not on a Friday' }]);
  });

  test.each<[HookEvent, object]>([
    ['UserPromptSubmit', { num_turns: 0, result: 'Stop here' }],
    ['PostToolBatch', { terminal_reason: 'hook_stopped' }],
    ['PermissionRequest', { permission_denials: [{ tool_name: ECHO }] }],
    ['Notification', { result: 'Done.' }],
  ])('exit code 2 means for %s what it can mean there', async (event, result) => {
    const options = event === 'PostToolBatch' ? ALLOWED : { canUseTool: async () => ({ behavior: 'allow' as const }) };
    await using scene = await openHooks(callOf(), { ...options, ...command(event, 'echo Stop here >&2; exit 2') });
    expect((await scene.turn('Go')).at(-1)).toMatchObject(result);
  });

  test('is a warning with any other exit code, and nothing else', async () => {
    await using scene = await openHooks(callOf(), {
      ...ALLOWED,
      ...command('PreToolUse', `echo '{"decision":"block"}'; echo oops >&2; exit 1`),
    });
    const told = await scene.turn('Go');
    expect(scene.said).toEqual(['hi']);
    expect(warnings(told)).toEqual(['A PreToolUse hook failed: its command ended with exit code 1: oops.']);
  });

  test('is a denial with any other exit code where failures block', async () => {
    await using scene = await openHooks(callOf(), {
      ...ALLOWED,
      ...command('PreToolUse', 'exit 1', { onFailure: 'block' }),
    });
    await scene.turn('Go');
    expect(scene.said).toEqual([]);
  });

  test('that is no JSON is told to the model with a prompt and at the start, and to nobody else', async () => {
    const hooks = Object.assign(
      {},
      ...(['SessionStart', 'UserPromptSubmit', 'PreToolUse', 'Stop'] as const)
        .map((event) => command(event, `echo from ${event}`).settings)
        .map((settings) => (typeof settings === 'object' ? settings.hooks : {})),
    ) as NonNullable<Exclude<Options['settings'], string | undefined>['hooks']>;
    await using scene = await openHooks([text('Hello.')], { settings: { hooks } });
    await scene.turn('Hi');
    expect(ownTexts(scene.emulator, 0)).toEqual(['from SessionStart', 'Hi', 'from UserPromptSubmit']);
  });

  test('that begins like JSON and is none is a warning', async () => {
    await using scene = await openHooks([text('Hello.')], command('UserPromptSubmit', `echo '{"decision": "bl'`));
    const told = await scene.turn('Hi');
    expect(warnings(told)).toEqual([
      'A UserPromptSubmit hook failed: the output of its command begins like JSON and cannot be read as such.',
    ]);
    expect(told.at(-1)).toMatchObject({ result: 'Hello.' });
  });

  test('without an end is bounded, and that it does not read its input does no harm', async () => {
    const line = 'exec <&-; yes | head -c 5000000';
    await using scene = await openHooks([text('Hello.')], command('UserPromptSubmit', line));
    const told = await scene.turn('x'.repeat(500_000));
    expect(told.at(-1)).toMatchObject({ result: 'Hello.' });
    expect(JSON.stringify(scene.emulator.requests[0]?.body?.messages).length).toBeLessThan(1_000_000);
  });
});

describe('its end', () => {
  test('a time-out ends it with all that it has started, and denies a call', async () => {
    await using scene = await openHooks(callOf(), {
      ...ALLOWED,
      ...command('PreToolUse', 'sleep 4711.1 & sleep 4711.1', { timeout: 0.2 }),
    });
    const told = await scene.turn('Go');
    expect(scene.said).toEqual([]);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { is_error: true, content: 'A PreToolUse hook gave no answer within 0.2 s.' },
    ]);
    expect(warnings(told)).toEqual(['A PreToolUse hook gave no answer in time.']);
    await scene.close();
    expect(isRunning('4711.1')).toBe(false);
  });

  test('an interrupt ends it', async () => {
    await using scene = await openHooks([text('Hello.')], command('UserPromptSubmit', 'touch begun; sleep 4711.2'));
    const turn = scene.turn('Hi');
    while (!existsSync(join(scene.cwd, 'begun'))) await nextTick();
    await scene.control('interrupt', {});
    expect((await turn).at(-1)).toMatchObject({ subtype: 'error_during_execution' });
    await scene.close();
    expect(isRunning('4711.2')).toBe(false);
  });

  test('what it leaves behind is ended with it', async () => {
    await using scene = await openHooks(
      [text('Hello.')],
      command('UserPromptSubmit', 'sleep 4711.3 >/dev/null 2>&1 &'),
    );
    await scene.turn('Hi');
    expect(isRunning('4711.3')).toBe(false);
  });
});

describe('in the background', () => {
  const late = `echo '{"systemMessage":"All is well","hookSpecificOutput":{"hookEventName":"PostToolUse","additionalContext":"The tests pass"}}'`;
  const wait = 'while [ ! -e go ]; do sleep 0.02; done';

  test.each([
    ['by its settings', { async: true as const }, `${wait}; ${late}`],
    ['by its first line', {}, `echo '{"async":true,"asyncTimeout":60000}'; ${wait}; ${late}`],
  ])('%s: the turn goes on, and what it says at its end is told then', async (_, more, line) => {
    await using scene = await openHooks([...callOf(), text('I see.')], {
      ...ALLOWED,
      ...command('PostToolUse', line, more),
    });
    const messages = scene.messages();
    const told = await scene.turn('Go');
    expect([told.at(-1), warnings(told)]).toMatchObject([{ result: 'Done.' }, []]);
    writeFileSync(join(scene.cwd, 'go'), '');
    for await (const message of messages)
      if (message.type === 'system' && message.subtype === 'informational') {
        expect(message.content).toBe('All is well');
        break;
      }
    await scene.turn('And?');
    expect(newestBlocks(scene.emulator, 2).map((block) => block.text)).toEqual(['The tests pass', 'And?']);
  });

  test('it is ended when its own time is up, which is told', async () => {
    const line = `echo '{"async":true,"asyncTimeout":100}'; sleep 4711.4`;
    await using scene = await openHooks(callOf(), { ...ALLOWED, ...command('PostToolUse', line) });
    const messages = scene.messages();
    await scene.turn('Go');
    for await (const message of messages)
      if (message.type === 'system' && message.subtype === 'informational') {
        expect(message.content).toContain('It did not end within 100 ms');
        break;
      }
    expect(isRunning('4711.4')).toBe(false);
  });

  test('it ends with the session', async () => {
    const line = 'touch begun; sleep 4711.5';
    await using scene = await openHooks(callOf(), { ...ALLOWED, ...command('PostToolUse', line, { async: true }) });
    await scene.turn('Go');
    while (!existsSync(join(scene.cwd, 'begun'))) await nextTick();
    await scene.close();
    expect(isRunning('4711.5')).toBe(false);
  });

  test('a callback that says so is not waited for', async () => {
    const hook = recording('PostToolUse', { async: true, asyncTimeout: 1_000 });
    await using scene = await openHooks(callOf(), { ...ALLOWED, hooks: hook.hooks });
    expect((await scene.turn('Go')).at(-1)).toMatchObject({ result: 'Done.' });
  });
});

describe('includeHookEvents', () => {
  const news = (told: readonly SDKMessage[]): unknown[] =>
    told.filter((message) => message.type === 'system' && message.subtype.startsWith('hook_'));

  test('tells the life of a command', async () => {
    const line = 'echo one; echo two >&2; sleep 0.3; echo three';
    await using scene = await openHooks(callOf(), {
      ...ALLOWED,
      ...command('PreToolUse', line),
      includeHookEvents: true,
    });
    const told = news(await scene.turn('Go'));
    const common = {
      type: 'system',
      hook_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      hook_name: `PreToolUse:${ECHO}`,
      hook_event: 'PreToolUse',
      uuid: expect.any(String),
      session_id: scene.id,
    };
    expect(told[0]).toEqual({ ...common, subtype: 'hook_started' });
    expect(told.at(-1)).toEqual({
      ...common,
      subtype: 'hook_response',
      stdout: 'one\nthree\n',
      stderr: 'two\n',
      output: 'one\nthree\ntwo\n',
      exit_code: 0,
      outcome: 'success',
    });
    for (const each of told.slice(1, -1)) expect(each).toMatchObject({ ...common, subtype: 'hook_progress' });
  });

  test.each([
    ['exit 1', {}, { exit_code: 1, outcome: 'error' }],
    ['sleep 4711.6', { timeout: 0.1 }, { outcome: 'cancelled' }],
    [`echo '{"suppressOutput":true}'`, {}, { exit_code: 0, outcome: 'success', stdout: '', output: '' }],
  ])('%s ends as it should', async (line, more, end) => {
    await using scene = await openHooks([text('Hello.')], {
      ...command('UserPromptSubmit', line, more),
      includeHookEvents: true,
    });
    const messages = scene.messages();
    await scene.turn('Hi');
    for await (const message of messages)
      if (message.type === 'system' && message.subtype === 'hook_response') {
        expect(message).toMatchObject(end);
        break;
      }
  });

  test('without it, and of callbacks, nothing is told', async () => {
    await using scene = await openHooks([text('Hello.')], command('UserPromptSubmit', 'true'));
    expect(news(await scene.turn('Hi'))).toEqual([]);
    const hook = recording('UserPromptSubmit');
    await using other = await openHooks([text('Hello.')], { hooks: hook.hooks, includeHookEvents: true });
    expect(news(await other.turn('Hi'))).toEqual([]);
  });
});

test('callbacks come before commands, and the same command is run once', async () => {
  const hook = recording('UserPromptSubmit', {
    hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext: 'callback' },
  });
  const line = { type: 'command' as const, command: 'echo command' };
  await using scene = await openHooks([text('Hello.')], {
    hooks: hook.hooks,
    settings: { hooks: { UserPromptSubmit: [{ hooks: [line] }, { hooks: [line] }] } },
  });
  await scene.turn('Hi');
  expect(ownTexts(scene.emulator, 0)).toEqual(['Hi', 'callback', 'command']);
});

test('commands may stand in the file that the option names; a project’s own settings file runs none', async () => {
  const hooks = { UserPromptSubmit: [{ hooks: [{ type: 'command', command: 'echo from the file' }] }] };
  await using scene = await openHooks([text('One.'), text('Two.')], { settingSources: ['project'] });
  mkdirSync(join(scene.cwd, '.claude'));
  writeFileSync(join(scene.cwd, '.claude', 'settings.json'), JSON.stringify({ hooks }));
  await scene.reopen({ settingSources: ['project'] });
  await scene.turn('Hi');
  expect(ownTexts(scene.emulator, 0)).toEqual(['Hi']);
  writeFileSync(join(scene.cwd, 'named.json'), JSON.stringify({ hooks }));
  await scene.reopen({ settings: 'named.json' });
  await scene.turn('Hi again');
  expect(ownTexts(scene.emulator, 1)).toEqual(['Hi again', 'from the file']);
});

test('what cannot be run is refused before anything starts', async () => {
  const refused: [unknown, string][] = [
    [{ PreToolUse: [{ hooks: [{ type: 'prompt', prompt: 'x' }] }] }, 'one of type "prompt"; only commands run here'],
    [{ PreToolUse: [{ hooks: [{ type: 'command', command: ' ' }] }] }, 'one without a command'],
    [{ PreToolUse: [{ hooks: [{ type: 'command', command: 'x', if: 'Bash(*)' }] }] }, 'one with `if`'],
    [{ PreToolUse: [{ hooks: [async () => ({})] }] }, 'something that is no object'],
    [{ PreCompact: [] }, 'the api engine does not fire PreCompact'],
  ];
  for (const [hooks, why] of refused)
    await expect(openHooks([], { settings: { hooks } as never })).rejects.toThrow(why);
});
