import type { Migration } from '../migrations.ts';

export const addAgents: Migration = async (db) => {
  await db.schema
    .createTable('agent')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('archived_at', 'integer')
    .execute();
  await db.schema.createIndex('agent_created').on('agent').columns(['created_at', 'id']).execute();
  await db.schema
    .createTable('agent_version')
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agent.id'))
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('agent_version_key', ['agent_id', 'version'])
    .execute();
};
