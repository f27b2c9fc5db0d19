/** A tool of the program itself, made by `tool()`. */
export type SdkMcpToolDefinition = {
  name: string;
  description: string;
  /** A zod raw shape: `{ city: z.string() }`. */
  inputSchema: Record<string, unknown>;
  // The handler's argument is typed by `tool()` from the shape; here, where shapes mix, it is whatever the shape parsed to.
  handler(args: never, extra: { signal: AbortSignal; toolUseId: string }): Promise<CallToolResult>;
  annotations?: ToolAnnotations | undefined;
};

/** The Model Context Protocol's hints about a tool. */
export type ToolAnnotations = {
  title?: string | undefined;
  readOnlyHint?: boolean | undefined;
  destructiveHint?: boolean | undefined;
  idempotentHint?: boolean | undefined;
  openWorldHint?: boolean | undefined;
};

/** The Model Context Protocol's result of a tool call. @see the MCP specification, "tools/call" */
export type CallToolResult = {
  content: (Annotated &
    (
      | { type: 'text'; text: string }
      | { type: 'image'; data: string; mimeType: string }
      | { type: 'audio'; data: string; mimeType: string }
      | {
          type: 'resource_link';
          uri: string;
          name: string;
          description?: string | undefined;
          mimeType?: string | undefined;
        }
      | {
          type: 'resource';
          resource: {
            uri: string;
            mimeType?: string | undefined;
            text?: string | undefined;
            blob?: string | undefined;
            _meta?: Record<string, unknown> | undefined;
          };
        }
    ))[];
  isError?: boolean | undefined;
  structuredContent?: Record<string, unknown> | undefined;
  _meta?: Record<string, unknown> | undefined;
};

/** Hints to people, which the model is not told. */
type Annotated = { annotations?: Record<string, unknown> | undefined; _meta?: Record<string, unknown> | undefined };

/** A server whose tools run in this process, made by `createSdkMcpServer()`. Its tools are called `mcp__<key>__<tool>`. */
export type McpSdkServerConfig = {
  type: 'sdk';
  name: string;
  version: string;
  tools: SdkMcpToolDefinition[];
  /** Show the model these tools from the start, however many there are; otherwise it may have to look for them with ToolSearch. */
  alwaysLoad?: boolean | undefined;
};

/** A server that is started as a process; only with `engine: 'cli'`. */
export type McpStdioServerConfig = {
  type?: 'stdio' | undefined;
  command: string;
  args?: string[] | undefined;
  env?: Record<string, string> | undefined;
  /** Milliseconds. */
  timeout?: number | undefined;
  alwaysLoad?: boolean | undefined;
};

/** What may be done with a tool of a server. */
export type McpServerToolPolicy = {
  name: string;
  permission_policy?: 'always_allow' | 'always_ask' | 'always_deny' | undefined;
  org_max_permission?: 'allow' | 'ask' | 'blocked' | undefined;
};

/** A server that is reached over the network; only with `engine: 'cli'`. */
export type McpRemoteServerConfig = {
  type: 'sse' | 'http';
  url: string;
  /** What the server's administrator says of its tools. */
  tools?: McpServerToolPolicy[] | undefined;
  headers?: Record<string, string> | undefined;
  /** Milliseconds. */
  timeout?: number | undefined;
  alwaysLoad?: boolean | undefined;
};

export type McpServerConfig = McpSdkServerConfig | McpStdioServerConfig | McpRemoteServerConfig;

/** Those whose tools run in this process, with their keys. */
export function sdkServersOf(servers: Record<string, McpServerConfig> | undefined): [string, McpSdkServerConfig][] {
  return Object.entries(servers ?? {}).flatMap(([key, server]) => (server.type === 'sdk' ? [[key, server]] : []));
}
