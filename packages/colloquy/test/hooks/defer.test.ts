import { refusal, text, toolUse, toolUses } from '@colloquy/emulator';
import type { HookJSONOutput, Options } from 'colloquy';
import { expect, test } from 'vitest';
import { callOf, ECHO, newestBlocks, openHooks, recording, warnings } from './hook-scene.ts';

const decision = (permissionDecision: 'allow' | 'deny' | 'defer', more: object = {}): HookJSONOutput => ({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, ...more },
});
const defer = (): NonNullable<Options['hooks']> => recording('PreToolUse', decision('defer')).hooks ?? {};
const answering = (answer: HookJSONOutput): NonNullable<Options['hooks']> =>
  recording('PreToolUse', answer).hooks ?? {};

test('the turn ends with the call in its result, and the tool has neither run nor been answered', async () => {
  await using scene = await openHooks(callOf(), { hooks: defer(), allowedTools: ['mcp__e'] });
  const told = await scene.turn('Go');
  expect(told.at(-1)).toMatchObject({
    subtype: 'success',
    is_error: false,
    stop_reason: 'tool_deferred',
    terminal_reason: 'tool_deferred',
    deferred_tool_use: { id: expect.stringMatching(/^toolu_/), name: ECHO, input: { word: 'hi' } },
    permission_denials: [],
  });
  expect(told.some((message) => message.type === 'user')).toBe(false);
  expect(scene.said).toEqual([]);
  expect(scene.emulator.requests).toHaveLength(1);
});

test.each([
  [
    'in another process, with leave and another input',
    answering(decision('allow', { updatedInput: { word: 'ho' } })),
    'said ho',
  ],
  ['with a denial', answering(decision('deny', { permissionDecisionReason: 'No' })), 'No'],
  ['without the hook, by the rules', {}, 'This call needs approval'],
])('the next turn settles the call first: %s', async (_, hooks, result) => {
  await using scene = await openHooks([...callOf(), text('More.')], { hooks: defer() });
  await scene.turn('Go');
  await scene.reopen({ hooks });
  const told = await scene.turn('Well?');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ type: 'tool_result' }, { type: 'text', text: 'Well?' }]);
  expect(JSON.stringify(newestBlocks(scene.emulator, 1)[0])).toContain(result);
  expect(told.at(-1)).toMatchObject({ subtype: 'success', result: 'Done.', num_turns: 2 });
  expect((await scene.turn('And?')).at(-1)).toMatchObject({ result: 'More.', num_turns: 1 });
});

test('the next turn of the same session settles it too, and the callback is asked as ever', async () => {
  let isFirst = true;
  const hook = recording('PreToolUse', () => {
    const answer = isFirst ? decision('defer') : {};
    isFirst = false;
    return answer;
  });
  await using scene = await openHooks(callOf(), {
    hooks: hook.hooks,
    canUseTool: async () => ({ behavior: 'allow' }),
  });
  await scene.turn('Go');
  await scene.turn('Now');
  expect(scene.said).toEqual(['hi']);
  expect(hook.inputs).toHaveLength(2);
});

test('it may be put off again and again; the prompts wait with it', async () => {
  await using scene = await openHooks(callOf(), { hooks: defer() });
  await scene.turn('Go');
  expect((await scene.turn('Now?')).at(-1)).toMatchObject({ terminal_reason: 'tool_deferred', num_turns: 0 });
  await scene.reopen({ hooks: answering(decision('allow')) });
  await scene.turn('Now!');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([
    { type: 'tool_result', content: [{ text: 'said hi' }] },
    { text: 'Now?' },
    { text: 'Now!' },
  ]);
});

test('an interrupt settles it; a blocked prompt leaves it open', async () => {
  const asked = Promise.withResolvers<void>();
  await using scene = await openHooks(callOf(), { hooks: defer() });
  await scene.turn('Go');
  await scene.reopen({ hooks: recording('UserPromptSubmit', { decision: 'block', reason: 'No' }).hooks });
  expect((await scene.turn('Blocked')).at(-1)).toMatchObject({ result: 'No' });
  await scene.reopen({
    hooks: recording('PreToolUse', () => {
      asked.resolve();
      return new Promise<HookJSONOutput>(() => {});
    }).hooks,
  });
  const turn = scene.turn('Hangs');
  await asked.promise;
  await scene.control('interrupt', {});
  await turn;
  await scene.turn('Go on');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([
    { type: 'tool_result', is_error: true, content: 'The call was interrupted before it ran.' },
    { text: 'Hangs' },
    { text: '[Request interrupted by user]' },
    { text: 'Go on' },
  ]);
  expect(scene.said).toEqual([]);
});

test('its result outlives a turn that the model refuses', async () => {
  await using scene = await openHooks([toolUse(ECHO, { word: 'hi' }), refusal(), text('Better.')], { hooks: defer() });
  await scene.turn('Go');
  await scene.reopen({ hooks: answering(decision('allow')) });
  await scene.turn('Something bad');
  await scene.turn('Something good');
  expect(scene.said).toEqual(['hi']);
  expect(newestBlocks(scene.emulator, 2)).toMatchObject([
    { type: 'tool_result', content: [{ text: 'said hi' }] },
    { text: 'Something good' },
  ]);
});

test('a tool that is gone ends the next turn with an error, and the one after goes on', async () => {
  await using scene = await openHooks(callOf(), { hooks: defer() });
  await scene.turn('Go');
  await scene.reopen({ hooks: {}, mcpServers: {} });
  expect((await scene.turn('Now')).at(-1)).toMatchObject({
    subtype: 'success',
    is_error: true,
    stop_reason: 'tool_deferred_unavailable',
    terminal_reason: 'tool_deferred_unavailable',
  });
  expect((await scene.turn('And now')).at(-1)).toMatchObject({ result: 'Done.' });
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ type: 'tool_result', is_error: true }, {}, {}]);
});

test('a fork has the open call as well', async () => {
  await using scene = await openHooks(callOf(), { hooks: defer() });
  await scene.turn('Go');
  await scene.reopen({ hooks: answering(decision('allow')), forkSession: true });
  expect((await scene.turn('Now')).at(-1)).toMatchObject({ result: 'Done.' });
  expect(scene.said).toEqual(['hi']);
});

test('of several calls none is put off: they are asked, and people are warned', async () => {
  const calls = toolUses([
    { name: ECHO, input: { word: 'a' } },
    { name: ECHO, input: { word: 'b' } },
  ]);
  const asked: unknown[] = [];
  await using scene = await openHooks([calls, text('Done.')], {
    hooks: defer(),
    allowedTools: ['mcp__e'],
    canUseTool: async (_name, input) => {
      asked.push(input);
      return { behavior: 'allow' };
    },
  });
  const told = await scene.turn('Go');
  expect(asked).toEqual([{ word: 'a' }, { word: 'b' }]);
  expect(warnings(told)).toHaveLength(2);
  expect(told.at(-1)).toMatchObject({ result: 'Done.', terminal_reason: 'completed' });
});

test('a deny of another hook is stronger', async () => {
  const hooks = {
    PreToolUse: [...(defer().PreToolUse ?? []), ...(answering(decision('deny')).PreToolUse ?? [])],
  };
  await using scene = await openHooks(callOf(), { hooks });
  expect((await scene.turn('Go')).at(-1)).toMatchObject({ result: 'Done.', permission_denials: [{ tool_name: ECHO }] });
});
