import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import { agentTool } from '../../tools/agent.ts';
import type { Tool } from '../../tools/tool.ts';

/** With more tools of servers than this, the model looks for them with ToolSearch. */
const MOST_SHOWN = 40;

/**
 * All tools of a session: the built-in ones, then those of the in-process servers, in the order given.
 * @throws ConfigurationError when two have the same name.
 */
export async function collectTools(options: Options): Promise<readonly Tool[]> {
  const wantsBuiltIns = !(Array.isArray(options.tools) && options.tools.length === 0);
  const builtIn = wantsBuiltIns
    ? [...(await import('../../tools/registry.ts')).builtInTools('claude_code'), agentTool(options.agents ?? {})]
    : [];
  const servers = Object.entries(options.mcpServers ?? {});
  if (servers.length === 0) return builtIn;
  const { sdkServerTools } = await import('../../mcp/sdk-server-tools.ts');
  const served = await Promise.all(servers.map(([key, server]) => sdkServerTools(key, server)));
  const late = served.flatMap((tools, index) => (servers[index]?.[1].alwaysLoad === true ? [] : tools));
  // Without built-in tools there is nothing to look for them with.
  const all =
    wantsBuiltIns && late.length > MOST_SHOWN
      ? await withSearch(builtIn, served.flat(), late)
      : [...builtIn, ...served.flat()];
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name))
      throw new ConfigurationError(`Two tools are named ${name}; give one of their servers another name`);
    names.add(name);
  }
  return all;
}

async function withSearch(builtIn: readonly Tool[], served: readonly Tool[], late: readonly Tool[]): Promise<Tool[]> {
  const { toolSearchTool } = await import('../../tools/tool-search.ts');
  const deferred = new Set(late);
  const shown = served.map((tool) => (deferred.has(tool) ? { ...tool, deferred: true as const } : tool));
  return [...builtIn, toolSearchTool(late), ...shown];
}
