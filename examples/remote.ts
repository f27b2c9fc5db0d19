// Lets a Colloquy server run the conversation; a tool of this program runs here. Without --offline: COLLOQUY_URL and COLLOQUY_API_KEY.
//   node --conditions=colloquy-source examples/remote.ts --offline
import assert from 'node:assert/strict';
import { text, toolUse } from '@colloquy/emulator';
import { Conversation, createSdkMcpServer, type ServerConnection, tool } from 'colloquy';
import { z } from 'zod';
import { fromArgs } from './from-args.ts';

const simulated = await fromArgs([toolUse('mcp__shop__stock', { item: 'tea' }), text('There are 12 packets of tea.')]);
await using local = simulated.send === undefined ? undefined : await startServer();

const asked: string[] = [];
const stock = tool('stock', 'How much there is of an item', { item: z.string() }, async ({ item }) => {
  asked.push(item);
  return { content: [{ type: 'text', text: '12' }] };
});

await using conversation = new Conversation({
  engine: 'remote',
  server: local?.connection ?? { url: process.env['COLLOQUY_URL'] ?? '', key: process.env['COLLOQUY_API_KEY'] },
  mcpServers: { shop: createSdkMcpServer({ name: 'shop', tools: [stock] }) },
  allowedTools: ['mcp__shop__stock'],
});

for await (const piece of conversation.askStream('How much tea is there?')) process.stdout.write(piece);
console.log();
assert.deepEqual(asked, ['tea']);
assert.match(conversation.history.at(-1)?.text ?? '', /12/);

/** A server in this process, with a key for this program. */
async function startServer(): Promise<{ connection: ServerConnection } & AsyncDisposable> {
  const { serve } = await import('@colloquy/server');
  const key = 'example-key-0123456789-0123456789';
  const server = await serve({
    cwd: process.cwd(),
    model: 'claude-opus-5-5',
    endpoint: 'the emulator',
    simulated: true,
    adminKey: key,
    sessionDefaults: { send: simulated.send },
  });
  return { connection: { url: server.url, key }, [Symbol.asyncDispose]: () => server.close() };
}
