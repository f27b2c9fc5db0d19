// Stops an answer in the middle, and asks something else in the same session.
//   node --conditions=colloquy-source examples/interrupt.ts --offline
import assert from 'node:assert/strict';
import { emit, text } from '@colloquy/emulator';
import { ClaudeSDKClient, type SDKResultMessage } from 'colloquy';
import { fromArgs } from './from-args.ts';

const options = await fromArgs([emit(1_000, { gapMs: 20 }), text('It went up to about five.')]);

await using client = new ClaudeSDKClient({ ...options, tools: [], includePartialMessages: true });

await client.query('Count to 1,000, one number a line');
let deltas = 0;
const results: SDKResultMessage[] = [];
for await (const message of client.receiveResponse()) {
  if (message.type === 'stream_event' && message.event.type === 'content_block_delta') {
    if (message.event.delta.type === 'text_delta') process.stdout.write(message.event.delta.text);
    deltas += 1;
    if (deltas === 5) await client.interrupt(); // the turn ends with a result; the session stays open
  }
  if (message.type === 'result') results.push(message);
}
console.log('\n--', results[0]?.terminal_reason);

await client.query('How far did you get?');
for await (const message of client.receiveResponse()) {
  if (message.type === 'result') results.push(message);
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result);
}

assert.deepEqual(
  results.map(({ is_error, terminal_reason }) => [is_error, terminal_reason]),
  [
    [true, 'aborted_streaming'],
    [false, 'completed'],
  ],
);
