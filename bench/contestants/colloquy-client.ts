import { ClaudeSDKClient, createSdkMcpServer, type Options, tool } from 'colloquy';
import { ADD, add, type Contestant, KEY, MODEL, type OpenOptions, type Talk } from './contestant.ts';
import { TOOL_NAME } from './open-query.ts';

/** `ClaudeSDKClient`, with the tool only where a measure calls it: its schema needs zod. */
export async function openClient({ url, onDelta, withTool }: OpenOptions, more: Options): Promise<Talk> {
  const options: Options = {
    model: MODEL,
    tools: [],
    includePartialMessages: onDelta !== undefined,
    ...(withTool === true ? { allowedTools: ['mcp__bench'], mcpServers: { bench: await server() } } : {}),
    ...more,
    ...(more.engine === 'remote' ? {} : { env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY } }),
  };
  const client = new ClaudeSDKClient(options);
  await client.connect();
  return {
    async turn(prompt) {
      await client.query(prompt);
      let text = '';
      for await (const message of client.receiveResponse()) {
        if (message.type === 'stream_event' && message.event.type === 'content_block_delta') onDelta?.();
        if (message.type !== 'result') continue;
        if (message.subtype !== 'success') throw new Error(message.errors.join());
        text = message.result;
      }
      return text;
    },
    close: () => client.disconnect(),
  };
}

async function server() {
  const { z } = await import('zod');
  const sum = tool(ADD.name, ADD.description, { a: z.number(), b: z.number() }, async (input) => ({
    content: [{ type: 'text', text: add(input) }],
  }));
  return createSdkMcpServer({ name: 'bench', tools: [sum] });
}

export const contestant: Contestant = {
  title: 'Colloquy `ClaudeSDKClient`',
  kind: 'ours',
  toolName: TOOL_NAME,
  open: (o) => openClient(o, { persistSession: false }),
};
