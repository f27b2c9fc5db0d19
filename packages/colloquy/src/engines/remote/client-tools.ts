import { untilAborted } from '../../helpers/until-aborted.ts';
import { argumentsOf, checkToolName, readShape } from '../../mcp/sdk-server-tools.ts';
import { toToolOutcome } from '../../mcp/tool-result.ts';
import { type McpServerConfig, type SdkMcpToolDefinition, sdkServersOf } from '../../options/mcp.ts';
import type { ToolOutcome } from '../../tools/tool.ts';

/** A tool as the server is told of it. */
export type DeclaredTool = { name: string; description: string; inputSchema: Record<string, unknown> };

/** A tool of this program, which the server's model may call. */
export type ClientTool = DeclaredTool & {
  /** @throws what the handler throws, and an Error for arguments that do not fit */
  run(input: unknown, extra: { signal: AbortSignal; toolUseId: string }): Promise<ToolOutcome>;
};

/** The tools of the in-process servers, as `mcp__<key>__<tool>`. Loads zod if there are any. @throws ConfigurationError */
export async function clientTools(
  servers: Record<string, McpServerConfig> | undefined,
): Promise<ReadonlyMap<string, ClientTool>> {
  const tools = new Map<string, ClientTool>();
  const definitions = sdkServersOf(servers).flatMap(([key, server]) =>
    server.tools.map((definition) => ({ name: `mcp__${key}__${definition.name}`, definition })),
  );
  if (definitions.length === 0) return tools;
  const zod = await import('zod');
  for (const { name, definition } of definitions) tools.set(name, toClientTool(name, definition, zod));
  return tools;
}

function toClientTool(
  name: string,
  definition: SdkMcpToolDefinition,
  zod: Parameters<typeof readShape>[2],
): ClientTool {
  checkToolName(name);
  const { inputSchema, schema } = readShape(name, definition, zod);
  return {
    name,
    description: definition.description,
    // A JSON Schema of an object.
    inputSchema: inputSchema as Record<string, unknown>,
    async run(input, extra) {
      extra.signal.throwIfAborted();
      const args = await untilAborted(argumentsOf(schema, definition, input), extra.signal);
      // `args` has passed the shape that the handler's argument is typed by; `tool()` keeps the two together.
      const result = (async () => definition.handler(args as never, extra))();
      return toToolOutcome(await untilAborted(result, extra.signal));
    },
  };
}
