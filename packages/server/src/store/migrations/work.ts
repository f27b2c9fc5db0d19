import { sql } from 'kysely';
import type { Migration } from '../migrations.ts';

export const addWork: Migration = async (db) => {
  await db.schema
    .createTable('work')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('session', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('head', 'integer', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('available_at', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('polled_at', 'integer')
    .addColumn('acknowledged_at', 'integer')
    .addColumn('started_at', 'integer')
    .addColumn('latest_heartbeat_at', 'integer')
    .addColumn('lease_until', 'integer')
    .addColumn('ttl_seconds', 'integer', (column) => column.notNull())
    .addColumn('stop_requested_at', 'integer')
    .addColumn('stopped_at', 'integer')
    .addColumn('stopped_by', 'text')
    .execute();
  await db.schema.createIndex('work_created').on('work').columns(['environment', 'created_at', 'id']).execute();
  await db.schema.createIndex('work_of_session').on('work').columns(['session', 'created_at']).execute();
  // A session has at most one item that is not over, whoever makes it.
  await sql`create unique index work_live on work (session) where state != 'stopped'`.execute(db);
  await sql`create index work_open on work (environment, state) where state != 'stopped'`.execute(db);
};
