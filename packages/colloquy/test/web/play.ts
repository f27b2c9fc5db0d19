import { createEmulator, type Emulator, type Reply, text, toolUse } from '@colloquy/emulator';
import { type Options, query, type SDKMessage, type SDKResultMessage } from 'colloquy';
import type { FakeWeb } from './fake-web.ts';

/** What became of one call of a tool, as the program that reads the messages sees it. */
export type Played = {
  /** What the model was told. */
  told: string;
  isError: boolean;
  structured: unknown;
  result: SDKResultMessage;
  messages: SDKMessage[];
  emulator: Emulator;
};

/** Lets the model make this very call through `query()`; `replies` are what it answers after that, the last one being the turn's end. */
export async function play(
  tool: string,
  input: Record<string, unknown>,
  o: { web?: FakeWeb; replies?: readonly Reply[]; options?: Options; onMessage?: (message: SDKMessage) => void } = {},
): Promise<Played> {
  const emulator = createEmulator({ script: [toolUse(tool, input), ...(o.replies ?? [text('Done')])] });
  const messages = await readAll(
    query({
      prompt: 'Go',
      options: {
        send: emulator.send,
        persistSession: false,
        tools: [tool],
        allowedTools: [tool],
        env: { ANTHROPIC_API_KEY: 'test' },
        maxRetries: 0,
        ...o.options,
        ...(o.web === undefined
          ? {}
          : { webFetch: { resolve: o.web.resolve, connect: o.web.connect, ...o.options?.webFetch } }),
      },
    }),
    o.onMessage,
  );
  return { ...resultOfCall(messages), messages, emulator };
}

async function readAll(
  messages: AsyncIterable<SDKMessage>,
  onMessage?: (m: SDKMessage) => void,
): Promise<SDKMessage[]> {
  const all: SDKMessage[] = [];
  for await (const message of messages) {
    all.push(message);
    onMessage?.(message);
  }
  return all;
}

function resultOfCall(messages: readonly SDKMessage[]): Pick<Played, 'told' | 'isError' | 'structured' | 'result'> {
  const result = messages.at(-1);
  if (result?.type !== 'result') throw new Error('There is no result');
  for (const message of messages) {
    if (message.type !== 'user' || typeof message.message.content === 'string') continue;
    const block = message.message.content.find(({ type }) => type === 'tool_result');
    if (block?.type !== 'tool_result') continue;
    const told = typeof block.content === 'string' ? block.content : JSON.stringify(block.content);
    const structured: unknown = 'tool_use_result' in message ? message.tool_use_result : undefined;
    return { told, isError: block.is_error === true, structured, result };
  }
  throw new Error('The call has no result');
}
