import { ClaudeSDKClient, Conversation, query, type SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { remoteOptions } from './remote-client.ts';
import { startServer } from './running-server.ts';

const typesOf = (messages: readonly SDKMessage[]): string[] =>
  messages.map((message) => (message.type === 'system' ? `system/${message.subtype}` : message.type));

async function collect(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> {
  const all: SDKMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

test('query() gives the messages of a turn that a server runs', async () => {
  const { app, client } = await startServer();
  const options = remoteOptions(app, client.secret);
  const messages = await collect(query({ prompt: 'Say hello', options }));
  expect(typesOf(messages)).toEqual(['system/init', 'assistant', 'result']);
});

test('a conversation asks, streams, and remembers', async () => {
  const { app, client } = await startServer();
  await using conversation = new Conversation(remoteOptions(app, client.secret));
  const first = await conversation.ask('Say hello');
  let text = '';
  for await (const piece of conversation.askStream('And again')) text += piece;
  expect(first).not.toBe('');
  expect(text).not.toBe('');
  expect(conversation.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  const id = conversation.id ?? '';
  await using again = new Conversation({ ...remoteOptions(app, client.secret), resume: id });
  await again.ask('Third');
  expect(again.history).toHaveLength(6);
});

test('a client has several sessions at once, each with its responses', async () => {
  const { app, client: server } = await startServer();
  await using client = new ClaudeSDKClient(remoteOptions(app, server.secret));
  await client.query('One', { sessionId: 'a' });
  await client.query('Two', { sessionId: 'b' });
  const a = await collect(client.receiveResponse({ sessionId: 'a' }));
  const b = await collect(client.receiveResponse({ sessionId: 'b' }));
  expect(a.at(-1)).toMatchObject({ type: 'result', session_label: 'a', session_id: client.sessionId('a') });
  expect(b.at(-1)).toMatchObject({ type: 'result', session_label: 'b', session_id: client.sessionId('b') });
});
