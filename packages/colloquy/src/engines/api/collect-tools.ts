import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import type { Tool } from '../../tools/tool.ts';

/**
 * All tools of a session: the built-in ones, then those of the in-process servers, in the order given.
 * @throws ConfigurationError when two have the same name.
 */
export async function collectTools(options: Options): Promise<readonly Tool[]> {
  const wantsBuiltIns = !(Array.isArray(options.tools) && options.tools.length === 0);
  const builtIn = wantsBuiltIns ? (await import('../../tools/registry.ts')).builtInTools('claude_code') : [];
  const servers = Object.entries(options.mcpServers ?? {});
  if (servers.length === 0) return builtIn;
  const { sdkServerTools } = await import('../../mcp/sdk-server-tools.ts');
  const served = await Promise.all(servers.map(([key, server]) => sdkServerTools(key, server)));
  const all = [...builtIn, ...served.flat()];
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name))
      throw new ConfigurationError(`Two tools are named ${name}; give one of their servers another name`);
    names.add(name);
  }
  return all;
}
