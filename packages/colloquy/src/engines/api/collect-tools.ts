import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import { outputSchemaOf } from '../../options/resolve-options.ts';
import { agentTool } from '../../tools/agent.ts';
import { sdkServersOf } from '../../options/mcp.ts';
import type { Toolset } from '../../tools/registry.ts';
import type { Tool } from '../../tools/tool.ts';

/** With more tools of servers than this, the model looks for them with ToolSearch. */
const MOST_SHOWN = 40;

/**
 * All tools of a session: the built-in ones, then those of the in-process servers, in the order given.
 * @throws ConfigurationError when two have the same name, or for an output schema that cannot be used
 */
export async function collectTools(options: Options, toolset: Toolset = 'claude_code'): Promise<readonly Tool[]> {
  const builtIn = await builtInOf(options, toolset);
  const served = await servedTools(options);
  const late = served.filter(({ alwaysLoad }) => !alwaysLoad).map(({ tool }) => tool);
  const search = late.length > MOST_SHOWN && wantsBuiltIns(options) ? [await searchFor(late)] : [];
  const all = [
    ...builtIn,
    ...search,
    ...served.map(({ tool, alwaysLoad }) =>
      alwaysLoad || search.length === 0 ? tool : { ...tool, deferred: true as const },
    ),
  ];
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name))
      throw new ConfigurationError(`Two tools are named ${name}; give one of their servers another name`);
    names.add(name);
  }
  return all;
}

/** The tool of sessions that name no agents of their own. */
let generalAgent: Tool | undefined;

const wantsBuiltIns = ({ tools }: Options): boolean => !(Array.isArray(tools) && tools.length === 0);

async function builtInOf(options: Options, toolset: Toolset): Promise<Tool[]> {
  const tools: Tool[] = [];
  if (toolset === 'agent_toolset_20260401') {
    const { builtInTools } = await import('../../tools/registry.ts');
    tools.push(...builtInTools(toolset));
  } else if (wantsBuiltIns(options)) {
    const { builtInTools } = await import('../../tools/registry.ts');
    tools.push(
      ...builtInTools('claude_code'),
      options.agents === undefined ? (generalAgent ??= agentTool({})) : agentTool(options.agents),
    );
  }
  const schema = outputSchemaOf(options);
  if (schema !== undefined) {
    const { structuredOutputTool } = await import('../../tools/structured-output.ts');
    tools.push(await structuredOutputTool(schema));
  }
  return tools;
}

async function servedTools({ mcpServers = {} }: Options): Promise<{ tool: Tool; alwaysLoad: boolean }[]> {
  const servers = sdkServersOf(mcpServers);
  if (servers.length === 0) return [];
  const { sdkServerTools } = await import('../../mcp/sdk-server-tools.ts');
  const served = await Promise.all(
    servers.map(async ([key, server]) =>
      (await sdkServerTools(key, server)).map((tool) => ({ tool, alwaysLoad: server.alwaysLoad === true })),
    ),
  );
  return served.flat();
}

async function searchFor(late: readonly Tool[]): Promise<Tool> {
  const { toolSearchTool } = await import('../../tools/tool-search.ts');
  return toolSearchTool(late);
}
