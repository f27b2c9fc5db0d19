import { status, text, toolUse } from '@colloquy/emulator';
import { describe, expect, test } from 'vitest';
import {
  baseOf,
  callOf,
  ECHO,
  newestBlocks,
  openHooks,
  ownTexts,
  recording,
  textOfRequest,
  warnings,
} from './hook-scene.ts';

describe('UserPromptSubmit', () => {
  test('is told the prompt, and adds to it', async () => {
    const hook = recording('UserPromptSubmit', {
      hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext: 'It is raining' },
    });
    await using scene = await openHooks([text('Hello.')], { hooks: hook.hooks, title: 'Weather' });
    await scene.turn('Hi');
    expect(hook.inputs).toEqual([
      { ...baseOf(scene), hook_event_name: 'UserPromptSubmit', prompt: 'Hi', session_title: 'Weather' },
    ]);
    expect(ownTexts(scene.emulator, 0)).toEqual(['Hi', 'It is raining']);
  });

  test('a block makes no request, warns people, and has its reason for a result', async () => {
    const hook = recording('UserPromptSubmit', { decision: 'block', reason: 'No secrets' });
    await using scene = await openHooks([text('Hello.')], { hooks: hook.hooks });
    const told = await scene.turn('The secret is 7');
    expect(scene.emulator.requests).toHaveLength(0);
    expect(told.at(-1)).toMatchObject({ subtype: 'success', is_error: false, num_turns: 0, result: 'No secrets' });
    expect(warnings(told)).toEqual(['The prompt was blocked by a hook: No secrets\n\nThe prompt: The secret is 7']);
  });

  test('suppressOriginalPrompt keeps the text of a blocked prompt from what people are told', async () => {
    const hook = recording('UserPromptSubmit', {
      decision: 'block',
      reason: 'No secrets',
      hookSpecificOutput: { hookEventName: 'UserPromptSubmit', suppressOriginalPrompt: true },
    });
    await using scene = await openHooks([text('Hello.')], { hooks: hook.hooks });
    expect(warnings(await scene.turn('The secret is 7'))).toEqual(['The prompt was blocked by a hook: No secrets']);
  });

  test('continue: false ends the turn like a block, with its own reason', async () => {
    const hook = recording('UserPromptSubmit', { continue: false, stopReason: 'Closed on Sundays' });
    await using scene = await openHooks([text('Hello.')], { hooks: hook.hooks });
    expect((await scene.turn('Hi')).at(-1)).toMatchObject({ num_turns: 0, result: 'Closed on Sundays' });
  });

  test('sessionTitle names the session, and the next prompt is told with it', async () => {
    const hook = recording('UserPromptSubmit', (input) => ({
      hookSpecificOutput: { hookEventName: 'UserPromptSubmit', sessionTitle: `About ${String(input['prompt'])}` },
    }));
    await using scene = await openHooks([text('Hello.'), text('Hello.')], { hooks: hook.hooks });
    await scene.turn('cats');
    await scene.turn('dogs');
    expect(hook.inputs).toMatchObject([{ prompt: 'cats' }, { prompt: 'dogs', session_title: 'About cats' }]);
  });
});

describe('Stop', () => {
  test('is told the last answer, and a block goes on with its reason', async () => {
    const hook = recording('Stop', ({ stop_hook_active: active }) =>
      active === true ? {} : { decision: 'block', reason: 'Run the tests first' },
    );
    await using scene = await openHooks([text('Done.'), text('Now really.')], { hooks: hook.hooks });
    const told = await scene.turn('Do it');
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'Stop',
        stop_hook_active: false,
        last_assistant_message: 'Done.',
      },
      {
        ...baseOf(scene),
        hook_event_name: 'Stop',
        stop_hook_active: true,
        last_assistant_message: 'Now really.',
      },
    ]);
    expect(newestBlocks(scene.emulator, 1)).toEqual([{ type: 'text', text: 'Run the tests first' }]);
    expect(told).toContainEqual(expect.objectContaining({ type: 'user', isSynthetic: true }));
    expect(told.at(-1)).toMatchObject({ subtype: 'success', result: 'Now really.', terminal_reason: 'completed' });
  });

  test('further context goes on too; continue: false ends the turn for good', async () => {
    const going = recording('Stop', ({ stop_hook_active: active }) =>
      active === true ? {} : { hookSpecificOutput: { hookEventName: 'Stop', additionalContext: 'One more thing' } },
    );
    await using scene = await openHooks([text('Done.'), text('Really.')], { hooks: going.hooks });
    expect((await scene.turn('Do it')).at(-1)).toMatchObject({ result: 'Really.' });

    const ending = recording('Stop', { continue: false, decision: 'block', reason: 'More' });
    await using other = await openHooks([text('Done.')], { hooks: ending.hooks });
    expect((await other.turn('Do it')).at(-1)).toMatchObject({ terminal_reason: 'stop_hook_prevented' });
  });

  test('one that always blocks is told eight times in a row, and then no more', async () => {
    const hook = recording('Stop', { decision: 'block', reason: 'Go on' });
    await using scene = await openHooks(
      Array.from({ length: 20 }, (_, index) => text(`Answer ${index}.`)),
      { hooks: hook.hooks },
    );
    const told = await scene.turn('Do it');
    expect(scene.emulator.requests).toHaveLength(9);
    expect(told.at(-1)).toMatchObject({ subtype: 'success', result: 'Answer 8.', terminal_reason: 'completed' });
    expect(warnings(told)).toEqual(['Stop hooks have kept the turn from ending 8 times in a row; it ends now.']);
  });

  test('a tool call in between counts anew', async () => {
    const hook = recording('Stop', () => ({ decision: 'block', reason: 'Go on' }));
    const answers = Array.from({ length: 12 }, (_, index) => [toolUse(ECHO, { word: `${index}` }), text('Said.')]);
    await using scene = await openHooks([...answers.flat(), ...Array.from({ length: 20 }, () => text('Hm.'))], {
      allowedTools: ['mcp__e'],
      hooks: hook.hooks,
    });
    await scene.turn('Do it');
    expect(scene.said).toHaveLength(12);
  });
});

