import { checkTypes, COUNT, LIST, rulesOf } from './check-types.ts';
import { refuse } from './refusal.ts';

type ApiTool = {
  /** The one name that such a tool has; undefined for a set of tools, which has none. */
  name: string | undefined;
  /** Betas of which one is needed; undefined where none is. */
  betas?: readonly string[] | undefined;
};

const of = (name: string | undefined, ...types: readonly string[]): [string, ApiTool][] =>
  types.map((type) => [type, { name }]);
const inBeta = (name: string | undefined, type: string, ...betas: readonly string[]): [string, ApiTool][] => [
  [type, { name, betas }],
];

/** The API's own tools, as of `@anthropic-ai/sdk` 1.10.0. */
const TOOLS: ReadonlyMap<string, ApiTool> = new Map([
  ...of('bash', 'bash_20250124'),
  ...of('code_execution', 'code_execution_20250522', 'code_execution_20250825', 'code_execution_20260120'),
  ...of('code_execution', 'code_execution_20260521'),
  ...of('memory', 'memory_20250818'),
  ...of('str_replace_editor', 'text_editor_20250124'),
  ...of('str_replace_based_edit_tool', 'text_editor_20250429', 'text_editor_20250728'),
  ...of('tool_search_tool_bm25', 'tool_search_tool_bm25', 'tool_search_tool_bm25_20251119'),
  ...of('tool_search_tool_regex', 'tool_search_tool_regex', 'tool_search_tool_regex_20251119'),
  ...of('web_fetch', 'web_fetch_20250910', 'web_fetch_20260209', 'web_fetch_20260309', 'web_fetch_20260318'),
  ...of('web_search', 'web_search_20250305', 'web_search_20260209', 'web_search_20260318'),
  ...of(undefined, 'browser_toolset_20260801', 'computer_toolset_20260801'),
  ...inBeta('advisor', 'advisor_20260301', 'advisor-tool-2026-03-01'),
  ...inBeta('bash', 'bash_20241022', 'computer-use-2024-10-22'),
  ...inBeta('computer', 'computer_20241022', 'computer-use-2024-10-22'),
  ...inBeta('computer', 'computer_20250124', 'computer-use-2025-01-24'),
  ...inBeta('computer', 'computer_20251124', 'computer-use-2025-11-24'),
  ...inBeta('str_replace_editor', 'text_editor_20241022', 'computer-use-2024-10-22'),
  ...inBeta(undefined, 'mcp_toolset', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15'),
]);

const RULES = rulesOf({ max_uses: COUNT, allowed_domains: LIST, blocked_domains: LIST });

/** A tool of the API's own. Returns its name, or undefined for a set of tools. */
export function checkApiTool(
  tool: Record<string, unknown>,
  { type, place, betas }: { type: string; place: string; betas: readonly string[] },
): string | undefined {
  const known = TOOLS.get(type) ?? refuse(`${place}.type: '${type}' is no tool of the API`);
  if (known.betas && !known.betas.some((beta) => betas.includes(beta)))
    refuse(`${place}.type: '${type}' needs one of the betas ${known.betas.join(', ')}`);
  const inside = `${place}.${type}`;
  if (known.name !== undefined && tool.name !== known.name) refuse(`${inside}.name: Input should be '${known.name}'`);
  checkTypes(tool, RULES, inside);
  if ((tool.allowed_domains ?? undefined) !== undefined && (tool.blocked_domains ?? undefined) !== undefined)
    refuse(`${inside}: only one of allowed_domains and blocked_domains can be given`);
  return known.name;
}
