// Asks a question, streams the answer, and asks again: the conversation remembers.
//   node --conditions=colloquy-source examples/hello.ts --offline
import assert from 'node:assert/strict';
import { text } from '@colloquy/emulator';
import { Conversation } from 'colloquy';
import { fromArgs } from './from-args.ts';

const options = await fromArgs([text('Paris is the capital of France.'), text('About two million people live there.')]);

await using conversation = new Conversation({ ...options, tools: [], systemPrompt: 'Answer in one short sentence.' });

for await (const piece of conversation.askStream('What is the capital of France?')) process.stdout.write(piece);
console.log();
console.log(await conversation.ask('How many people live there?'));

const { inputTokens, outputTokens, costUSD } = conversation.usage;
console.log(`${inputTokens} tokens in, ${outputTokens} out, ${costUSD.toFixed(4)} USD`);

assert.deepEqual(
  conversation.history.map(({ role }) => role),
  ['user', 'assistant', 'user', 'assistant'],
);
assert.match(conversation.history[1]?.text ?? '', /Paris/);
