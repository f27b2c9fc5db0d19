import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text, toolUse, toolUses } from '@colloquy/emulator';
import { createSdkMcpServer, type SDKMessage, tool } from 'colloquy';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { newestBlocks, openScene } from '../turn/scene.ts';

const cwd = mkdtempSync(join(tmpdir(), 'colloquy-session-tools-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const structured = (messages: readonly SDKMessage[]): unknown[] =>
  messages.flatMap((message) =>
    message.type === 'user' && 'tool_use_result' in message ? [message.tool_use_result] : [],
  );
const offered = (body: Record<string, unknown> | undefined): string[] =>
  Array.isArray(body?.['tools']) ? body['tools'].map(({ name }: { name: string }) => name) : [];

test('tasks are created, linked, changed, shown and taken off, over several turns', async () => {
  await using scene = await openScene(
    [
      toolUses([
        { name: 'TaskCreate', input: { subject: 'Build', description: 'Make it compile.' } },
        { name: 'TaskCreate', input: { subject: 'Test', description: 'Run all tests.', metadata: { n: 1 } } },
      ]),
      text('Listed.'),
      toolUse('TaskUpdate', { taskId: '2', addBlockedBy: ['1'], status: 'in_progress' }),
      toolUse('TaskList', {}),
      toolUse('TaskGet', { taskId: '1' }),
      toolUse('TaskUpdate', { taskId: '1', status: 'deleted' }),
      toolUse('TaskGet', { taskId: '2' }),
      text('Done.'),
    ],
    { cwd, tools: ['TaskCreate', 'TaskGet', 'TaskUpdate', 'TaskList'] },
  );
  expect(structured(await scene.turn('Plan.'))).toEqual([
    { task: { id: '1', subject: 'Build', description: 'Make it compile.' } },
    { task: { id: '2', subject: 'Test', description: 'Run all tests.' } },
  ]);
  expect(structured(await scene.turn('Go on.'))).toEqual([
    {
      success: true,
      taskId: '2',
      updatedFields: ['status', 'blockedBy'],
      statusChange: { from: 'pending', to: 'in_progress' },
    },
    {
      tasks: [
        { id: '1', subject: 'Build', status: 'pending', blockedBy: [] },
        { id: '2', subject: 'Test', status: 'in_progress', blockedBy: ['1'] },
      ],
    },
    {
      task: {
        id: '1',
        subject: 'Build',
        description: 'Make it compile.',
        status: 'pending',
        blocks: ['2'],
        blockedBy: [],
      },
    },
    { success: true, taskId: '1', updatedFields: ['deleted'], statusChange: { from: 'pending', to: 'deleted' } },
    {
      task: {
        id: '2',
        subject: 'Test',
        description: 'Run all tests.',
        metadata: { n: 1 },
        status: 'in_progress',
        blocks: [],
        blockedBy: [],
      },
    },
  ]);
});

test.each([
  ['a task that is not there', { taskId: '7', status: 'completed' }, 'There is no task 7. The list is empty.'],
  ['a state that there is not', { taskId: '1', status: 'done' }, 'does not fit TaskUpdate'],
])('%s is told to the model', async (_what, input, told) => {
  await using scene = await openScene([toolUse('TaskUpdate', input), text('Oh.')], { cwd, tools: ['TaskUpdate'] });
  await scene.turn('Go.');
  const [block] = newestBlocks(scene.emulator, 1);
  expect(block).toMatchObject({ type: 'tool_result', is_error: true });
  expect(String(block?.content)).toContain(told);
});

test('todos are kept as a whole, and the list before is told', async () => {
  const first = [{ content: 'Look', status: 'in_progress', activeForm: 'Looking' }];
  const second = [{ content: 'Look', status: 'completed', activeForm: 'Looking' }];
  await using scene = await openScene(
    [toolUse('TodoWrite', { todos: first }), toolUse('TodoWrite', { todos: second }), text('Done.')],
    { cwd, tools: ['TodoWrite'] },
  );
  expect(structured(await scene.turn('Go.'))).toEqual([
    { oldTodos: [], newTodos: first },
    { oldTodos: first, newTodos: second },
  ]);
});

const QUESTION = {
  question: 'Which colour?',
  header: 'Colour',
  options: [
    { label: 'Red', description: 'Like fire.' },
    { label: 'Blue', description: 'Like water.' },
  ],
  multiSelect: false,
};

test('questions go to whoever is asked, whatever the rules and the mode say, and the answers to the model', async () => {
  const asked: unknown[] = [];
  await using scene = await openScene([toolUse('AskUserQuestion', { questions: [QUESTION] }), text('Blue it is.')], {
    cwd,
    tools: ['AskUserQuestion'],
    allowedTools: ['AskUserQuestion'],
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    canUseTool: async (name, input) => {
      asked.push(name, input);
      return { behavior: 'allow', updatedInput: { ...input, answers: { 'Which colour?': 'Blue' } } };
    },
  });
  const messages = await scene.turn('Paint.');
  expect(asked).toEqual(['AskUserQuestion', { questions: [QUESTION] }]);
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ content: 'Which colour?\n→ Blue' }]);
  expect(structured(messages)).toEqual([{ questions: [QUESTION], answers: { 'Which colour?': 'Blue' } }]);
});

