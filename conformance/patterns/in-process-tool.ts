import { createSdkMcpServer, type Options, query, tool } from 'agent-sdk';
import { z } from 'zod';

/** A function of the program is a tool of the model. */
export async function run(options: Options): Promise<unknown> {
  const called: unknown[] = [];
  const degrees = tool(
    'degrees',
    'Degrees Celsius in a city',
    { city: z.string().describe('its name'), day: z.number().int().optional() },
    async ({ city, day }) => {
      called.push({ city: city.toUpperCase(), day });
      if (city === 'Nowhere') return { content: [{ type: 'text', text: 'There is no such city.' }], isError: true };
      return { content: [{ type: 'text', text: '12 degrees' }] };
    },
  );
  const weather = createSdkMcpServer({ name: 'weather', version: '1.0.0', tools: [degrees] });
  const results: unknown[] = [];
  const asking = query({
    prompt: 'How warm is it?',
    options: { ...options, tools: [], mcpServers: { weather }, allowedTools: ['mcp__weather__degrees'] },
  });
  for await (const message of asking) {
    if (message.type === 'system' && message.subtype === 'init') results.push(message.mcp_servers, message.tools);
    if (message.type !== 'user' || typeof message.message.content === 'string') continue;
    for (const block of message.message.content) {
      if (block.type === 'tool_result') results.push(block.is_error === true, block.content);
    }
  }
  return { called, results };
}
