import type { Migration } from '../migrations.ts';

export const addDeletions: Migration = async (db) => {
  await db.schema
    .createTable('deletion')
    .addColumn('session', 'text', (column) => column.primaryKey())
    .addColumn('begun_at', 'integer', (column) => column.notNull())
    .execute();
};
