/** The tables of the Managed Agents API. Times are milliseconds since 1970. */
export interface ResourceTables {
  agent: AgentTable;
  agent_version: AgentVersionTable;
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
