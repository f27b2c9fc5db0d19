import { Conversation, createSdkMcpServer, type Options, query, tool } from 'colloquy';

// Runs in a page that the server has let in.

export type Told = { asked: string[]; text: string; types: string[]; refusal: string };

export async function signIn(o: { token: string; origin: string }): Promise<void> {
  await fetch(`${o.origin}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: o.token }),
  });
}

/** Asks in so many conversations at once, twice in each; the answers, and how the server says that their streams are read. */
export async function askAll(o: { origin: string; count: number }): Promise<{ answers: string[]; doors: string[] }> {
  const open = Array.from({ length: o.count }, () => new Conversation({ server: { url: o.origin } }));
  const ask = (): Promise<string[]> => Promise.all(open.map((conversation) => conversation.ask('Are you there?')));
  const answers = [...(await ask()), ...(await ask())];
  const doors = await Promise.all(
    open.map(async ({ id }) => {
      const { data } = (await (await fetch(`${o.origin}/v1/sessions/${id}/viewers`)).json()) as {
        data: { door: string }[];
      };
      return data.map(({ door }) => door).join();
    }),
  );
  await Promise.all(open.map((conversation) => conversation.close()));
  return { answers, doors };
}

/** Holds a conversation with the server that the page comes from. */
export async function converse(o: { origin: string }): Promise<Told> {
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