test('questions that are let pass are an error that says how to go on', async () => {
  await using scene = await openScene([toolUse('AskUserQuestion', { questions: [QUESTION] }), text('Red then.')], {
    cwd,
    tools: ['AskUserQuestion'],
    canUseTool: async () => ({ behavior: 'allow' }),
  });
  await scene.turn('Paint.');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true }]);
});

test('where nobody can be asked, questions and planning are not offered', async () => {
  await using scene = await openScene([text('Hello.')], { cwd, tools: undefined });
  await scene.turn('Hi.');
  const names = offered(scene.emulator.requests[0]?.body);
  expect(names).toContain('Read');
  for (const name of ['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode', 'TodoWrite'])
    expect(names).not.toContain(name);
});

test('a plan that is approved ends planning, and the mode is what it was', async () => {
  const asked: string[] = [];
  await using scene = await openScene(
    [
      toolUse('EnterPlanMode', {}),
      toolUse('Write', { file_path: 'plan-a.txt', content: 'x' }),
      toolUse('ExitPlanMode', { plan: 'Write a file.' }),
      toolUse('Write', { file_path: 'plan-a.txt', content: 'x' }),
      text('Done.'),
    ],
    {
      cwd,
      tools: ['Write', 'EnterPlanMode', 'ExitPlanMode'],
      permissionMode: 'acceptEdits',
      canUseTool: async (name) => {
        asked.push(name);
        return name === 'Write' ? { behavior: 'deny', message: 'Not while planning.' } : { behavior: 'allow' };
      },
    },
  );
  const messages = await scene.turn('Go.');
  // The second Write is allowed by the mode again.
  expect(asked).toEqual(['Write', 'ExitPlanMode']);
  expect(messages.filter((message) => message.type === 'system' && message.subtype === 'status')).toMatchObject([
    { permissionMode: 'plan' },
    { permissionMode: 'acceptEdits' },
  ]);
  expect(structured(messages)[2]).toEqual({ plan: 'Write a file.', isAgent: false });
});

test('a plan that is not approved is planned on, with what the person said', async () => {
  await using scene = await openScene([toolUse('ExitPlanMode', { plan: 'Delete all.' }), text('Another one.')], {
    cwd,
    tools: ['Write', 'ExitPlanMode'],
    permissionMode: 'plan',
    canUseTool: async () => ({ behavior: 'deny', message: 'Keep the tests.' }),
  });
  const messages = await scene.turn('Go.');
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ is_error: true, content: 'Keep the tests.' }]);
  expect(messages.filter((message) => message.type === 'system' && message.subtype === 'status')).toEqual([]);
});

test('the model is told that it plans, and that planning has ended', async () => {
  await using scene = await openScene([text('One.'), text('Two.'), text('Three.')], {
    cwd,
    tools: ['Read'],
    permissionMode: 'plan',
    canUseTool: async () => ({ behavior: 'allow' }),
  });
  await scene.turn('First.');
  await scene.turn('Second.');
  await scene.control('setPermissionMode', { mode: 'default' });
  await scene.turn('Third.');
  const texts = (index: number): string => JSON.stringify(newestBlocks(scene.emulator, index));
  expect(texts(0)).toContain('You are planning');
  expect(texts(1)).not.toContain('lanning');
  expect(texts(2)).toContain('Planning has ended');
});

test('with very many tools of servers, the model looks for those it needs', async () => {
  const server = createSdkMcpServer({
    name: 'many',
    tools: Array.from({ length: 50 }, (_, n) =>
      tool(
        `weather_${n}`,
        n === 7 ? 'Says how warm the sea is.' : 'Says something else.',
        { city: z.string() },
        async () => ({
          content: [{ type: 'text', text: `It is ${n}.` }],
        }),
      ),
    ),
  });
  await using scene = await openScene(
    [
      toolUse('ToolSearch', { query: 'how warm is the sea', max_results: 1 }),
      toolUse('mcp__many__weather_7', { city: 'Bergen' }),
      text('It is seven.'),
    ],
    { cwd, tools: ['Read'], mcpServers: { many: server }, allowedTools: ['mcp__many'] },
  );
  const messages = await scene.turn('How warm is the sea?');
  const sent = scene.emulator.requests[0]?.body?.tools as { name: string; defer_loading?: boolean }[];
  expect(sent.filter(({ defer_loading }) => defer_loading !== true).map(({ name }) => name)).toEqual([
    'Read',
    'ToolSearch',
  ]);
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([
    { content: [{ type: 'tool_reference', tool_name: 'mcp__many__weather_7' }] },
  ]);
  expect(structured(messages)[0]).toEqual({
    matches: ['mcp__many__weather_7'],
    query: 'how warm is the sea',
    total_deferred_tools: 50,
  });
  expect(messages.at(-1)).toMatchObject({ result: 'It is seven.' });
});
