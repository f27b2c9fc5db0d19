import { type FromSchema, inputParser } from './from-schema.ts';
import type { Tool } from './tool.ts';

const DEFAULT_MATCHES = 5;
const MAX_MATCHES = 20;
/** A word in a tool's name says more than one in its description. */
const NAME_WEIGHT = 3;

const SCHEMA = {
  type: 'object',
  properties: {
    query: {
      type: 'string',
      minLength: 1,
      description: 'Words that say what the tool should do, or `select:` and names with commas between them.',
    },
    max_results: { type: 'integer', minimum: 1, maximum: MAX_MATCHES, description: `Default ${DEFAULT_MATCHES}.` },
  },
  required: ['query'],
  additionalProperties: false,
} as const;

export type ToolSearchInput = FromSchema<typeof SCHEMA>;
export type ToolSearchOutput = { matches: string[]; query: string; total_deferred_tools: number };

/**
 * Finds tools that the model is not shown from the start. What it finds is told by reference: the API shows the model the tools
 * themselves, and what is cached of the request stays.
 * @see docs/internals/facts/messages-api.md, `defer_loading` and `tool_reference`
 */
export function toolSearchTool(deferred: readonly Tool[]): Tool<ToolSearchInput, ToolSearchOutput> {
  const servers = [...new Set(deferred.map(({ name }) => name.split('__').slice(0, 2).join('__')))];
  return {
    name: 'ToolSearch',
    description: [
      `Finds tools: ${deferred.length} more are there than you are shown. What is found can be called from then on.`,
      `They are those of: ${servers.join(', ')}.`,
      'Search before you say that something cannot be done.',
    ].join('\n'),
    inputSchema: SCHEMA,
    effect: 'read',
    harmless: true,
    parse: inputParser(SCHEMA),
    target: () => ({}),
    run: async ({ query, max_results }) => {
      const matches = search(deferred, query).slice(0, max_results ?? DEFAULT_MATCHES);
      return {
        content:
          matches.length === 0
            ? 'No tool fits these words. Try others.'
            : matches.map((tool_name) => ({ type: 'tool_reference', tool_name })),
        structured: { matches, query, total_deferred_tools: deferred.length },
      };
    },
  };
}

/** The names of the tools that fit, best first. */
function search(tools: readonly Tool[], query: string): string[] {
  const selected = /^select:(.*)$/s.exec(query.trim());
  if (selected !== null) {
    const names = new Set((selected[1] ?? '').split(',').map((name) => name.trim()));
    return tools.filter(({ name }) => names.has(name)).map(({ name }) => name);
  }
  const words = [...new Set(query.toLowerCase().split(/[^\p{L}\p{N}]+/u))].filter((word) => word !== '');
  return tools
    .map((tool) => ({ name: tool.name, score: scoreOf(tool, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ name }) => name);
}

function scoreOf({ name, description }: Tool, words: readonly string[]): number {
  const [inName, inDescription] = [name.toLowerCase(), description.toLowerCase()];
  return words.reduce(
    (score, word) => score + (inName.includes(word) ? NAME_WEIGHT : 0) + (inDescription.includes(word) ? 1 : 0),
    0,
  );
}
