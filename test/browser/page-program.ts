import { createSdkMcpServer, type Options, query, tool } from 'colloquy';

// Runs in a page that the server has let in.

export type Told = { asked: string[]; text: string; types: string[]; refusal: string };

/** Holds a conversation with the server that the page comes from. */
export async function converse(o: { token: string; origin: string }): Promise<Told> {
  await fetch(`${o.origin}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: o.token }),
  });
  const told: Told = { asked: [], text: '', types: [], refusal: '' };
  const title = tool('title', 'The title of the page', {}, async () => ({ content: [{ type: 'text', text: 'Test' }] }));
  const options: Options = {
    server: { url: o.origin },
    includePartialMessages: true,
    mcpServers: { page: createSdkMcpServer({ name: 'page', tools: [title] }) },
    allowedTools: ['mcp__page__title'],
    canUseTool: async (name) => {
      told.asked.push(name);
      return { behavior: 'allow' };
    },
  };
  for await (const message of query({ prompt: 'What is this page called?', options })) {
    if (message.type !== 'stream_event')
      told.types.push(message.type === 'system' ? `system/${message.subtype}` : message.type);
    else if (message.event.type === 'content_block_delta' && message.event.delta.type === 'text_delta')
      told.text += message.event.delta.text;
  }
  try {
    query({ prompt: 'Hello', options: { engine: 'api' } });
  } catch (error) {
    told.refusal = String(error);
  }
  return told;
}
