import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, text, toolUse, toolUses } from '@colloquy/emulator';
import {
  type CanUseTool,
  ClaudeSDKClient,
  createSdkMcpServer,
  type Options,
  query,
  type SDKMessage,
  tool,
} from 'colloquy';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { collect, newFolder, offline } from './offline.ts';

const TOOLS = ['Read', 'Write', 'Bash'];

/** A folder with a file, and one answer that reads it, writes another and runs a command. */
function scene() {
  const cwd = newFolder();
  writeFileSync(join(cwd, 'notes.txt'), 'seven\n');
  const emulator = createEmulator({
    script: [
      toolUses([
        { name: 'Read', input: { file_path: join(cwd, 'notes.txt') } },
        { name: 'Write', input: { file_path: join(cwd, 'new.txt'), content: 'new' } },
        { name: 'Bash', input: { command: 'touch ran' } },
      ]),
      text('Done'),
    ],
  });
  return { cwd, emulator, done: (name: string): boolean => existsSync(join(cwd, name)) };
}

/** What was asked, and what became of each call: `true` if it was refused. */
async function play(
  options: Options,
  prompt = 'Do it',
): Promise<{ asked: string[]; refused: boolean[]; messages: SDKMessage[] }> {
  const asked: string[] = [];
  const { canUseTool } = options;
  const noting: CanUseTool = (name, input, o) => {
    asked.push(name);
    return canUseTool === undefined ? Promise.resolve({ behavior: 'allow' }) : canUseTool(name, input, o);
  };
  const messages = await collect(query({ prompt, options: { ...options, canUseTool: noting } }));
  return { asked, refused: messages.flatMap(resultsOf), messages };
}

function resultsOf(message: SDKMessage): boolean[] {
  if (message.type !== 'user' || typeof message.message.content === 'string') return [];
  return message.message.content.flatMap((block) => (block.type === 'tool_result' ? [block.is_error === true] : []));
}

test('askForEdits reads without asking, and asks before it changes anything', async () => {
  const { cwd, emulator, done } = scene();
  const { asked, refused } = await play(offline(emulator, { cwd, tools: TOOLS, permissionMode: 'askForEdits' }));
  expect(asked).toEqual(['Write', 'Bash']);
  expect(refused).toEqual([false, false, false]);
  expect([done('new.txt'), done('ran')]).toEqual([true, true]);
});

test('readOnly denies what is not reading, and asks nobody', async () => {
  const { cwd, emulator, done } = scene();
  const { asked, refused, messages } = await play(offline(emulator, { cwd, tools: TOOLS, permissionMode: 'readOnly' }));
  expect(asked).toEqual([]);
  expect(refused).toEqual([false, true, true]);
  expect([done('new.txt'), done('ran')]).toEqual([false, false]);
  expect(messages.at(-1)).toMatchObject({ permission_denials: [{ tool_name: 'Write' }, { tool_name: 'Bash' }] });
  expect(messages[0]).toMatchObject({ permissionMode: 'default', colloquy_mode: 'readOnly' });
});

test('strict asks before every call, reads too', async () => {
  const { cwd, emulator } = scene();
  const { asked } = await play(offline(emulator, { cwd, tools: TOOLS, permissionMode: 'strict' }));
  expect(asked.toSorted()).toEqual(['Bash', 'Read', 'Write']);
});

test('acceptEdits writes without asking, and asks before a command that no sandbox holds', async () => {
  const { cwd, emulator } = scene();
  const sandbox = { enabled: false };
  const { asked } = await play(offline(emulator, { cwd, tools: TOOLS, permissionMode: 'acceptEdits', sandbox }));
  expect(asked).toEqual(['Bash']);
});

test('bypassPermissions asks nothing, with its own leave', async () => {
  const { cwd, emulator, done } = scene();
  const options = offline(emulator, {
    cwd,
    tools: TOOLS,
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
  });
  const { asked } = await play(options);
  expect(asked).toEqual([]);
  expect([done('new.txt'), done('ran')]).toEqual([true, true]);
});

