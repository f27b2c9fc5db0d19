import { createEmulator, text } from '@colloquy/emulator';
import type Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { all, type Managed, startManaged } from './fixture.ts';

// Events through the official client: only base URL and key are ours.

type StreamEvent = Anthropic.Beta.Sessions.BetaManagedAgentsStreamSessionEvents;
type AgentCreate = Anthropic.Beta.AgentCreateParams;

/** An agent, an environment and a session. */
async function newSession({ client }: Managed, o: { agent?: Partial<AgentCreate> } = {}): Promise<string> {
  const agent = await client.beta.agents.create({ name: 'Ann', model: 'claude-opus-5-5', ...o.agent });
  const environment = await client.beta.environments.create({ name: agent.id });
  const session = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id });
  return session.id;
}

const say = (text: string) => ({ type: 'user.message' as const, content: [{ type: 'text' as const, text }] });
const isIdle = ({ type }: StreamEvent): boolean => type === 'session.status_idle';

/** The items of a stream up to the first that is meant. */
async function until(
  stream: AsyncIterable<StreamEvent>,
  meant: (event: StreamEvent) => boolean,
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    if (meant(event)) break;
  }
  return events;
}

test('a message is answered on the stream in the documented order, and the list tells the same', async () => {
  const server = await startManaged({ emulator: createEmulator({ script: [text('Hello.')] }) });
  const { client } = server;
  const id = await newSession(server);
  const stream = await client.beta.sessions.events.stream(id);
  const sent = await client.beta.sessions.events.send(id, { events: [say('Hi')] });
  expect(sent.data).toMatchObject([{ type: 'user.message', processed_at: null, content: [{ text: 'Hi' }] }]);
  const events = await until(stream, isIdle);
  expect(events.map(({ type }) => type)).toEqual([
    'user.message',
    'user.message',
    'session.status_running',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.status_idle',
  ]);
  expect(await all(client.beta.sessions.events.list(id))).toEqual(events.slice(1));
});
