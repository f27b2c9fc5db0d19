import { ClaudeSDKClient } from 'colloquy';
import { CANNED_DELTAS, cannedSend } from '../canned-send.ts';
import { openClient } from './colloquy-client.ts';
import { type Contestant, KEY, MODEL, type Said } from './contestant.ts';
import { TOOL_NAME } from './open-query.ts';

/** The same, kept in SQLite: every prompt and every result is on disk before it is told. */
export const contestant: Contestant = {
  title: 'Colloquy `ClaudeSDKClient`, durable',
  kind: 'ours',
  toolName: TOOL_NAME,
  open: (o) => openClient(o, { persistSession: true, ...(o.kept === undefined ? {} : { resume: o.kept }) }),
  keep,
};

/** By having the conversation, answered in the process. */
async function keep(said: readonly Said[]): Promise<string> {
  const env = { ANTHROPIC_API_KEY: KEY };
  await using client = new ClaudeSDKClient({
    model: MODEL,
    tools: [],
    persistSession: true,
    env,
    send: cannedSend(CANNED_DELTAS),
  });
  await client.connect();
  let id = '';
  for (const { prompt } of said) {
    await client.query(prompt);
    for await (const message of client.receiveResponse()) id = message.session_id ?? id;
  }
  return id;
}
