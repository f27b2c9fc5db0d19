import { ColloquyError, ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { StoreError, type StoreFault } from './store-error.ts';

/** How long a statement waits for another process's transaction, in milliseconds. Theirs take single milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;

export type SqlValue = string | number | null;
export type SqlRow = Record<string, unknown>;

/** As much of a SQLite library as the store needs. */
export interface SqliteDriver {
  readonly name: SqliteDriverName;
  /** True between BEGIN and the end of a transaction. */
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
  run(...values: SqlValue[]): { changes: number };
}

export type SqliteDriverName = 'better-sqlite3' | 'node:sqlite';

/** Opens a database with better-sqlite3 if it loads, else with Node's own SQLite. @throws StoreError | ConfigurationError */
export async function openSqliteDriver(path: string, only?: SqliteDriverName): Promise<SqliteDriver> {
  // better-sqlite3 13 does not fail on an older Node, it crashes the process.
  if (Number.parseInt(process.versions.node, 10) < 22) {
    throw new ConfigurationError(`Colloquy needs Node 22.19 or newer, and this is ${process.versions.node}`);
  }
  if (only !== 'node:sqlite') {
    try {
      return await openBetterSqlite(path);
    } catch (error) {
      if (only !== undefined || isSqliteError(error)) throw toStoreError(error, path);
      // Not installed, or its addon does not load here: Node's own will do.
    }
  }
  try {
    return await openNodeSqlite(path);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

async function openBetterSqlite(path: string): Promise<SqliteDriver> {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  return {
    name: 'better-sqlite3',
    get inTransaction() {
      return database.inTransaction;
    },
    exec: (sql) => void database.exec(sql),
    prepare: (sql) => database.prepare<SqlValue[], SqlRow>(sql),
    close: () => void database.close(),
  };
}

async function openNodeSqlite(path: string): Promise<SqliteDriver> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  return {
    name: 'node:sqlite',
    get inTransaction() {
      return database.isTransaction;
    },
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
        run: (...values) => ({ changes: Number(statement.run(...values).changes) }),
      };
    },
    close: () => database.close(),
  };
}

// SQLite's primary result codes, https://sqlite.org/rescode.html
const FAULTS: Record<string, StoreFault> = {
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
  SQLITE_READONLY: 'read_only',
  SQLITE_PERM: 'read_only',
  SQLITE_CORRUPT: 'corrupt',
  SQLITE_NOTADB: 'corrupt',
  SQLITE_FULL: 'full',
  SQLITE_CANTOPEN: 'unavailable',
};
const CODES: Record<number, string> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** What a driver threw, as an error that names the file and the way out. Our own errors stay as they are. */
export function toStoreError(error: unknown, path: string): ColloquyError {
  if (error instanceof ColloquyError) return error;
  const fault = Object.entries(FAULTS).find(([code]) => codeOf(error).startsWith(code));
  return new StoreError(fault?.[1] ?? 'failed', path, { cause: error });
}

function isSqliteError(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_');
}

/** `SQLITE_…`: better-sqlite3 has it in `code`, node:sqlite has the number in `errcode`, with details above the lowest byte. */
function codeOf(error: unknown): string {
  if (!isRecord(error)) return '';
  if (typeof error['errcode'] === 'number') return CODES[error['errcode'] & 0xff] ?? 'SQLITE_ERROR';
  return typeof error['code'] === 'string' ? error['code'] : '';
}