test('where nobody can be asked, what would have to be asked is denied, and told', async () => {
  const { cwd, emulator, done } = scene();
  const messages = await collect(query({ prompt: 'Do it', options: offline(emulator, { cwd, tools: TOOLS }) }));
  expect(messages.flatMap(resultsOf)).toEqual([false, true, true]);
  expect([done('new.txt'), done('ran')]).toEqual([false, false]);
  const told = messages.filter((message) => message.type === 'system' && message.subtype === 'permission_denied');
  expect(told).toMatchObject([{ tool_name: 'Write' }, { tool_name: 'Bash' }]);
});

test('rules allow and deny by name, and an exact command', async () => {
  const { cwd, emulator, done } = scene();
  const options = offline(emulator, {
    cwd,
    tools: TOOLS,
    allowedTools: ['Bash(touch ran)'],
    disallowedTools: ['Write'],
  });
  const { asked } = await play(options);
  expect(asked).toEqual([]);
  expect([done('new.txt'), done('ran')]).toEqual([false, true]);
});

test('canUseTool works with a string prompt: it may change the input, or deny with a reason for the model', async () => {
  const { cwd, emulator, done } = scene();
  const canUseTool: CanUseTool = async (name, input) => {
    if (name === 'Write') return { behavior: 'allow', updatedInput: { ...input, content: 'changed' } };
    return { behavior: 'deny', message: 'No commands today' };
  };
  const { refused, messages } = await play(offline(emulator, { cwd, tools: TOOLS, canUseTool }));
  expect(refused).toEqual([false, false, true]);
  expect(readFileSync(join(cwd, 'new.txt'), 'utf8')).toBe('changed');
  expect(done('ran')).toBe(false);
  expect(JSON.stringify(emulator.requests[1]?.messages.at(-1))).toContain('No commands today');
  expect(messages.at(-1)).toMatchObject({ permission_denials: [{ tool_name: 'Bash' }] });
});

test('a denial may end the turn', async () => {
  const { cwd, emulator } = scene();
  const canUseTool: CanUseTool = async () => ({ behavior: 'deny', message: 'Stop', interrupt: true });
  await using client = new ClaudeSDKClient(offline(emulator, { cwd, tools: TOOLS, canUseTool }));
  await client.query('Do it');
  const result = (await collect(client.receiveResponse())).at(-1);
  expect(result).toMatchObject({ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' });
  expect(emulator.requests).toHaveLength(1);
});

test('the mode can be changed between turns, and counts at once', async () => {
  const { cwd, emulator, done } = scene();
  emulator.script(toolUse('Bash', { command: 'touch again' }), text('Done'));
  await using client = new ClaudeSDKClient(
    offline(emulator, { cwd, tools: TOOLS, permissionMode: 'readOnly', allowedTools: ['Bash'] }),
  );
  await client.query('Do it');
  await collect(client.receiveResponse());
  expect([done('new.txt'), done('ran')]).toEqual([false, false]);
  await client.setPermissionMode('default');
  await client.query('Do it');
  await collect(client.receiveResponse());
  expect(done('again')).toBe(true);
});

test('a tool of the program runs with parsed arguments, and its failure is told to the model', async () => {
  const add = tool('add', 'Adds', { a: z.number(), b: z.number() }, async ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  const fail = tool('fail', 'Fails', {}, async () => {
    throw new Error('out of order');
  });
  const script = [
    toolUses([
      { name: 'mcp__calc__add', input: { a: 2, b: 3 } },
      { name: 'mcp__calc__add', input: { a: 'x' } },
      { name: 'mcp__calc__fail' },
    ]),
    text('5'),
  ];
  const emulator = createEmulator({ script });
  const mcpServers = { calc: createSdkMcpServer({ name: 'calc', tools: [add, fail] }) };
  const run = query({ prompt: 'Add', options: offline(emulator, { mcpServers, allowedTools: ['mcp__calc'] }) });
  expect(await run.mcpServerStatus()).toMatchObject([
    { name: 'calc', status: 'connected', tools: [{ name: 'add' }, { name: 'fail' }] },
  ]);
  const messages = await collect(run);
  expect(messages.flatMap(resultsOf)).toEqual([false, true, true]);
  const results = JSON.stringify(emulator.requests[1]?.messages.at(-1));
  expect(results).toContain('"5"');
  expect(results).toContain('out of order');
});
