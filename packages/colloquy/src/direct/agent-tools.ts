import { loadToolRegistry } from '#node-parts';
import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { Tool } from '../tools/tool.ts';
import { type Check, text } from './check-options.ts';
import type { ToolDefinition } from './request-options.ts';

/** Tools to offer: built-in ones by their names, and the program's own; or all built-in ones. */
export type OfferedTools = readonly (string | ToolDefinition)[] | { type: 'preset'; preset: 'claude_code' };

export type ToolChoices = {
  tools?: OfferedTools | undefined;
  allowedTools?: readonly string[] | undefined;
  disallowedTools?: readonly string[] | undefined;
};

/** What is offered, in the order sent. */
export type AgentTools = { definitions: readonly ToolDefinition[]; builtIn: readonly Tool[] };

/** They ask a person, change the mode of a loop, or tell a loop later what goes on beside it: without a loop they do nothing. */
const NEED_LOOP: ReadonlySet<string> = new Set(['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode', 'Monitor']);

/** What `tools` may be. */
export const offeredTools: Check = (value) => {
  const holds = Array.isArray(value)
    ? value.every((tool) => text(isRecord(tool) ? tool['name'] : tool) === undefined)
    : isRecord(value) && value['type'] === 'preset' && value['preset'] === 'claude_code';
  return holds
    ? undefined
    : "an array of tools, each a name or an object with one, or { type: 'preset', preset: 'claude_code' }";
};

/** @throws ConfigurationError for rules in place of names */
export function checkToolNames({ allowedTools = [], disallowedTools = [] }: ToolChoices): void {
  for (const name of [...allowedTools, ...disallowedTools]) {
    if (!name.includes('(')) continue;
    throw new ConfigurationError(
      `${name} is a rule: here no loop decides about calls, so \`allowedTools\` and \`disallowedTools\` take names of tools; for rules use query()`,
    );
  }
}

/**
 * The tools that the options offer. The built-in ones are loaded only if some are asked for.
 * @throws ConfigurationError for a name that no tool has, and for built-in tools that need an agent loop
 */
export async function openAgentTools(choices: ToolChoices): Promise<AgentTools> {
  const { tools = [], allowedTools, disallowedTools = [] } = choices;
  const wanted = await wantedTools(tools);
  const isOffered = (names: readonly string[]): boolean =>
    (allowedTools === undefined || names.some((name) => allowedTools.includes(name))) &&
    !names.some((name) => disallowedTools.includes(name));
  const builtIn: Tool[] = [];
  const definitions: ToolDefinition[] = [];
  for (const item of wanted) {
    if (item.kind === 'own') {
      if (isOffered([item.tool.name])) definitions.push(item.tool);
    } else if (isOffered([item.tool.name, ...(item.tool.aliases ?? [])])) {
      builtIn.push(item.tool);
      definitions.push(definitionOf(item.tool));
    }
  }
  return { definitions, builtIn };
}

type Wanted = { kind: 'own'; tool: ToolDefinition } | { kind: 'builtIn'; tool: Tool };

async function wantedTools(tools: OfferedTools): Promise<Wanted[]> {
  if ('preset' in tools) {
    const known = await builtInTools();
    return known.filter(({ onRequest }) => onRequest !== true).map((tool) => ({ kind: 'builtIn', tool }));
  }
  const known = tools.some((tool) => typeof tool === 'string') ? await builtInTools() : [];
  return tools.map((tool) =>
    typeof tool === 'string' ? { kind: 'builtIn', tool: namedTool(tool, known) } : { kind: 'own', tool },
  );
}

function namedTool(wanted: string, known: readonly Tool[]): Tool {
  const found = known.find(({ name, aliases = [] }) => name === wanted || aliases.includes(wanted));
  if (found !== undefined) return found;
  const why = NEED_LOOP.has(wanted) ? 'needs an agent loop; use query()' : 'is no built-in tool';
  throw new ConfigurationError(
    `Option \`tools\` names ${wanted}, which ${why}. There are ${known.map(({ name }) => name).join(', ')}`,
  );
}

async function builtInTools(): Promise<Tool[]> {
  const registry = await loadToolRegistry();
  return registry
    .builtInTools('claude_code')
    .filter(({ name, needsPerson }) => needsPerson !== true && !NEED_LOOP.has(name));
}

function definitionOf({ name, description, inputSchema }: Tool): ToolDefinition {
  // Every tool's schema is one of an object.
  return { name, description, input_schema: inputSchema as Record<string, unknown> };
}