describe('StopFailure', () => {
  test('is told instead of Stop when the model could not be asked', async () => {
    const failure = recording('StopFailure', { continue: false });
    const stop = recording('Stop');
    await using scene = await openHooks([status(400, { message: 'bad request' })], {
      hooks: { ...failure.hooks, ...stop.hooks },
    });
    const told = await scene.turn('Hi');
    expect(failure.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'StopFailure',
        error: 'invalid_request',
        error_details: expect.stringContaining('bad request'),
      },
    ]);
    expect(stop.inputs).toEqual([]);
    expect(told.at(-1)).toMatchObject({ subtype: 'success', is_error: true, terminal_reason: 'api_error' });
  });
});

describe('SubagentStart and SubagentStop', () => {
  const agents = { helper: { description: 'Helps.', prompt: 'Help.' } };
  const start = toolUse('Agent', { description: 'd', prompt: 'Look', subagent_type: 'helper' });

  test('are told the agent, and what they say reaches it', async () => {
    const begin = recording('SubagentStart', {
      hookSpecificOutput: { hookEventName: 'SubagentStart', additionalContext: 'The key is under the mat' },
    });
    const end = recording('SubagentStop', ({ stop_hook_active: active }) =>
      active === true ? {} : { decision: 'block', reason: 'Look again' },
    );
    const stop = recording('Stop');
    await using scene = await openHooks([start, text('Nothing.'), text('Found.'), text('Done.')], {
      tools: ['Agent'],
      allowedTools: ['Agent'],
      agents,
      hooks: { ...begin.hooks, ...end.hooks, ...stop.hooks },
    });
    await scene.turn('Go');
    const agent = { agent_id: expect.stringMatching(/^agent-/), agent_type: 'helper' };
    expect(begin.inputs).toEqual([{ ...baseOf(scene), ...agent, hook_event_name: 'SubagentStart' }]);
    const common = { ...baseOf(scene), ...agent, hook_event_name: 'SubagentStop', agent_transcript_path: '' };
    expect(end.inputs).toEqual([
      { ...common, stop_hook_active: false, last_assistant_message: 'Nothing.' },
      { ...common, stop_hook_active: true, last_assistant_message: 'Found.' },
    ]);
    expect(stop.inputs).toMatchObject([{ last_assistant_message: 'Done.' }]);
    expect(textOfRequest(scene.emulator, 1)).toContain('The key is under the mat');
    expect(textOfRequest(scene.emulator, 2)).toContain('Look again');
  });

  test('hooks of calls inside an agent are told which one it is', async () => {
    const hook = recording('PreToolUse', {}, { matcher: ECHO });
    await using scene = await openHooks([start, ...callOf(), text('Done.')], {
      tools: ['Agent'],
      allowedTools: ['Agent', 'mcp__e'],
      agents,
      hooks: hook.hooks,
    });
    await scene.turn('Go');
    expect(hook.inputs).toMatchObject([{ agent_id: expect.stringMatching(/^agent-/), agent_type: 'helper' }]);
  });

  test('matchers choose among types of agents', async () => {
    const hook = recording('SubagentStart', {}, { matcher: 'other|another' });
    await using scene = await openHooks([start, text('Found.'), text('Done.')], {
      tools: ['Agent'],
      allowedTools: ['Agent'],
      agents,
      hooks: hook.hooks,
    });
    await scene.turn('Go');
    expect(hook.inputs).toEqual([]);
  });
});

describe('TaskCreated and TaskCompleted', () => {
  const create = toolUse('TaskCreate', { subject: 'Paint', description: 'The fence' });
  const complete = toolUse('TaskUpdate', { taskId: '1', status: 'completed' });
  const tools = ['TaskCreate', 'TaskUpdate', 'TaskList'];
  const task = { task_id: '1', task_subject: 'Paint', task_description: 'The fence' };

  test('are told the task', async () => {
    const created = recording('TaskCreated');
    const completed = recording('TaskCompleted');
    await using scene = await openHooks([create, complete, complete, text('Done.')], {
      tools,
      hooks: { ...created.hooks, ...completed.hooks },
    });
    await scene.turn('Go');
    expect(created.inputs).toEqual([{ ...baseOf(scene), hook_event_name: 'TaskCreated', ...task }]);
    expect(completed.inputs).toEqual([{ ...baseOf(scene), hook_event_name: 'TaskCompleted', ...task }]);
  });

  test('may keep a task from being created, and from being completed', async () => {
    const created = recording('TaskCreated', { decision: 'block', reason: 'No fences' });
    await using scene = await openHooks([create, toolUse('TaskList', {}), text('Done.')], {
      tools,
      hooks: created.hooks,
    });
    await scene.turn('Go');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { is_error: true, content: 'The task was not created: No fences' },
    ]);
    expect(JSON.stringify(newestBlocks(scene.emulator, 2))).not.toContain('Paint');

    const completed = recording('TaskCompleted', { decision: 'block', reason: 'The tests fail' });
    await using other = await openHooks([create, complete, toolUse('TaskList', {}), text('Done.')], {
      tools,
      hooks: completed.hooks,
    });
    await other.turn('Go');
    expect(newestBlocks(other.emulator, 2)).toMatchObject([
      { is_error: true, content: 'Task 1 is not completed: The tests fail' },
    ]);
    expect(JSON.stringify(newestBlocks(other.emulator, 3))).toContain('pending');
  });
});
