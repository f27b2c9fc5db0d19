import { ADD, add, type Contestant, KEY, MAX_TOKENS, MODEL } from './contestant.ts';
import { fetchedPackages, importFrom, missingPackages } from './fetched.ts';
import { keepInFile, readKept, toMessages } from './kept-file.ts';

type Chunk = { text?: string; _getType?(): string };
type State = { messages: { text: string }[] };
type Graph = {
  stream(input: object, o: object): Promise<AsyncIterable<[string, unknown]>>;
};
type Modules = {
  createReactAgent: (o: object) => Graph;
  MemorySaver: new () => unknown;
  ChatAnthropic: new (o: object) => unknown;
  tool: (run: (input: { a: number; b: number }) => Promise<string>, o: object) => unknown;
};

const MOST_STEPS = 250;
const packages = fetchedPackages('langgraph', '@langchain/langgraph');
let conversations = 0;

/** Its ready-made agent, with its checkpointer in memory. */
export const contestant: Contestant = {
  title: 'LangGraph',
  kind: 'peer',
  toolName: ADD.name,
  packages,
  missing: () => missingPackages(packages),
  keep: async (said) => keepInFile(toMessages(said)),
  async open({ url, onDelta, withTool, kept }) {
    const graph = await makeGraph(url, withTool === true);
    conversations += 1;
    const configurable = { thread_id: `thread-${conversations}` };
    const streamMode = onDelta === undefined ? ['values'] : ['values', 'messages'];
    // Until its checkpointer has them, after the first turn.
    let before = readKept(kept);
    return {
      async turn(prompt) {
        let text = '';
        const input = { messages: [...before, { role: 'user', content: prompt }] };
        before = [];
        for await (const [mode, value] of await graph.stream(input, {
          configurable,
          streamMode,
          recursionLimit: MOST_STEPS,
        })) {
          // The two modes that were asked for, and what they give.
          if (mode === 'values') text = (value as State).messages.at(-1)?.text ?? '';
          else if (isTextDelta((value as [Chunk])[0])) onDelta?.();
        }
        return text;
      },
      async close() {},
    };
  },
};

function isTextDelta(chunk: Chunk): boolean {
  return chunk._getType?.() === 'ai' && chunk.text !== undefined && chunk.text !== '';
}

async function makeGraph(url: string, withTool: boolean): Promise<Graph> {
  const found = await Promise.all(
    ['@langchain/langgraph', '@langchain/langgraph/prebuilt', '@langchain/anthropic', '@langchain/core/tools'].map(
      (name) => importFrom(packages.folder, name),
    ),
  );
  // What is used of them, as their documentation has it.
  const { createReactAgent, MemorySaver, ChatAnthropic, tool } = Object.assign({}, ...found) as unknown as Modules;
  const llm = new ChatAnthropic({
    model: MODEL,
    maxTokens: MAX_TOKENS,
    apiKey: KEY,
    anthropicApiUrl: url,
    streaming: true,
  });
  const { name, description, input_schema: schema } = ADD;
  const tools = withTool ? [tool(async (input) => add(input), { name, description, schema })] : [];
  return createReactAgent({ llm, tools, checkpointer: new MemorySaver() });
}
