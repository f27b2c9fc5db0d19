import { AGENT_TOOL_NAMES } from 'colloquy/internal';
import { z } from 'zod';
import { unsupported } from '../../http/unsupported.ts';

// The tools of an agent: as they are sent, and as they are kept and answered, with every default filled in.
// See docs/internals/facts/managed-agents-api.md, "Tool configuration".

export type BuiltInName = (typeof AGENT_TOOL_NAMES)[number];

/** Entries of `tools`. */
const MAX_TOOLS = 128;
const MAX_DESCRIPTION_CHARS = 10_000;

export type PermissionPolicy = { type: 'always_allow' | 'always_ask' };
export type ToolSettings = { enabled: boolean; permission_policy: PermissionPolicy };
export type BuiltInConfig = ToolSettings & {
  type: BuiltInName;
  name: BuiltInName;
  /** Answered for `web_fetch` alone, where clients expect it. */
  url_sources?: null;
};
export type AgentToolset = { type: 'agent_toolset_20260401'; default_config: ToolSettings; configs: BuiltInConfig[] };
export type CustomTool = z.infer<typeof CustomTool>;
/** An entry of `tools`, resolved. */
export type ToolConfig = AgentToolset | CustomTool;

const PolicyInput = z.strictObject({
  type: z.enum(['always_allow', 'always_ask'], {
    error: ({ input }) =>
      input === 'auto'
        ? 'auto is not supported by this server: nothing here judges calls; take always_ask or always_allow'
        : 'must be always_allow or always_ask',
  }),
});

const settingsInput = {
  enabled: z.boolean().nullish(),
  permission_policy: PolicyInput.nullish(),
};

const NO_FILTER = 'what the web tools reach is decided by the environment and by the operator';

const BuiltInInput = z
  .strictObject({
    name: z.enum(AGENT_TOOL_NAMES),
    type: z.enum(AGENT_TOOL_NAMES).optional(),
    ...settingsInput,
    allowed_domains: unsupported(NO_FILTER),
    blocked_domains: unsupported(NO_FILTER),
    max_content_tokens: unsupported('the length of a page is bounded by the tool itself'),
    url_sources: unsupported('any address that is public may be fetched'),
    user_location: unsupported('searches are made without a place'),
  })
  .refine(({ type, name }) => type === undefined || type === name, { path: ['type'], error: 'must be the name' });

const ToolsetInput = z.strictObject({
  type: z.literal('agent_toolset_20260401'),
  default_config: z.strictObject(settingsInput).nullish(),
  configs: z.array(BuiltInInput).max(AGENT_TOOL_NAMES.length).optional(),
});

const CustomTool = z.strictObject({
  type: z.literal('custom'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, _ or -'),
  description: z.string().min(1).max(MAX_DESCRIPTION_CHARS),
  input_schema: z.looseObject({
    type: z.literal('object'),
    properties: z.record(z.string(), z.unknown()).nullish(),
    required: z.array(z.string()).nullish(),
  }),
});

const McpToolset = z.looseObject({ type: z.literal('mcp_toolset') }).refine(() => false, {
  path: ['type'],
  error: 'mcp_toolset is not supported by this server: it connects to no MCP servers',
});

/** `tools` as it is sent; resolved by `resolveTools`. */
export const ToolsInput = z
  .array(z.discriminatedUnion('type', [ToolsetInput, CustomTool, McpToolset]))
  .max(MAX_TOOLS)
  .superRefine((tools, context) => {
    const names = new Set<string>(AGENT_TOOL_NAMES);
    for (const [index, tool] of tools.entries()) {
      const name = tool.type === 'custom' ? tool.name : tool.type;
      if (names.has(name)) {
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${name} is there already, or a built-in tool's name`,
        });
      }
      names.add(name);
      if (tool.type !== 'agent_toolset_20260401') continue;
      const configured = tool.configs?.map((config) => config.name) ?? [];
      if (new Set(configured).size < configured.length) {
        context.addIssue({ code: 'custom', path: [index, 'configs'], message: 'names a tool twice' });
      }
    }
  });
export type ToolsInput = z.infer<typeof ToolsInput>;

/** The most specific setting wins: the tool's own, then the set's default, then enabled and allowed. */
export function resolveTools(tools: ToolsInput): ToolConfig[] {
  return tools.flatMap((tool): ToolConfig[] => {
    switch (tool.type) {
      case 'custom':
        return [tool];
      case 'agent_toolset_20260401':
        return [resolveToolset(tool)];
      // The schema refuses it.
      case 'mcp_toolset':
        return [];
      default:
        return tool satisfies never;
    }
  });
}

function resolveToolset({ default_config, configs = [] }: z.infer<typeof ToolsetInput>): AgentToolset {
  const defaults: ToolSettings = {
    enabled: default_config?.enabled ?? true,
    permission_policy: default_config?.permission_policy ?? { type: 'always_allow' },
  };
  return {
    type: 'agent_toolset_20260401',
    default_config: defaults,
    configs: configs.map(({ name, enabled, permission_policy }) => ({
      type: name,
      name,
      enabled: enabled ?? defaults.enabled,
      permission_policy: permission_policy ?? defaults.permission_policy,
      ...(name === 'web_fetch' ? { url_sources: null } : {}),
    })),
  };
}
