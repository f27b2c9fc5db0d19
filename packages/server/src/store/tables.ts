import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { MIGRATIONS } from './migrations.ts';
import { BUSY_TIMEOUT_MS, openDatabase } from './open-database.ts';
import type { TableTypes } from './table-types.ts';

const RETRY_MS = 10;

/** The resources of the server: agents, environments, files, keys. Conversations are in the log's store. */
export type Tables = Kysely<TableTypes>;

/** Opens `server.db` in the data folder, in memory without one, and brings its tables up to date. */
export async function openTables(dataFolder: string | undefined): Promise<Tables> {
  const db = await openDatabase<TableTypes>({
    path: dataFolder === undefined ? undefined : join(dataFolder, 'server.db'),
    synchronous: 'full',
  });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Runs the migrations that this file has not seen, all or none. Several may try at once; Kysely's own migrator knows no lock for SQLite. */
async function migrate(db: Tables): Promise<void> {
  await db.connection().execute(async (connection) => {
    await begin(connection);
    try {
      const { rows } = await sql<{ user_version: number }>`PRAGMA user_version`.execute(connection);
      const seen = rows[0]?.user_version ?? 0;
      if (seen > MIGRATIONS.length) {
        throw new Error("The server's tables are of a newer version of Colloquy; upgrade, or take another data folder");
      }
      for (const migration of MIGRATIONS.slice(seen)) await migration(connection);
      await sql.raw(`PRAGMA user_version = ${MIGRATIONS.length}`).execute(connection);
      await sql`COMMIT`.execute(connection);
    } catch (error) {
      await sql`ROLLBACK`.execute(connection);
      throw error;
    }
  });
}

/** Waits for another's migration between tries, not inside SQLite: the other may be on this very thread. */
async function begin(connection: Tables): Promise<void> {
  await sql`PRAGMA busy_timeout = 0`.execute(connection);
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      await sql`BEGIN IMMEDIATE`.execute(connection);
      break;
    } catch (error) {
      if (waited >= BUSY_TIMEOUT_MS) throw error;
      await delay(RETRY_MS);
    }
  }
  await sql.raw(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`).execute(connection);
}
