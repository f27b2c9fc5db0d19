import { ChatClient, type ChatMessage } from 'colloquy';
import { ADD, add, type Contestant, KEY, MAX_TOKENS, MODEL } from './contestant.ts';

/** `ChatClient`, the Messages API without a loop; the history and the calls by hand. */
export const contestant: Contestant = {
  title: 'Colloquy `ChatClient`',
  kind: 'ours',
  toolName: ADD.name,
  async open({ url, onDelta, withTool }) {
    const tools = withTool === true ? { tools: [ADD] } : {};
    const chat = new ChatClient({ baseURL: url, apiKey: KEY, model: MODEL, maxTokens: MAX_TOKENS, ...tools });
    const messages: ChatMessage[] = [];
    const ask = async () => {
      const stream = chat.stream(messages);
      if (onDelta !== undefined) for await (const { textDelta } of stream) if (textDelta !== undefined) onDelta();
      return stream.answer();
    };
    return {
      async turn(prompt) {
        messages.push({ role: 'user', content: prompt });
        for (;;) {
          const { message, text, toolUses } = await ask();
          messages.push({ role: 'assistant', content: message.content });
          if (toolUses.length === 0) return text;
          const content = toolUses.map(({ id, input }) => ({
            type: 'tool_result' as const,
            tool_use_id: id,
            // The emulator is told which numbers to give.
            content: add(input as { a: number; b: number }),
          }));
          messages.push({ role: 'user', content });
        }
      },
      close: () => chat.close(),
    };
  },
};
