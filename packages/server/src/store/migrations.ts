import type { Kysely } from 'kysely';
import { addAgents } from './migrations/agents.ts';
import { addApiKeys } from './migrations/api-keys.ts';
import { addDeletions } from './migrations/deletions.ts';
import { addEnvironments } from './migrations/environments.ts';
import { addFiles } from './migrations/files.ts';
import { addWebhooks } from './migrations/webhooks.ts';
import { addWork } from './migrations/work.ts';
import { addCredentials } from './migrations/credentials.ts';
import type { TableTypes } from './table-types.ts';

export type Migration = (db: Kysely<TableTypes>) => Promise<unknown>;

/** They run once each, in this order. One that has been released is never changed, moved or taken away: a later one changes its tables. */
export const MIGRATIONS: readonly Migration[] = [
  addApiKeys,
  addCredentials,
  addAgents,
  addEnvironments,
  addFiles,
  addWebhooks,
  addWork,
  addDeletions,
];
