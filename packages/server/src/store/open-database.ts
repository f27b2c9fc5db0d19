import { dirname } from 'node:path';
import { makeFolder } from 'colloquy/internal';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';

/** How long a statement waits for another process's transaction, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Statements that are kept prepared, by their text; those with lists in them have many. */
const MAX_STATEMENTS = 200;

/** By database: what tells whether anything in it has changed. */
const marks = new WeakMap<object, () => string>();

export type DatabasePlace = {
  /** The file, made if it is not there; undefined: in memory, gone with the process. */
  path: string | undefined;
  /** `full`: what is committed is on the disk. `normal`: it survives the end of the process, and may be lost with the machine's power. */
  synchronous: 'full' | 'normal';
};

/** Opens a SQLite database with better-sqlite3 if it loads, else with Node's own. Nothing but us may be writing in a transaction for long. */
export async function openDatabase<Tables>({ path, synchronous }: DatabasePlace): Promise<Kysely<Tables>> {
  if (path !== undefined) await makeFolder(dirname(path), 0o700);
  const database = keepingStatements(await openDriver(path ?? ':memory:'));
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  marks.set(db, markOf(database));
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

/** A text that is another once anything in the database has been changed, by this process or by another that has committed it. */
export function changeMarkOf<Tables>(db: Kysely<Tables>): string {
  const mark = marks.get(db);
  if (mark === undefined) throw new Error('Not a database of `openDatabase`');
  return mark();
}

function markOf(database: SqliteDatabase): () => string {
  const others = database.prepare('PRAGMA data_version');
  const own = database.prepare('SELECT total_changes() AS changes');
  return () => JSON.stringify([...others.all([]), ...own.all([])]);
}

/** To prepare a statement takes longer than most take to run, and Kysely asks for the same ones again and again. */
function keepingStatements(database: SqliteDatabase): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(text) {
      const found = kept.get(text);
      if (found !== undefined) return found;
      const statement = database.prepare(text);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= MAX_STATEMENTS) kept.delete(oldest);
      kept.set(text, statement);
      return statement;
    },
  };
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
