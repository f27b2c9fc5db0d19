import type { AgentSnapshot } from '../../../resources/agents/agent-object.ts';
import { uuidToId } from '../../../resources/ids.ts';
import type { Budget, FileResource } from '../../../resources/managed-session.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import type { UsageSnapshot } from '../events/event-types.ts';
import { type EventsState, type Status, statusOf } from '../events/events-state.ts';
import { NATIVE_AGENT } from '../events/session-events.ts';
import { usageSnapshot } from '../events/session-usage.ts';

/** The environment of sessions that were made without one: the server's own folder. */
const NATIVE_ENVIRONMENT = 'env_native';

/** A session as the Managed Agents API tells it: every key is there. */
export type SessionObject = {
  id: string;
  type: 'session';
  status: Status;
  title: string | null;
  agent: AgentSnapshot;
  environment_id: string;
  metadata: Record<string, string>;
  resources: FileResource[];
  vault_ids: string[];
  outcome_evaluations: never[];
  budget: Budget | null;
  stats: { active_seconds: number; duration_seconds: number };
  usage: UsageSnapshot;
  deployment_id: null;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
};

export function toSessionObject(session: StoredSession, state: EventsState, nowMs: number): SessionObject {
  const { row, managed } = session;
  const endMs = managed?.archivedAt === null || managed === undefined ? nowMs : Date.parse(managed.archivedAt);
  const activeMs = activeTime(state, nowMs);
  return {
    id: uuidToId('sesn', row.id),
    type: 'session',
    status: statusOf(state),
    title: row.title ?? null,
    agent: managed?.agent ?? nativeAgent(session),
    environment_id: managed?.environmentId ?? NATIVE_ENVIRONMENT,
    metadata: managed?.metadata ?? {},
    resources: managed?.resources ?? [],
    vault_ids: [],
    outcome_evaluations: [],
    budget: managed?.budget ?? null,
    stats: {
      active_seconds: seconds(activeMs),
      duration_seconds: seconds(endMs - Date.parse(row.createdAt)),
    },
    usage: usageSnapshot(state.usage, state.core.totals, activeMs),
    deployment_id: null,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    archived_at: managed?.archivedAt ?? null,
  };
}

/** How long the session was at work until now. */
export function activeTime({ activeMs, runningSince }: EventsState, nowMs: number): number {
  return activeMs + (runningSince === undefined ? 0 : Math.max(0, nowMs - Date.parse(runningSince)));
}

/** Sessions of the native API have options in the place of an agent. */
function nativeAgent({ options, model }: StoredSession): AgentSnapshot {
  const { systemPrompt } = options;
  return {
    ...NATIVE_AGENT,
    type: 'agent',
    version: 1,
    description: null,
    model: { id: model ?? '' },
    system: typeof systemPrompt === 'string' ? systemPrompt : null,
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: 'service_account' },
  };
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1_000));
