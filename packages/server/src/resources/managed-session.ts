import { z } from 'zod';
import type { AgentSnapshot } from './agents/agent-object.ts';
import type { Metadata } from './metadata.ts';

export type MonetaryAmount = { amount: string; currency: 'USD' };
/** What a session may cost, in whole cents. */
export type Budget = { type: 'limit'; max_list_cost: MonetaryAmount };

/** A file that a session sees in its folder. */
export type FileResource = {
  id: string;
  type: 'file';
  file_id: string;
  mount_path: string;
  created_at: string;
  updated_at: string;
};

/** What the row of a session keeps that was made through the Managed Agents API. */
export type ManagedData = {
  /** The agent as of the session's making, with overrides and later updates. */
  agent: AgentSnapshot;
  environmentId: string;
  /** The environment is one of workers: the tools run there. */
  isSelfHosted: boolean;
  metadata: Metadata;
  resources: FileResource[];
  /** As it was made. */
  firstBudget: Budget | null;
  /** As it is now. */
  budget: Budget | null;
  archivedAt: string | null;
};

/** Rows are our own: what a newer version has added is kept. */
export const ManagedRow = z
  .looseObject({ agent: z.looseObject({ id: z.string() }), environmentId: z.string() })
  // Written by `Sessions`, in this shape.
  .transform((data) => data as unknown as ManagedData);
