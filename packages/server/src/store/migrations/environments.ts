import { sql } from 'kysely';
import type { Migration } from '../migrations.ts';

export const addEnvironments: Migration = async (db) => {
  await db.schema
    .createTable('environment')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('config', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'integer', (column) => column.notNull())
    .addColumn('archived_at', 'integer')
    .addColumn('deleted_at', 'integer')
    .execute();
  await db.schema.createIndex('environment_created').on('environment').columns(['created_at', 'id']).execute();
  // A name is free again once its environment is archived or deleted.
  await sql`create unique index environment_name on environment (owner, name) where archived_at is null and deleted_at is null`.execute(
    db,
  );
};
