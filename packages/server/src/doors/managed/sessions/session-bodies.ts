import { z } from 'zod';
import { pageFields } from '../../../http/page.ts';
import { createdAtFields, flag, listOf, wholeNumber } from '../../../http/query.ts';
import { unsupported } from '../../../http/unsupported.ts';
import { SessionAgentInput, SessionAgentUpdate } from '../../../resources/agents/agent-input.ts';
import { MetadataInput, MetadataPatch } from '../../../resources/metadata.ts';
import { MessageContent } from '../content.ts';

// What the API takes for a session. Strict: a key that is not known is told by name.

const MAX_INITIAL_EVENTS = 50;
const MAX_RESOURCES = 100;
const MAX_VERSION = 1_000_000_000;

const id = z.string().max(200);
const title = z.string().max(500).nullable();

export const BudgetInput = z.strictObject({
  type: z.literal('limit'),
  max_list_cost: z.strictObject({
    amount: z.string().regex(/^[1-9]\d{0,11}$/, 'must be whole cents above zero, as a string of digits'),
    currency: z.literal('USD', 'must be USD'),
  }),
});

export const FileResourceInput = z.strictObject({
  type: z.literal('file'),
  file_id: id,
  mount_path: z.string().min(1).max(1_024).nullish(),
});
export type FileResourceInput = z.infer<typeof FileResourceInput>;

const not = <T extends string>(type: T, why: string) =>
  z.looseObject({ type: z.literal(type) }).refine(() => false, `${type} is not supported by this server: ${why}`);

const ResourceInput = z.discriminatedUnion('type', [
  FileResourceInput,
  not('github_repository', 'it mounts no repositories; a tool of the session can clone them'),
  not('memory_store', 'it has no memory stores'),
]);

export const NO_OUTCOMES = 'nothing here judges outcomes';

const InitialEvent = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('user.message'), content: MessageContent }),
    not('user.define_outcome', NO_OUTCOMES),
  ],
  'only user.message can be among the initial events',
);

const NO_VAULTS = 'it has no vaults';

export const SessionCreateInput = z.strictObject({
  agent: SessionAgentInput,
  environment_id: id,
  initial_events: z.array(InitialEvent).max(MAX_INITIAL_EVENTS).optional(),
  title: title.optional(),
  metadata: MetadataInput.optional(),
  resources: z.array(ResourceInput).max(MAX_RESOURCES).optional(),
  vault_ids: unsupported(NO_VAULTS),
  budget: BudgetInput.optional(),
});
export type SessionCreateInput = z.infer<typeof SessionCreateInput>;

export const SessionUpdateInput = z.strictObject({
  title: title.optional(),
  metadata: MetadataPatch.nullish(),
  agent: SessionAgentUpdate.optional(),
  budget: BudgetInput.nullable().optional(),
  vault_ids: unsupported(NO_VAULTS),
});
export type SessionUpdateInput = z.infer<typeof SessionUpdateInput>;

export const SessionListQuery = z.strictObject({
  ...pageFields,
  ...createdAtFields,
  agent_id: id.optional(),
  agent_version: wholeNumber(1, MAX_VERSION).optional(),
  // Sessions of this server come from no deployment, and have no memory store: with either, none fits.
  deployment_id: id.optional(),
  memory_store_id: id.optional(),
  statuses: listOf(z.enum(['rescheduling', 'running', 'idle', 'terminated'])).optional(),
  include_archived: flag.default(false),
  order: z.enum(['asc', 'desc']).default('desc'),
});
export type SessionListQuery = z.infer<typeof SessionListQuery>;
