// Gives the model a tool that is a function of this program.
//   node --conditions=colloquy-source examples/tools.ts --offline
import assert from 'node:assert/strict';
import { text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, query, tool } from 'colloquy';
import { z } from 'zod';
import { fromArgs } from './from-args.ts';

const called: string[] = [];
const weather = tool('weather', 'The weather in a city right now', { city: z.string() }, async ({ city }) => {
  called.push(city);
  return { content: [{ type: 'text', text: `Sunny, 21 °C in ${city}` }] };
});

const options = await fromArgs([
  toolUse('mcp__outside__weather', { city: 'Lisbon' }),
  text('It is sunny in Lisbon, at 21 °C.'),
]);

const messages = query({
  prompt: 'What is the weather in Lisbon?',
  options: {
    ...options,
    tools: [], // none of the built-in tools
    mcpServers: { outside: createSdkMcpServer({ name: 'outside', tools: [weather] }) },
    allowedTools: ['mcp__outside__weather'], // runs without asking anybody
  },
});

for await (const message of messages) {
  if (message.type === 'assistant') {
    for (const block of message.message.content) {
      if (block.type === 'tool_use') console.log(`calls ${block.name} with`, block.input);
    }
  }
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result);
}

assert.deepEqual(called, ['Lisbon']);
