// An agent loop of your own: the client keeps the messages, this program runs the calls, its own and a built-in one.
//   node --conditions=colloquy-source examples/agent-client.ts --offline
import assert from 'node:assert/strict';
import { text, toolUses } from '@colloquy/emulator';
import { ClaudeAgentClient, type ToolResult } from 'colloquy';
import { fromArgs } from './from-args.ts';

const { send } = await fromArgs([
  toolUses([
    { name: 'weather', input: { city: 'Lisbon' } },
    { name: 'Read', input: { file_path: 'hello.ts', limit: 1 } },
  ]),
  text('It is sunny in Lisbon, and hello.ts asks a question.'),
]);

await using agent = new ClaudeAgentClient({
  send,
  cwd: import.meta.dirname, // built-in tools see nothing else
  systemPrompt: 'Use your tools.',
  tools: [
    'Read',
    {
      name: 'weather',
      description: 'The weather in a city right now',
      input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  ],
});

const onText = (piece: string): void => void process.stdout.write(piece);
const called: string[] = [];
let answer = await agent.sendMessageStream('How is Lisbon, and what does hello.ts do?', { onText });
while (answer.toolUses.length > 0) {
  const toolResults: ToolResult[] = [];
  for (const call of answer.toolUses) {
    called.push(call.name);
    console.log(`calls ${call.name} with`, call.input);
    if (call.name === 'Read') toolResults.push(await agent.runTool(call));
    else toolResults.push({ tool_use_id: call.id, content: 'Sunny, 21 °C' });
  }
  answer = await agent.sendMessageStream(undefined, { toolResults, onText });
}
console.log(`\n${agent.messages.length} messages; the prompt cache has saved ${agent.usage.savedUSD.toFixed(5)} USD`);

assert.deepEqual(called, ['weather', 'Read']);
assert.match(answer.text, /Lisbon/);
