import { ClaudeSDKClient, createSdkMcpServer, type Options, tool } from 'colloquy';
import { ADD, add, type Contestant, MODEL, type OpenOptions, type Talk } from './contestant.ts';

/** `ClaudeSDKClient`, with the tool only where a measure calls it: its schema needs zod. */
export async function openClient(
  { url, onDelta }: OpenOptions,
  persistSession: boolean,
  withTool: boolean,
): Promise<Talk> {
  const options: Options = {
    model: MODEL,
    persistSession,
    tools: [],
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'offline' },
    includePartialMessages: onDelta !== undefined,
    ...(withTool ? { allowedTools: ['mcp__bench'], mcpServers: { bench: await server() } } : {}),
  };
  const client = new ClaudeSDKClient(options);
  await client.connect();
  return {
    async turn(prompt) {
      await client.query(prompt);
      let text = '';
      for await (const message of client.receiveResponse()) {
        if (message.type === 'stream_event' && message.event.type === 'content_block_delta') onDelta?.();
        if (message.type === 'result') text = message.subtype === 'success' ? message.result : message.errors.join();
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

export const contestant: Contestant = { open: (o) => openClient(o, false, process.env['BENCH_TOOL'] === '1') };
