import type { Role } from '../auth/principal.ts';
import type { ResourceTables } from './resource-tables.ts';

/** Every table of the server beside the conversations, by name. A resource adds its own interface here, and its migration. */
export interface TableTypes extends ResourceTables {
  api_key: ApiKeyTable;
}

/** Times are milliseconds since 1970. */
export interface ApiKeyTable {
  id: string;
  name: string;
  user: string;
  role: Role;
  /** SHA-256 of the secret, in hex; the secret itself is nowhere. */
  hash: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}
