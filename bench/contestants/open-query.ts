import { ADD, add, MODEL, type OpenOptions, type Talk } from './contestant.ts';

type Message = {
  type: string;
  subtype?: string;
  result?: string;
  errors?: string[];
  event?: { type: string; delta?: { type: string } };
};
type UserMessage = {
  type: 'user';
  message: { role: 'user'; content: string };
  parent_tool_use_id: null;
  session_id: string;
};

/** What the official SDK and Colloquy have in common, as far as it is used here. */
export type QueryModule = {
  query(o: { prompt: AsyncIterable<UserMessage>; options: object }): AsyncGenerator<unknown>;
  tool(name: string, description: string, shape: never, run: (input: never) => Promise<object>): unknown;
  createSdkMcpServer(o: { name: string; tools: never[] }): unknown;
};

/** How both call the tool. */
export const TOOL_NAME = 'mcp__bench__add';

/** A conversation over one `query()` that is given its prompts one by one. */
export async function openQuery(
  sdk: QueryModule,
  loadZod: () => Promise<unknown>,
  o: OpenOptions,
  options: object,
): Promise<Talk> {
  const inbox = new Inbox();
  const tools = o.withTool === true ? await toolOptions(sdk, loadZod) : {};
  const messages = sdk.query({
    prompt: inbox.prompts(),
    options: { model: MODEL, tools: [], includePartialMessages: o.onDelta !== undefined, ...tools, ...options },
  });
  return {
    async turn(prompt) {
      inbox.push(prompt);
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error('The query has ended');
        const message = value as Message;
        if (isTextDelta(message)) o.onDelta?.();
        if (message.type !== 'result') continue;
        if (message.subtype !== 'success') throw new Error(message.errors?.join() ?? message.subtype);
        return message.result ?? '';
      }
    },
    async close() {
      inbox.end();
      await messages.return(undefined);
    },
  };
}

function isTextDelta({ type, event }: Message): boolean {
  return type === 'stream_event' && event?.type === 'content_block_delta' && event.delta?.type === 'text_delta';
}

async function toolOptions(sdk: QueryModule, loadZod: () => Promise<unknown>): Promise<object> {
  const { z } = (await loadZod()) as { z: { number(): unknown } };
  const shape = { a: z.number(), b: z.number() };
  const run = async (input: { a: number; b: number }) => ({ content: [{ type: 'text', text: add(input) }] });
  // The two SDKs have types of their own for these, with the same meaning.
  const sum = sdk.tool(ADD.name, ADD.description, shape as never, run as never);
  return {
    mcpServers: { bench: sdk.createSdkMcpServer({ name: 'bench', tools: [sum as never] }) },
    allowedTools: [TOOL_NAME],
  };
}

/** Prompts as they are given. */
class Inbox {
  #waiting: string[] = [];
  #ended = false;
  #wake = (): void => {};

  push(prompt: string): void {
    this.#waiting.push(prompt);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *prompts(): AsyncGenerator<UserMessage> {
    for (;;) {
      const content = this.#waiting.shift();
      if (content !== undefined) {
        yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' };
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
