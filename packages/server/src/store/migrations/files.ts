import type { Migration } from '../migrations.ts';

export const addFiles: Migration = async (db) => {
  await db.schema
    .createTable('file')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('mime_type', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('sha256', 'text')
    .addColumn('session', 'text')
    .addColumn('path', 'text')
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer')
    .addColumn('gone_at', 'integer')
    .execute();
  await db.schema.createIndex('file_created').on('file').columns(['created_at', 'id']).execute();
  await db.schema.createIndex('file_owner').on('file').columns(['owner']).execute();
  await db.schema.createIndex('file_session').on('file').columns(['session']).execute();
};
