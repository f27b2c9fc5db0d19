import { z } from 'zod';
import { unsupported } from '../../http/unsupported.ts';
import { MetadataInput, MetadataPatch } from '../metadata.ts';
import { ToolsInput } from './tool-config.ts';

// What the API takes for an agent, and for the agent of a session. Strict: a key that is not known is told by name.

const MAX_NAME_CHARS = 256;
const MAX_MODEL_CHARS = 200;
const MAX_DESCRIPTION_CHARS = 2_048;
const MAX_SYSTEM_CHARS = 100_000;

export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
const Effort = z.enum(EFFORTS);

/** Whatever a model is called: one that this server does not know goes to the endpoint, which knows best. */
const ModelId = z.string().trim().min(1).max(MAX_MODEL_CHARS);

export const ModelInput = z.union([
  ModelId,
  z.strictObject({
    id: ModelId,
    effort: z.union([Effort, z.strictObject({ type: Effort })]).nullish(),
    speed: z.literal('standard', 'only standard is supported by this server').nullish(),
    inference_geo: unsupported('requests go where the endpoint of this server is'),
  }),
]);
export type ModelInput = z.infer<typeof ModelInput>;

const name = z.string().min(1).max(MAX_NAME_CHARS);
const description = z.string().max(MAX_DESCRIPTION_CHARS).nullish();
const system = z.string().max(MAX_SYSTEM_CHARS).nullish();

const NO_MCP = 'it connects to no MCP servers';
const NO_SKILLS = 'it has no skills';

const fields = {
  description,
  system,
  mcp_servers: unsupported(NO_MCP),
  skills: unsupported(NO_SKILLS),
  multiagent: unsupported('an agent works alone'),
  // The default is answered, so it may be sent back.
  execution_identity: z
    .strictObject({
      type: z.literal('service_account', 'only service_account is supported by this server'),
    })
    .nullish(),
};

export const AgentCreateInput = z.strictObject({
  ...fields,
  name,
  model: ModelInput,
  tools: ToolsInput.optional(),
  metadata: MetadataInput.optional(),
});
export type AgentCreateInput = z.infer<typeof AgentCreateInput>;

export const AgentUpdateInput = z.strictObject({
  ...fields,
  name: name.optional(),
  model: ModelInput.optional(),
  tools: ToolsInput.nullish(),
  metadata: MetadataPatch.nullish(),
  version: z.int().min(1).optional(),
});
export type AgentUpdateInput = z.infer<typeof AgentUpdateInput>;

const reference = { id: z.string().max(MAX_NAME_CHARS), version: z.int().min(1).optional() };

/** `agent` of a new session. An override that is absent is inherited, one that is null clears, anything else replaces. */
export const SessionAgentInput = z.union([
  reference.id,
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('agent'), ...reference }),
    z.strictObject({
      type: z.literal('agent_with_overrides'),
      ...reference,
      model: ModelInput.nullish(),
      system,
      tools: ToolsInput.nullish(),
      mcp_servers: unsupported(NO_MCP),
      skills: unsupported(NO_SKILLS),
    }),
  ]),
]);
export type SessionAgentInput = z.infer<typeof SessionAgentInput>;

/** `agent` of a session's update: what it names replaces, for this session alone. */
export const SessionAgentUpdate = z.strictObject({ tools: ToolsInput.nullish(), mcp_servers: unsupported(NO_MCP) });
export type SessionAgentUpdate = z.infer<typeof SessionAgentUpdate>;
