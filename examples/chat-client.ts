// The Messages API without an agent loop: an answer, a stream, an answer in a form, and what it all cost.
//   node --conditions=colloquy-source examples/chat-client.ts --offline
import assert from 'node:assert/strict';
import { text } from '@colloquy/emulator';
import { ChatClient } from 'colloquy';
import { z } from 'zod';
import { fromArgs } from './from-args.ts';

const { send } = await fromArgs([
  text('Paris.'),
  text('One, two, three.'),
  text('{"name":"Ada Lovelace","born":1815}'),
]);

await using chat = new ChatClient({ send, model: 'haiku', maxTokens: 1_000, system: 'Answer in one short sentence.' });

const capital = await chat.chat('What is the capital of France?');
console.log(capital.text);

for await (const { textDelta } of chat.stream('Count to three.')) process.stdout.write(textDelta ?? '');
console.log();

// A call may say what the client does not; the answer is checked against the schema, and typed by it.
const { output } = await chat.chat('Who wrote the first program, and when was she born?', {
  system: 'Answer from what you know.',
  outputSchema: z.object({ name: z.string(), born: z.number() }),
});
console.log(`${output.name}, ${output.born}`);

const { requests, inputTokens, outputTokens, costUSD } = chat.usage;
console.log(`${requests} answers, ${inputTokens} tokens in, ${outputTokens} out, ${costUSD.toFixed(5)} USD`);

assert.match(capital.text, /Paris/);
assert.equal(output.born, 1815);
assert.equal(requests, 3);
