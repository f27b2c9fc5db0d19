import { AGENT_TOOL_NAMES, type HostedOptions } from 'colloquy/internal';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import type { Tables } from '../../store/tables.ts';
import type { SessionAgentInput, SessionAgentUpdate } from './agent-input.ts';
import { type AgentSnapshot, toClearable, toModelConfig, toSnapshot } from './agent-object.ts';
import { archived, getAgent } from './agents.ts';
import { resolveTools } from './tool-config.ts';

type Overrides = Extract<SessionAgentInput, { type: 'agent_with_overrides' }>;

/**
 * The agent that a new session names, as it is now, with the session's overrides.
 * @throws HttpError 404 for an agent that the principal does not see, 400 `agent_archived`, 400 `agent_model_required`
 */
export async function resolveAgent(
  tables: Tables,
  principal: Principal,
  param: SessionAgentInput,
): Promise<AgentSnapshot> {
  const { id, version } = typeof param === 'string' ? { id: param, version: undefined } : param;
  const agent = await getAgent(tables, principal, id, version);
  if (agent.archivedAt !== null) throw archived(id);
  const snapshot = toSnapshot(id, agent.version, agent.data);
  return typeof param === 'string' || param.type === 'agent' ? snapshot : overridden(snapshot, param);
}

/** The snapshot after an update of its session: what the update names is replaced in full. */
export function updateAgentTools(snapshot: AgentSnapshot, { tools }: SessionAgentUpdate): AgentSnapshot {
  return tools === undefined ? snapshot : { ...snapshot, tools: resolveTools(tools ?? []) };
}

/** What the engine needs to know of a snapshot's tools. Every built-in tool is named, so that none is allowed by default. */
export function toToolPolicies(
  snapshot: AgentSnapshot,
): Required<Pick<HostedOptions, 'toolPolicies' | 'externalTools'>> {
  const toolset = snapshot.tools.find((tool) => tool.type === 'agent_toolset_20260401');
  const toolPolicies = Object.fromEntries(
    AGENT_TOOL_NAMES.map((name) => {
      const config = toolset?.configs.find((one) => one.name === name) ?? toolset?.default_config;
      return [name, { enabled: config?.enabled ?? false, policy: config?.permission_policy.type ?? 'always_ask' }];
    }),
  );
  const externalTools = snapshot.tools.flatMap((tool) =>
    tool.type === 'custom' ? [{ name: tool.name, description: tool.description, inputSchema: tool.input_schema }] : [],
  );
  return { toolPolicies, externalTools };
}

function overridden(snapshot: AgentSnapshot, { model, system, tools }: Overrides): AgentSnapshot {
  if (model === null) {
    throw new HttpError(400, 'agent.model: a session needs a model, so that of the agent cannot be cleared', {
      details: { error_code: 'agent_model_required' },
    });
  }
  return {
    ...updateAgentTools(snapshot, { tools, mcp_servers: undefined }),
    model: model === undefined ? snapshot.model : toModelConfig(model),
    system: system === undefined ? snapshot.system : toClearable(system),
  };
}
