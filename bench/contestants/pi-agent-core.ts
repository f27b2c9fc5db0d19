import { ADD, add, type Contestant, KEY, MAX_TOKENS, MODEL, type Said } from './contestant.ts';
import { fetchedPackages, importFrom, missingPackages } from './fetched.ts';
import { keepInFile, readKept } from './kept-file.ts';

type Message = { role: string; content: { type: string; text?: string }[]; errorMessage?: string };
type Event = { type: string; assistantMessageEvent?: { type: string } };
type Agent = {
  subscribe(listener: (event: Event) => void): void;
  prompt(text: string): Promise<void>;
  state: { messages: Message[] };
};
type Core = { Agent: new (o: object) => Agent };
type Models = {
  createModels(): { setProvider(provider: unknown): void; streamSimple(...args: unknown[]): unknown };
};
type Provider = { anthropicProvider(): unknown };

const packages = fetchedPackages('pi-agent-core', '@earendil-works/pi-agent-core');

/** The agent that the coding agent pi is made of. */
export const contestant: Contestant = {
  title: 'pi-agent-core',
  kind: 'peer',
  toolName: ADD.name,
  packages,
  missing: () => missingPackages(packages),
  keep: async (said) => keepInFile(said.flatMap(toOwnMessages)),
  async open({ url, onDelta, withTool, kept }) {
    const [core, ai, provider] = await Promise.all([
      importFrom(packages.folder, '@earendil-works/pi-agent-core'),
      importFrom(packages.folder, '@earendil-works/pi-ai'),
      importFrom(packages.folder, '@earendil-works/pi-ai/providers/anthropic'),
    ]);
    // What is used of them, as their documentation has it.
    const { Agent } = core as unknown as Core;
    const models = (ai as unknown as Models).createModels();
    models.setProvider((provider as unknown as Provider).anthropicProvider());
    const agent = new Agent({
      initialState: {
        systemPrompt: '',
        model: modelAt(url),
        thinkingLevel: 'off',
        tools: withTool === true ? [sum] : [],
        messages: readKept(kept),
      },
      streamFn: models.streamSimple.bind(models),
      getApiKey: () => KEY,
    });
    agent.subscribe(({ type, assistantMessageEvent }) => {
      if (type === 'message_update' && assistantMessageEvent?.type === 'text_delta') onDelta?.();
    });
    return {
      async turn(prompt) {
        await agent.prompt(prompt);
        const last = agent.state.messages.at(-1);
        if (last === undefined || last.errorMessage !== undefined) throw new Error(last?.errorMessage ?? 'No answer');
        return last.content.map(({ text }) => text ?? '').join('');
      },
      async close() {},
    };
  },
};

/** As its agent holds them. */
function toOwnMessages({ prompt, answer }: Said): unknown[] {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  const usage = { input: 10, output: 10, cacheRead: 0, cacheWrite: 0, totalTokens: 20, cost };
  const content = [{ type: 'text', text: answer }];
  const by = { api: 'anthropic-messages', provider: 'anthropic', model: MODEL };
  return [
    { role: 'user', content: [{ type: 'text', text: prompt }], timestamp: 0 },
    { role: 'assistant', content, ...by, usage, stopReason: 'stop', timestamp: 0 },
  ];
}

const modelAt = (url: string): object => ({
  id: MODEL,
  name: MODEL,
  api: 'anthropic-messages',
  provider: 'anthropic',
  baseUrl: url,
  reasoning: false,
  input: ['text'],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 1_000_000,
  maxTokens: MAX_TOKENS,
});

const sum = {
  name: ADD.name,
  label: ADD.name,
  description: ADD.description,
  parameters: ADD.input_schema,
  execute: async (_: string, input: { a: number; b: number }) => ({
    content: [{ type: 'text', text: add(input) }],
    details: {},
  }),
};
