import { z } from 'zod';
import type { AgentCreateInput, EFFORTS, ModelInput } from './agent-input.ts';
import { patchMetadata } from '../metadata.ts';
import { resolveTools, type ToolConfig } from './tool-config.ts';

export type ModelConfig = { id: string; effort?: { type: (typeof EFFORTS)[number] }; speed?: 'standard' };

/** What one version of an agent is, with every default filled in: the row's `data`. */
export type AgentData = {
  name: string;
  description: string | null;
  model: ModelConfig;
  system: string | null;
  tools: ToolConfig[];
  metadata: Record<string, string>;
};

/** What no agent of this server has, in the shape that clients expect. */
const ALWAYS = {
  mcp_servers: [],
  skills: [],
  multiagent: null,
  execution_identity: { type: 'service_account' },
} as const;

/** An agent as a session has it: a snapshot of one version, with the session's overrides. */
export type AgentSnapshot = { id: string; type: 'agent'; version: number } & Omit<AgentData, 'metadata'> &
  typeof ALWAYS;

/** An agent as it is answered: every key is there. */
export type AgentObject = AgentSnapshot & {
  metadata: Record<string, string>;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
};

/** A version of an agent, with what the agent's own row adds. */
export type AgentVersion = {
  id: string;
  owner: string;
  version: number;
  data: AgentData;
  createdAt: number;
  updatedAt: number;
  archivedAt: number | null;
};

export function toAgentObject({ id, version, data, createdAt, updatedAt, archivedAt }: AgentVersion): AgentObject {
  return {
    ...toSnapshot(id, version, data),
    metadata: data.metadata,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
    archived_at: archivedAt === null ? null : new Date(archivedAt).toISOString(),
  };
}

export function toSnapshot(id: string, version: number, data: AgentData): AgentSnapshot {
  const { name, description, model, system, tools } = data;
  return { id, type: 'agent', version, name, description, model, system, tools, ...ALWAYS };
}

/** @throws HttpError 400 for metadata past its bounds */
export function toAgentData(input: AgentCreateInput): AgentData {
  return {
    name: input.name,
    description: toClearable(input.description),
    model: toModelConfig(input.model),
    system: toClearable(input.system),
    tools: resolveTools(input.tools ?? []),
    metadata: patchMetadata({}, input.metadata),
  };
}

/** An empty text clears, as null does. */
export function toClearable(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

export function toModelConfig(input: ModelInput): ModelConfig {
  if (typeof input === 'string') return { id: input };
  const { id, effort, speed } = input;
  return {
    id,
    ...(effort === undefined || effort === null
      ? {}
      : { effort: typeof effort === 'string' ? { type: effort } : effort }),
    ...(speed === undefined || speed === null ? {} : { speed }),
  };
}

/** Rows are our own: what a newer version has added is kept. */
const Row = z.looseObject({ name: z.string(), model: z.looseObject({ id: z.string() }), tools: z.array(z.unknown()) });

export function readAgentData(text: string): AgentData {
  // Written by `writeAgentData`, and by nobody else.
  return Row.parse(JSON.parse(text)) as unknown as AgentData;
}
