import { ADD, add, type Contestant, KEY, MAX_TOKENS, MODEL } from './contestant.ts';
import { fetchedPackages, importFrom, missingPackages } from './fetched.ts';
import { keepInFile, readKept, toMessages } from './kept-file.ts';

type Message = { content: { type: string; text?: string; id?: string; input?: { a: number; b: number } }[] };
type Stream = { on(event: 'text', listener: () => void): unknown; finalMessage(): Promise<Message> };
type Client = { messages: { stream(body: object): Stream } };
type Module = { default: new (o: { baseURL: string; apiKey: string }) => Client };

const packages = fetchedPackages('anthropic-sdk', '@anthropic-ai/sdk');

/** Its streaming helper; the history and the calls by hand, as it keeps none. */
export const contestant: Contestant = {
  title: '`@anthropic-ai/sdk`',
  kind: 'peer',
  toolName: ADD.name,
  packages,
  missing: () => missingPackages(packages),
  keep: async (said) => keepInFile(toMessages(said)),
  async open({ url, onDelta, withTool, kept }) {
    // What is used of it, as its documentation has it.
    const { default: Anthropic } = (await importFrom(packages.folder, packages.name)) as unknown as Module;
    const client = new Anthropic({ baseURL: url, apiKey: KEY });
    const tools = withTool === true ? { tools: [ADD] } : {};
    const messages = readKept(kept);
    const ask = async (): Promise<Message['content']> => {
      const stream = client.messages.stream({ model: MODEL, max_tokens: MAX_TOKENS, ...tools, messages });
      if (onDelta !== undefined) stream.on('text', onDelta);
      const { content } = await stream.finalMessage();
      messages.push({ role: 'assistant', content });
      return content;
    };
    return {
      async turn(prompt) {
        messages.push({ role: 'user', content: prompt });
        for (;;) {
          const content = await ask();
          const calls = content.filter(({ type }) => type === 'tool_use');
          if (calls.length === 0) return content.map(({ text }) => text ?? '').join('');
          const results = calls.map(({ id, input = { a: 0, b: 0 } }) => ({
            type: 'tool_result',
            tool_use_id: id,
            content: add(input),
          }));
          messages.push({ role: 'user', content: results });
        }
      },
      async close() {},
    };
  },
};
