import type { Generated } from 'kysely';

/** The tables of the Managed Agents API. Times are milliseconds since 1970. */
export interface ResourceTables {
  agent: AgentTable;
  agent_version: AgentVersionTable;
  environment: EnvironmentTable;
  file: FileTable;
  webhook: WebhookTable;
  webhook_delivery: WebhookDeliveryTable;
  webhook_session: WebhookSessionTable;
  work: WorkTable;
  deletion: DeletionTable;
}

export interface AgentTable {
  id: string;
  owner: string;
  /** The newest. */
  version: number;
  created_at: number;
  archived_at: number | null;
}

export interface AgentVersionTable {
  agent_id: string;
  version: number;
  /** Of the request that made it; done twice, it makes one version. */
  nonce: string;
  /** JSON: `AgentData`. */
  data: string;
  created_at: number;
}

export interface EnvironmentTable {
  id: string;
  owner: string;
  name: string;
  description: string | null;
  /** JSON: `EnvironmentConfig`. */
  config: string;
  /** JSON. */
  metadata: string;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  /** Only the configuration is left, for the sessions in it. */
  deleted_at: number | null;
}

export interface FileTable {
  id: string;
  owner: string;
  filename: string;
  mime_type: string;
  size: number;
  /** Of an upload, in hex. */
  sha256: string | null;
  /** Of an output: the UUID of its session. Its bytes are in the session's workspace. */
  session: string | null;
  /** Of an output: where, from the folder of the outputs on. */
  path: string | null;
  created_at: number;
  expires_at: number | null;
  /** The bytes are to be removed, or have been; nobody gets them any more. */
  gone_at: number | null;
}

export interface WebhookTable {
  id: string;
  owner: string;
  url: string;
  /** Names with spaces between them; empty: all. */
  events: string;
  /** 1: of everybody's things. */
  all_users: 0 | 1;
  /** `whsec_…`: in the clear, because every message is signed with it. */
  secret: string;
  /** In a row, over all messages. */
  failures: number;
  /** Why nothing is sent any more; null while it is on. */
  disabled_reason: string | null;
  created_at: number;
}

/** A message that has not been taken yet. */
export interface WebhookDeliveryTable {
  id: Generated<number>;
  webhook: string;
  event: string;
  body: string;
  attempts: number;
  next_at: number;
  created_at: number;
}

/** Up to where the log of a session has been told to webhooks. */
export interface WebhookSessionTable {
  session: string;
  owner: string;
  seq: number;
}

export type WorkState = 'queued' | 'starting' | 'active' | 'stopping' | 'stopped';

/** What a worker of an environment is to do: serve a session, until its turns are over. */
export interface WorkTable {
  id: string;
  environment: string;
  /** Its UUID. */
  session: string;
  state: WorkState;
  /** JSON. */
  metadata: string;
  /** The newest entry of the session's log when the item was made. */
  head: number;
  /** How often workers have given the session up since without any progress of it. */
  attempts: number;
  /** Not handed out before. */
  available_at: number;
  created_at: number;
  /** Handed out, and not acknowledged yet or since. */
  polled_at: number | null;
  acknowledged_at: number | null;
  started_at: number | null;
  latest_heartbeat_at: number | null;
  /** Until when it is its worker's. */
  lease_until: number | null;
  ttl_seconds: number;
  stop_requested_at: number | null;
  stopped_at: number | null;
  /** `server`: the session is over, or its worker is gone. */
  stopped_by: 'worker' | 'user' | 'server' | null;
}

/** A session whose deletion has begun: should the process end meanwhile, the next one goes on with it. */
export interface DeletionTable {
  /** Its UUID. */
  session: string;
  begun_at: number;
}
