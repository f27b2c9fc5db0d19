/** The tables of the Managed Agents API. Times are milliseconds since 1970. */
export interface ResourceTables {
  agent: AgentTable;
  agent_version: AgentVersionTable;
  environment: EnvironmentTable;
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
