import type { z } from 'zod';
import { ConfigurationError } from '../errors.ts';
import type { CallToolResult, McpSdkServerConfig, SdkMcpToolDefinition, ToolAnnotations } from '../options/mcp.ts';

/**
 * Makes a tool of a function of this program, for `createSdkMcpServer()`.
 * `inputSchema` is a zod (version 4) raw shape such as `{ city: z.string() }`; the handler's arguments are typed by it and have
 * passed it. An exception of the handler becomes an error result, which the model sees. `extra.signal` aborts when nobody waits
 * for the result any longer. Annotations are hints to people: no permission follows from them.
 */
export function tool<Shape extends z.ZodRawShape>(
  name: string,
  description: string,
  inputSchema: Shape,
  handler: (
    args: z.infer<z.ZodObject<Shape>>,
    extra: { signal: AbortSignal; toolUseId: string },
  ) => Promise<CallToolResult>,
  extras?: { annotations?: ToolAnnotations | undefined },
): SdkMcpToolDefinition {
  return { name, description, inputSchema, handler, annotations: extras?.annotations };
}

/**
 * Puts tools into a server that runs in this process, for `options.mcpServers`. No MCP package is needed.
 * @throws ConfigurationError when two of its tools have the same name.
 */
export function createSdkMcpServer(o: {
  name: string;
  /** Default `1.0.0`. */
  version?: string | undefined;
  tools?: SdkMcpToolDefinition[] | undefined;
  /** Show the model these tools from the start. @see McpSdkServerConfig */
  alwaysLoad?: boolean | undefined;
}): McpSdkServerConfig {
  const tools = o.tools ?? [];
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name))
      throw new ConfigurationError(`The server ${o.name} has two tools named ${name}; rename one of them`);
    names.add(name);
  }
  const { name, version = '1.0.0', alwaysLoad } = o;
  return { type: 'sdk', name, version, tools, ...(alwaysLoad === undefined ? {} : { alwaysLoad }) };
}
