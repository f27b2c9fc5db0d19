import { getEventListeners } from 'node:events';
import { createEmulator, stall, text, toolUse } from '@colloquy/emulator';
import { ClaudeSDKClient, Conversation, createSdkMcpServer, query, tool } from 'colloquy';
import { expect, test } from 'vitest';
import { collect, isDelta, offline, until } from './offline.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('a client that is disconnected leaves nothing on a signal that outlives it, whatever was left in the middle', async () => {
  const abortController = new AbortController();
  const other = new AbortController();
  const emulator = createEmulator({ script: [text('One.'), text('Two.'), stall({ afterEvents: 6 })] });
  const client = new ClaudeSDKClient(offline(emulator, { abortController, includePartialMessages: true }));
  await client.query('1', { signal: other.signal });
  const never = client.receiveMessages();
  const left = client.receiveMessages();
  await until(left, ({ type }) => type === 'result');
  await collect(client.receiveResponse({ signal: other.signal }));
  await client.query('2', { sessionId: 'b' });
  await client.query('3', { sessionId: 'c' });
  await until(client.receiveResponse({ sessionId: 'c', signal: other.signal }), isDelta);
  await client.disconnect();
  expect(listeners(abortController.signal)).toBe(0);
  expect(listeners(other.signal)).toBe(0);
  expect((await collect(never)).length).toBeGreaterThan(0);
});

test('a query leaves nothing on its signal: at its end, when it is left, and when nobody iterates it', async () => {
  const abortController = new AbortController();
  const work = tool('work', 'Works.', {}, async () => ({ content: [] }));
  const mcpServers = { w: createSdkMcpServer({ name: 'w', tools: [work] }) };
  const emulator = createEmulator({
    script: [toolUse('mcp__w__work'), text('Done.'), stall({ afterEvents: 6 }), text('Unheard.')],
  });
  const options = offline(emulator, {
    abortController,
    mcpServers,
    allowedTools: ['mcp__w'],
    includePartialMessages: true,
  });
  await collect(query({ prompt: 'Work', options }));
  expect(listeners(abortController.signal)).toBe(0);
  await until(query({ prompt: 'Count', options }), isDelta);
  expect(listeners(abortController.signal)).toBe(0);
  const unheard = query({ prompt: 'Talk', options });
  await unheard.initializationResult();
  await unheard.return(undefined);
  expect(listeners(abortController.signal)).toBe(0);
});

test('a conversation leaves nothing on its signals', async () => {
  const abortController = new AbortController();
  const asking = new AbortController();
  const emulator = createEmulator({ script: [text('One.'), stall({ afterEvents: 6 })] });
  const conversation = new Conversation(offline(emulator, { abortController }));
  await conversation.ask('1', { signal: asking.signal });
  for await (const _piece of conversation.askStream('2', { signal: asking.signal })) break;
  await conversation.close();
  expect(listeners(abortController.signal)).toBe(0);
  expect(listeners(asking.signal)).toBe(0);
});
