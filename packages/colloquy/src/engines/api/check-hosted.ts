import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import type { Options } from '../../options/options.ts';
import type { Toolset } from '../../tools/registry.ts';
import type { HostedOptions, ToolConfiguration } from '../hosted-options.ts';

// By hand, like the checks of the options, because zod would delay the first answer. The tools' names stand here for the same reason.

/** The tools of `agent_toolset_20260401`. */
export const AGENT_TOOL_NAMES = ['bash', 'read', 'write', 'edit', 'glob', 'grep', 'web_fetch', 'web_search'] as const;
const POLICY_TOOLS: ReadonlySet<string> = new Set(AGENT_TOOL_NAMES);
/** Those that work on files and commands: what a worker has. The others reach the web from here. */
export const WORKER_TOOLS: ReadonlySet<string> = new Set(['bash', 'read', 'write', 'edit', 'glob', 'grep']);

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const MAX_EXTERNAL_TOOLS = 256;

/** A session's options, apart from those that only a server gives. */
export type SplitOptions = {
  options: Options;
  toolset: Toolset;
  runsElsewhere: boolean;
  configuration: ToolConfiguration;
};

/**
 * Takes what is a server's to say out of the options.
 * @throws ConfigurationError for what cannot be, and for any of it in a session that no server holds
 */
export function splitHosted(given: HostedOptions, isHosted: boolean): SplitOptions {
  const { toolset = 'claude_code', toolPolicies, externalTools, runsElsewhere = false, ...options } = given;
  const configuration = { toolPolicies, externalTools };
  if (!isHosted) return { options: given, toolset: 'claude_code', runsElsewhere: false, configuration: {} };
  if (toolset !== 'claude_code' && toolset !== 'agent_toolset_20260401')
    throw new ConfigurationError(`There is no toolset ${JSON.stringify(toolset)}`);
  if (runsElsewhere && toolset === 'claude_code')
    throw new ConfigurationError('Only the tools of agent_toolset_20260401 can run at a worker (runsElsewhere)');
  checkToolConfiguration(configuration, toolset);
  return { options, toolset, runsElsewhere, configuration };
}

/** @throws ConfigurationError which names what is wrong */
export function checkToolConfiguration({ toolPolicies, externalTools }: ToolConfiguration, toolset: Toolset): void {
  if (toolPolicies !== undefined) checkPolicies(toolPolicies, toolset);
  if (externalTools !== undefined) checkExternalTools(externalTools);
}

function checkPolicies(policies: unknown, toolset: Toolset): void {
  if (toolset === 'claude_code')
    throw new ConfigurationError('Only the tools of agent_toolset_20260401 have policies (toolPolicies)');
  if (!isRecord(policies)) throw new ConfigurationError('`toolPolicies` must be an object');
  for (const [name, policy] of Object.entries(policies)) {
    if (!POLICY_TOOLS.has(name))
      throw new ConfigurationError(
        `\`toolPolicies\` names ${name}, which is no tool of the set; there are ${[...POLICY_TOOLS].join(', ')}`,
      );
    const isPolicy = isRecord(policy) && typeof policy['enabled'] === 'boolean' && POLICIES.has(policy['policy']);
    if (!isPolicy)
      throw new ConfigurationError(
        `\`toolPolicies.${name}\` must be { enabled: boolean, policy: 'always_allow' | 'always_ask' }`,
      );
  }
}

const POLICIES: ReadonlySet<unknown> = new Set(['always_allow', 'always_ask']);

function checkExternalTools(tools: unknown): void {
  if (!Array.isArray(tools) || tools.length > MAX_EXTERNAL_TOOLS)
    throw new ConfigurationError(`\`externalTools\` must be an array of at most ${MAX_EXTERNAL_TOOLS} tools`);
  for (const tool of tools) {
    const { name, description, inputSchema } = isRecord(tool) ? tool : {};
    if (typeof name !== 'string' || !TOOL_NAME.test(name))
      throw new ConfigurationError(
        `${JSON.stringify(name)} cannot be the name of a tool: letters, digits, _ and - are allowed, 128 at most`,
      );
    if (typeof description !== 'string') throw new ConfigurationError(`The tool ${name} needs a \`description\``);
    if (!isRecord(inputSchema) || inputSchema['type'] !== 'object' || !jsonCopy(inputSchema).ok)
      throw new ConfigurationError(`The \`inputSchema\` of the tool ${name} must be a JSON Schema of type object`);
  }
}
