import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text, toolUse, toolUses } from '@colloquy/emulator';
import type { SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { newestBlocks, openScene, sentMessages } from '../turn/scene.ts';

const TASK = { description: 'Look around', prompt: 'List what is here.' };

test('a subagent works in a conversation of its own, and its report goes back as the result', async () => {
  await using scene = await openScene(
    [toolUse('Agent', TASK), toolUse('Glob', { pattern: '*' }), text('Nothing is here.'), text('All done.')],
    { tools: ['Agent', 'Glob'] },
  );
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  expect(sentMessages(scene.emulator, 1)).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: `Working directory: ${scene.cwd}` },
        { type: 'text', text: 'List what is here.' },
      ],
    },
  ]);
  // Agents start no agents.
  expect(offered(scene.emulator.requests[1]?.body)).toEqual(['Glob']);
  expect(newestBlocks(scene.emulator, 3)).toMatchObject([
    { type: 'tool_result', content: [{ type: 'text', text: 'Nothing is here.' }] },
  ]);
  expect(scene.emulator.requests[3]?.body?.messages).toHaveLength(3);
  const result = messages.at(-1);
  expect(result).toMatchObject({ type: 'result', subtype: 'success', result: 'All done.', num_turns: 2 });
  // The session pays for its subagents.
  const used = Object.values(result?.type === 'result' ? result.modelUsage : {})[0];
  expect(used?.outputTokens).toBeGreaterThan(result?.type === 'result' ? result.usage.output_tokens : 0);
});

test('of a subagent its prompt, its tool uses and their results are told, with the tool use that started it', async () => {
  await using scene = await openScene(
    [toolUse('Agent', TASK), toolUse('Glob', { pattern: '*' }), text('Nothing is here.'), text('All done.')],
    { tools: ['Agent', 'Glob'] },
  );
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  const id = toolUseIds(messages)[0];
  const nested = messages.filter((message) => 'parent_tool_use_id' in message && message.parent_tool_use_id === id);
  expect(nested).toMatchObject([
    { type: 'user', message: { content: [{ type: 'text', text: 'List what is here.' }] } },
    {
      type: 'assistant',
      subagent_type: 'general-purpose',
      task_description: 'Look around',
      message: { content: [{ type: 'tool_use', name: 'Glob' }] },
    },
    { type: 'user', message: { content: [{ type: 'tool_result' }] } },
  ]);
});

test('its beginning and its end are told as those of a task, and the session says which agents there are', async () => {
  await using scene = await openScene([toolUse('Agent', TASK), text('Nothing is here.'), text('All done.')], {
    tools: ['Agent'],
    agents: { looker: { description: 'Looks.', prompt: 'You look.' } },
  });
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  const tasks = messages.filter((message) => message.type === 'system' && message.subtype.startsWith('task_'));
  expect(tasks).toMatchObject([
    { subtype: 'task_started', description: 'Look around', task_type: 'local_agent', prompt: 'List what is here.' },
    { subtype: 'task_notification', status: 'completed', tool_use_id: toolUseIds(messages)[0] },
  ]);
  const { agents } = await scene.control('serverInfo', {});
  expect(agents.map(({ name }) => name)).toEqual(['general-purpose', 'looker']);
});

test('with forwardSubagentText what it says is told too', async () => {
  await using scene = await openScene([toolUse('Agent', TASK), text('Nothing is here.'), text('All done.')], {
    tools: ['Agent'],
    forwardSubagentText: true,
  });
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  const id = toolUseIds(messages)[0];
  expect(messages).toContainEqual(
    expect.objectContaining({
      type: 'assistant',
      parent_tool_use_id: id,
      message: expect.objectContaining({ content: [{ type: 'text', text: 'Nothing is here.' }] }),
    }),
  );
});

test('an agent of the program has its own prompt, tools, model and limit', async () => {
  await using scene = await openScene(
    [toolUse('Agent', { ...TASK, subagent_type: 'looker' }), toolUse('Glob', { pattern: '*' }), text('Sorry.')],
    {
      tools: ['Agent', 'Glob', 'Read'],
      agents: {
        looker: { description: 'Looks.', prompt: 'You look.', tools: ['Glob'], model: 'haiku', maxTurns: 1 },
      },
    },
  );
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  const body = scene.emulator.requests[1]?.body;
  expect(body?.model).toContain('haiku');
  expect(body?.system).toMatchObject([{ text: 'You look.' }]);
  expect(offered(body)).toEqual(['Glob']);
  expect(results(messages).at(-1)).toContain('limit of 1 model requests');
});

