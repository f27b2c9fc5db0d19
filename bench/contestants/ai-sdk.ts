import { ADD, add, type Contestant, KEY, MAX_TOKENS, MODEL } from './contestant.ts';
import { fetchedPackages, importFrom, missingPackages } from './fetched.ts';
import { keepInFile, readKept, toMessages } from './kept-file.ts';

type Result = {
  textStream: AsyncIterable<string>;
  response: PromiseLike<{ messages: unknown[] }>;
};
type Module = {
  streamText: (o: object) => Result;
  tool: (o: object) => unknown;
  jsonSchema: (schema: object) => unknown;
  isStepCount: (count: number) => unknown;
};
type Provider = { createAnthropic: (o: { baseURL: string; apiKey: string }) => (model: string) => unknown };

const MOST_STEPS = 100;
const packages = fetchedPackages('ai-sdk', 'ai');

/** `streamText`, with its loop over the calls of tools; the history is what it tells of each turn. */
export const contestant: Contestant = {
  title: 'AI SDK',
  kind: 'peer',
  toolName: ADD.name,
  packages,
  missing: () => missingPackages(packages),
  keep: async (said) => keepInFile(toMessages(said)),
  async open({ url, onDelta, withTool, kept }) {
    const [ai, provider] = await Promise.all([
      importFrom(packages.folder, 'ai'),
      importFrom(packages.folder, '@ai-sdk/anthropic'),
    ]);
    // What is used of them, as their documentation has it.
    const { streamText, tool, jsonSchema, isStepCount } = ai as unknown as Module;
    const { createAnthropic } = provider as unknown as Provider;
    const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: KEY })(MODEL);
    const sum = { description: ADD.description, execute: async (input: { a: number; b: number }) => add(input) };
    const tools =
      withTool === true
        ? {
            tools: { add: tool({ ...sum, inputSchema: jsonSchema(ADD.input_schema) }) },
            stopWhen: isStepCount(MOST_STEPS),
          }
        : {};
    const messages = readKept(kept);
    return {
      async turn(prompt) {
        messages.push({ role: 'user', content: prompt });
        let failure: unknown;
        const onError = ({ error }: { error: unknown }): void => void (failure = error);
        const result = streamText({ model, maxOutputTokens: MAX_TOKENS, messages, ...tools, onError });
        let text = '';
        for await (const delta of result.textStream) {
          text += delta;
          onDelta?.();
        }
        if (failure !== undefined) throw new Error('The AI SDK has failed', { cause: failure });
        messages.push(...(await result.response).messages);
        return text;
      },
      async close() {},
    };
  },
};
