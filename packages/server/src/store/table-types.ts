import type { Role } from '../auth/principal.ts';
import type { ResourceTables } from './resource-tables.ts';

/** Every table of the server beside the conversations, by name. A resource adds its own interface here, and its migration. */
export interface TableTypes extends ResourceTables {
  api_key: ApiKeyTable;
  session_token: SessionTokenTable;
  login_link: LoginLinkTable;
  listening: ListeningTable;
}

/** Times are milliseconds since 1970. */
export interface ApiKeyTable {
  id: string;
  name: string;
  user: string;
  role: Role;
  /** SHA-256 of the secret, in hex; the secret itself is nowhere. */
  hash: string;
  /** For a worker's key: the only environment whose work queue it is good for. */
  environment: string | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** What a worker gets with an item of work. */
export interface SessionTokenTable {
  /** SHA-256 of the token, in hex. */
  hash: string;
  session: string;
  environment: string;
  work: string;
  user: string;
  expires_at: number;
}

/** One-time links that were asked for at the command line. */
export interface LoginLinkTable {
  hash: string;
  expires_at: number;
}

/** Servers that run on this data folder, each under its own name. */
export interface ListeningTable {
  owner: string;
  origin: string;
  since: number;
}
