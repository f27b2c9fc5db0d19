// Holds two conversations in one client, then goes on with one of them later.
//   node --conditions=colloquy-source examples/sessions.ts --offline
import assert from 'node:assert/strict';
import { text } from '@colloquy/emulator';
import { ClaudeSDKClient, getSessionMessages, listSessions, type SDKMessage } from 'colloquy';
import { fromArgs } from './from-args.ts';

const script = ['Hello Ada!', 'Hello Bob!', 'Your name is Ada.', 'You are still Ada.'];
const options = { ...(await fromArgs(script.map((words) => text(words)))), tools: [] };

async function answerIn(messages: AsyncIterable<SDKMessage>): Promise<string> {
  let answer = '';
  for await (const message of messages)
    if (message.type === 'result' && message.subtype === 'success') answer = message.result;
  return answer;
}

let id: string | undefined;
{
  await using client = new ClaudeSDKClient(options);
  await client.query('I am Ada', { sessionId: 'ada' }); // a label of our own
  await answerIn(client.receiveResponse({ sessionId: 'ada' }));
  await client.query('I am Bob', { sessionId: 'bob' });
  await answerIn(client.receiveResponse({ sessionId: 'bob' }));
  await client.query('What is my name?', { sessionId: 'ada' });
  const answer = await answerIn(client.receiveResponse({ sessionId: 'ada' }));
  console.log('ada:', answer);
  assert.match(answer, /Ada/);
  id = client.sessionId('ada');
}
assert.ok(id !== undefined);

// Later, perhaps in another process: the session is in the store, under its UUID.
const [newest] = await listSessions({ dir: process.cwd(), limit: 1 });
assert.equal(newest?.sessionId, id);
await using again = new ClaudeSDKClient(options);
await again.query('And now?', { sessionId: id });
console.log('later:', await answerIn(again.receiveResponse()));
assert.equal((await getSessionMessages(id)).filter(({ type }) => type === 'user').length, 3);
