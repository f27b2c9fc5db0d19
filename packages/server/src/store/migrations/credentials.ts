import { sql } from 'kysely';
import type { Migration } from '../migrations.ts';

export const addCredentials: Migration = async (db) => {
  await db.schema.alterTable('api_key').addColumn('environment', 'text').execute();
  // A key is revoked by its name too, which must then say which one is meant.
  await sql`CREATE UNIQUE INDEX api_key_by_name ON api_key (name) WHERE revoked_at IS NULL`.execute(db);
  await db.schema
    .createTable('session_token')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('session', 'text', (column) => column.notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('work', 'text', (column) => column.notNull())
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('session_token_by_work').on('session_token').column('work').execute();
  await db.schema
    .createTable('login_link')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('listening')
    .addColumn('owner', 'text', (column) => column.primaryKey())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('since', 'integer', (column) => column.notNull())
    .execute();
};
