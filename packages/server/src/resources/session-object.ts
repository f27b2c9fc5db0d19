import type { ExternalTool } from 'colloquy/internal';
import type { StoredSession } from './sessions.ts';

/** A session as the native API tells it. */
export type SessionObject = {
  id: string;
  /** As given, else the beginning of the first prompt, else null. */
  title: string | null;
  /** As given. */
  custom_title: string | null;
  first_prompt: string | null;
  /** The title, else the newest prompt. */
  summary: string | null;
  tag: string | null;
  /** ISO 8601 in UTC. */
  created_at: string;
  updated_at: string;
  /** A turn is under way, or waits for a person. */
  running: boolean;
  cwd: string;
  model: string | null;
  /** Null where the policies of an agent decide. */
  permission_mode: string | null;
  /** Of sessions of the Managed Agents API. */
  agent: { id: string; name: string; version: number } | null;
  /** Since when it can only be read. */
  archived_at: string | null;
};

export function toSessionObject({ row, model, permissionMode, managed }: StoredSession): SessionObject {
  const agent = managed?.agent;
  return {
    id: row.id,
    title: row.title ?? row.firstPrompt ?? null,
    custom_title: row.title ?? null,
    first_prompt: row.firstPrompt ?? null,
    summary: row.title ?? row.lastPrompt ?? row.firstPrompt ?? null,
    tag: row.tag ?? null,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    running: row.running,
    cwd: row.cwd,
    model: model ?? null,
    permission_mode: agent === undefined ? (permissionMode ?? null) : null,
    agent: agent === undefined ? null : { id: agent.id, name: agent.name, version: agent.version },
    archived_at: managed?.archivedAt ?? null,
  };
}

/** A session as it is told alone: with how it was made, so that who resumes it knows what it goes on with. */
export type SessionDetails = SessionObject & {
  options: Record<string, unknown>;
  /** The tools that a client has declared, and runs. */
  tools: readonly ExternalTool[];
};

export function toSessionDetails(session: StoredSession): SessionDetails {
  const { cwd: _cwd, title: _title, externalTools = [], ...options } = session.options;
  return { ...toSessionObject(session), options, tools: externalTools };
}
