import type * as Zod from 'zod';
import { ConfigurationError } from '../errors.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { McpSdkServerConfig, SdkMcpToolDefinition } from '../options/mcp.ts';
import { explainIssues } from '../tools/from-schema.ts';
import type { Tool, ToolContext, ToolOutcome } from '../tools/tool.ts';
import { toToolOutcome } from './tool-result.ts';

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** A server's key ends where the tool's name begins, so that a rule for one server can never mean another. */
const SERVER_KEY = /^[a-zA-Z0-9-]+(?:_[a-zA-Z0-9-]+)*$/;

/**
 * The tools of an in-process server, named `mcp__<key>__<tool>`. Loads zod. Their effect is always `external`: what a server says
 * of its tools are claims, and permission does not follow from claims.
 * @throws ConfigurationError for a name that the model or the rules could not use, or a schema that is no zod 4 shape.
 */
export async function sdkServerTools(key: string, server: McpSdkServerConfig): Promise<Tool[]> {
  if (!SERVER_KEY.test(key)) {
    throw new ConfigurationError(
      `${JSON.stringify(key)} cannot be the key of an MCP server: letters, digits, - and single _ between them are allowed`,
    );
  }
  if (server.tools.length === 0) return [];
  const zod = await import('zod');
  return server.tools.map((definition) => toTool(`mcp__${key}__${definition.name}`, definition, zod));
}

function toTool(name: string, definition: SdkMcpToolDefinition, zod: typeof Zod): Tool<Record<string, unknown>> {
  checkToolName(name);
  const { inputSchema, schema } = readShape(name, definition, zod);
  return {
    name,
    description: definition.description,
    inputSchema,
    effect: 'external',
    // The input stays as the model wrote it: that is what guards judge and the log keeps, and what a transformed one may not be is JSON.
    async parse(input) {
      await argumentsOf(schema, definition, input);
      // An object, as the schema has just found.
      return input as Record<string, unknown>;
    },
    target: () => ({}),
    run: (input, context) => runHandler(schema, definition, input, context),
  };
}

/** @throws ConfigurationError for a name that the Messages API does not take */
export function checkToolName(name: string): void {
  if (TOOL_NAME.test(name)) return;
  throw new ConfigurationError(
    `${JSON.stringify(name)} cannot be the name of a tool: letters, digits, _ and - are allowed, 64 at most`,
  );
}

/** A tool's shape as a schema for the model, and to check inputs with. @throws ConfigurationError */
export function readShape(
  name: string,
  { inputSchema: shape }: SdkMcpToolDefinition,
  { z: zod }: typeof Zod,
): { inputSchema: unknown; schema: Zod.z.ZodObject } {
  const foreign = Object.entries(shape).find(
    ([, value]) => typeof value !== 'object' || value === null || !('_zod' in value),
  );
  if (foreign !== undefined) {
    throw new ConfigurationError(
      `The input ${foreign[0]} of the tool ${name} is no schema of zod 4; write it as { ${foreign[0]}: z.string() }`,
    );
  }
  try {
    // Every value has just been found to be a zod schema, of whichever copy of zod.
    const schema = zod.object(shape as Zod.z.ZodRawShape);
    const { $schema: _, ...inputSchema } = zod.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    return { inputSchema, schema };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`The input schema of the tool ${name} cannot be told to the model: ${why}`, { cause });
  }
}

/** What the handler is called with: defaults filled in, transformations made. */
export async function argumentsOf(
  schema: Zod.z.ZodObject,
  definition: SdkMcpToolDefinition,
  input: unknown,
): Promise<Record<string, unknown>> {
  const parsed = await schema.safeParseAsync(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new Error(explainIssues(parsed.error.issues, Object.keys(definition.inputSchema)));
}

/** The handler's result; an interrupt does not wait for a handler, or a check of its input, that ignores its signal. */
async function runHandler(
  schema: Zod.z.ZodObject,
  definition: SdkMcpToolDefinition,
  input: unknown,
  context: ToolContext,
): Promise<ToolOutcome> {
  const { signal, toolUseId } = context;
  signal.throwIfAborted();
  const args = await untilAborted(argumentsOf(schema, definition, input), signal);
  // `args` has passed the shape that the handler's argument is typed by; `tool()` keeps the two together. It is called inside an
  // async function, so that a handler that throws at once fails like one that rejects.
  const result = (async () => definition.handler(args as never, { signal, toolUseId }))();
  return toToolOutcome(await untilAborted(result, signal));
}
