import { dirname } from 'node:path';
import { makeFolder } from 'colloquy/internal';
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely';

/** How long a statement waits for another process's transaction, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;

export type DatabasePlace = {
  /** The file, made if it is not there; undefined: in memory, gone with the process. */
  path: string | undefined;
  /** `full`: what is committed is on the disk. `normal`: it survives the end of the process, and may be lost with the machine's power. */
  synchronous: 'full' | 'normal';
};

/** Opens a SQLite database with better-sqlite3 if it loads, else with Node's own. Nothing but us may be writing in a transaction for long. */
export async function openDatabase<Tables>({ path, synchronous }: DatabasePlace): Promise<Kysely<Tables>> {
  if (path !== undefined) await makeFolder(dirname(path), 0o700);
  const database = await openDriver(path ?? ':memory:');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  await sql`PRAGMA journal_mode = WAL`.execute(db);
  await sql.raw(`PRAGMA synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`).execute(db);
  await sql`PRAGMA foreign_keys = ON`.execute(db);
  // What is deleted is overwritten.
  await sql`PRAGMA secure_delete = ON`.execute(db);
  return db;
}

/** Empties the log of writes, so that what was deleted is gone from the disk; unless another process reads just now. */
export async function emptyWal<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`PRAGMA busy_timeout = 0`.execute(db);
  await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
  await sql.raw(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`).execute(db);
}

async function openDriver(path: string): Promise<SqliteDatabase> {
  try {
    const { default: Database } = await import('better-sqlite3');
    return new Database(path, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    // The file is to blame, which Node's own would only say again.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_')) throw error;
    return openNodeDriver(path);
  }
}

/** Node's own SQLite with the surface of better-sqlite3, as far as Kysely uses it. */
async function openNodeDriver(path: string): Promise<SqliteDatabase> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text);
      // Kysely hands over values that SQLite knows: the columns' types say so.
      const values = (given: readonly unknown[]) => given as (string | number | bigint | null | Uint8Array)[];
      return {
        reader: statement.columns().length > 0,
        all: (given) => statement.all(...values(given)),
        run: (given) => statement.run(...values(given)),
        iterate: (given) => statement.iterate(...values(given)),
      };
    },
  };
}