test('several agents of one answer work at the same time', async () => {
  await using scene = await openScene(
    [
      toolUses([
        { name: 'Agent', input: TASK },
        { name: 'Agent', input: TASK },
      ]),
      text('One.'),
      text('Two.'),
      text('Done.'),
    ],
    { tools: ['Agent'] },
  );
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  expect(results(messages).toSorted()).toEqual(['One.', 'Two.']);
  const log = await scene.log();
  const starts = log.filter((entry) => entry.kind === 'turn_start').map(({ seq }) => seq);
  const ends = log.filter((entry) => entry.kind === 'turn_end').map(({ seq }) => seq);
  expect(starts.length).toBe(3);
  expect(Math.max(...starts)).toBeLessThan(Math.min(...ends));
});

test('the calls of a subagent are decided like those of the session, and the callback is told whose they are', async () => {
  const asked: unknown[] = [];
  await using scene = await openScene(
    [
      toolUse('Agent', TASK),
      toolUse('Write', { file_path: 'a.txt', content: 'x' }),
      text('I may not write.'),
      text('Done.'),
    ],
    {
      tools: ['Agent', 'Write'],
      canUseTool: async (name, _input, { agentID }) => {
        asked.push({ name, agentID });
        return { behavior: 'deny', message: 'No.' };
      },
    },
  );
  await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  expect(asked).toEqual([{ name: 'Write', agentID: expect.stringMatching(/^agent-/) }]);
  expect(newestBlocks(scene.emulator, 2)).toMatchObject([{ type: 'tool_result', is_error: true, content: 'No.' }]);
});

test('a denial with interrupt ends the turn that has started the agent', async () => {
  await using scene = await openScene(
    [toolUse('Agent', TASK), toolUse('Write', { file_path: 'a.txt', content: 'x' })],
    {
      tools: ['Agent', 'Write'],
      canUseTool: async () => ({ behavior: 'deny', message: 'Stop.', interrupt: true }),
    },
  );
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  expect(messages.at(-1)).toMatchObject({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' });
  expect(scene.emulator.requests).toHaveLength(2);
});

test('an interrupt stops the subagent with its turn, and the conversation goes on', async () => {
  await using scene = await openScene(
    [toolUse('Agent', TASK), toolUse('Bash', { command: 'sleep 60' }), text('Going on.')],
    {
      tools: ['Agent', 'Bash'],
      allowedTools: ['Bash(sleep 60)'],
      canUseTool: async () => ({ behavior: 'allow' }),
      hooks: {
        PreToolUse: [
          {
            matcher: 'Bash',
            hooks: [
              async () => {
                void scene.control('interrupt', {});
                return {};
              },
            ],
          },
        ],
      },
    },
  );
  const stopped = await scene.turn('Look.');
  expect(stopped.at(-1)).toMatchObject({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' });
  const next = await scene.turn('And now?');
  rmSync(scene.cwd, { recursive: true });
  expect(next.at(-1)).toMatchObject({ subtype: 'success', result: 'Going on.' });
});

test('an agent that is not there is an error that names those that are', async () => {
  await using scene = await openScene([toolUse('Agent', { ...TASK, subagent_type: 'nobody' }), text('Oh.')], {
    tools: ['Agent'],
  });
  const messages = await scene.turn('Look.');
  rmSync(scene.cwd, { recursive: true });
  expect(results(messages)).toEqual(['There is no agent named nobody. The agents are: general-purpose.']);
});

const offered = (body: Record<string, unknown> | undefined): unknown[] =>
  Array.isArray(body?.['tools']) ? body['tools'].map((tool: { name: string }) => tool.name) : [];

const toolUseIds = (messages: readonly SDKMessage[]): string[] =>
  messages.flatMap((message) =>
    message.type === 'assistant'
      ? message.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
      : [],
  );

/** What the calls of the session itself gave. */
const results = (messages: readonly SDKMessage[]): string[] =>
  messages.flatMap((message) => {
    if (message.type !== 'user' || message.parent_tool_use_id !== null) return [];
    const { content } = message.message;
    if (typeof content === 'string') return [];
    return content.flatMap((block) => {
      if (block.type !== 'tool_result') return [];
      if (typeof block.content === 'string') return [block.content];
      return (block.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : []));
    });
  });

test.each([
  ['default', true],
  ['plan', false],
  ['dontAsk', false],
  ['readOnly', false],
] as const)('its own mode lets nothing happen that a session in %s holds back', async (permissionMode, runs) => {
  await using scene = await openScene(
    [
      toolUse('Agent', { ...TASK, subagent_type: 'writer' }),
      toolUse('Write', { file_path: 'made.txt', content: 'x' }),
      text('Done.'),
      text('All done.'),
    ],
    {
      tools: ['Agent', 'Write'],
      permissionMode,
      agents: { writer: { description: 'Writes.', prompt: 'You write.', permissionMode: 'acceptEdits' } },
    },
  );
  await scene.turn('Write.');
  const made = existsSync(join(scene.cwd, 'made.txt'));
  rmSync(scene.cwd, { recursive: true });
  expect(made).toBe(runs);
});
