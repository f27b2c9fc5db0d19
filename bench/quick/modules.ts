// Prints which modules of a program are loaded when the first delta of its first turn arrives.
import { registerHooks } from 'node:module';
import { cannedSend } from '../canned-send.ts';
import { KEY, MODEL } from '../contestants/contestant.ts';

const files: string[] = [];
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('node:')) files.push(url);
    return next(url, context);
  },
});

const { ClaudeSDKClient } = await import('colloquy');
// By the network's own module, as a program has it; it is loaded before `send` could take its place.
const env = { ANTHROPIC_API_KEY: KEY };
const options = { model: MODEL, tools: [], persistSession: false, includePartialMessages: true, env };
const client = new ClaudeSDKClient({ ...options, send: cannedSend(3) });
await client.query('Hi');
for await (const message of client.receiveResponse()) {
  if (message.type !== 'stream_event' || message.event.type !== 'content_block_delta') continue;
  console.log(JSON.stringify(files));
  break;
}
process.exit(0);
