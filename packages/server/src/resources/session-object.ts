import type { StoredSession } from './sessions.ts';

/** A session as the native API tells it. */
export type SessionObject = {
  id: string;
  /** As given, else the beginning of the first prompt, else null. */
  title: string | null;
  /** ISO 8601 in UTC. */
  created_at: string;
  updated_at: string;
  /** A turn is under way, or waits for a person. */
  running: boolean;
  cwd: string;
  model: string | null;
  permission_mode: string | null;
};

export function toSessionObject({ row, model, permissionMode }: StoredSession): SessionObject {
  return {
    id: row.id,
    title: row.title ?? row.firstPrompt ?? null,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    running: row.running,
    cwd: row.cwd,
    model: model ?? null,
    permission_mode: permissionMode ?? null,
  };
}
