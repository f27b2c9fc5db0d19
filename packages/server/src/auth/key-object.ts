import type { ApiKey } from './api-keys.ts';

/** An API key as it is told; its secret, once, beside it. */
export type KeyObject = {
  type: 'key';
  id: string;
  name: string;
  user: string;
  role: ApiKey['role'];
  environment_id: string | null;
  /** ISO 8601 in UTC. */
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
};

export function toKeyObject(key: ApiKey): KeyObject {
  const moment = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    type: 'key',
    id: key.id,
    name: key.name,
    user: key.user,
    role: key.role,
    environment_id: key.environment,
    created_at: new Date(key.created_at).toISOString(),
    expires_at: moment(key.expires_at),
    last_used_at: moment(key.last_used_at),
    revoked_at: moment(key.revoked_at),
  };
}
