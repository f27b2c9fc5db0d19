import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { delay } from '../helpers/delay.ts';
import { makeFolderSync } from '../helpers/make-folder.ts';
import { openSqliteDriver, type SqliteDriver, type SqliteDriverName, toStoreError } from './sqlite-driver.ts';
import { StoreError } from './store-error.ts';

const SCHEMA_VERSION = 4;
/** "CLQY", in the file's header: a database without it is somebody else's. */
const APPLICATION_ID = 0x434c5159;
/** Switching a new file to WAL ends with "busy" at once while another process does the same. */
const OPEN_ATTEMPTS = 100;
const OPEN_RETRY_MS = 25;

/** The entries of a session follow one another in the table, so that a batch changes one page. That leaves room for 33 million sessions. */
export const MAX_ENTRIES = 2 ** 28;

const ENTRIES = `
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY CHECK (id = session * ${MAX_ENTRIES} + seq),
    session INTEGER NOT NULL,
    seq INTEGER NOT NULL CHECK (seq < ${MAX_ENTRIES}),
    v INTEGER NOT NULL,
    at TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    thread TEXT NOT NULL,
    once TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX entry_once ON entry (session, once) WHERE once IS NOT NULL;
`;

/** Lists by creation; new in version 3. */
const CREATION = 'CREATE INDEX session_creation ON session (created_at)';

/** Whose a session is, in a row of its state. */
export const OWNER_IN_DATA = "CASE WHEN json_valid(data) THEN json_extract(data, '$.owner') END";

/** Sessions that are being made, with their data, which makes a row of the state once they are published; lists by owner. New in version 4. */
const VERSION_4 = `
  CREATE TABLE draft (
    session INTEGER PRIMARY KEY,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX state_owner ON session_state (${OWNER_IN_DATA});
`;

const SCHEMA = `
  CREATE TABLE session (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    cwd TEXT NOT NULL,
    title TEXT,
    tag TEXT,
    first_prompt TEXT,
    last_prompt TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    head INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER NOT NULL,
    running INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_activity ON session (updated_at);
  -- Apart from the row above, which every append rewrites. A session without it is a draft.
  CREATE TABLE session_state (
    session INTEGER PRIMARY KEY,
    data TEXT NOT NULL,
    checkpoint TEXT,
    checkpoint_seq INTEGER NOT NULL
  ) STRICT;
  ${ENTRIES}
`;

/** In version 1 the entries were kept in an index of their numbers, where each that fills a page moves its neighbours. */
const FROM_VERSION_1 = `
  DROP INDEX entry_once;
  ALTER TABLE entry RENAME TO entry_1;
  ${ENTRIES}
  INSERT INTO entry (id, session, seq, v, at, epoch, kind, thread, once, body)
    SELECT session * ${MAX_ENTRIES} + seq, session, seq, v, at, epoch, kind, thread, once, body FROM entry_1;
  DROP TABLE entry_1;
  DROP TABLE touch;
`;

/**
 * Opens the database file with its schema, made if it is new: the file for its user alone (0600), and so its folder (0700).
 * @throws StoreError
 */
export async function openDatabase(path: string, only?: SqliteDriverName): Promise<SqliteDriver> {
  createFile(path);
  const driver = await openSqliteDriver(path, only);
  try {
    await prepareDatabase(driver, path);
    return driver;
  } catch (error) {
    driver.close();
    throw toStoreError(error, path);
  }
}

function createFile(path: string): void {
  try {
    makeFolderSync(dirname(path), 0o700);
    // Exclusive: to open and close a database's file by hand would drop the locks that this process holds on it.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw new StoreError('unavailable', path, { cause: error });
  }
}

async function prepareDatabase(driver: SqliteDriver, path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      driver.exec('PRAGMA journal_mode = WAL');
      break;
    } catch (error) {
      const fault = toStoreError(error, path);
      if (!(fault instanceof StoreError) || fault.why !== 'busy' || attempt === OPEN_ATTEMPTS) throw fault;
      await delay(OPEN_RETRY_MS);
    }
  }
  // NORMAL: SQLite syncs what keeps the file whole, and `SqliteWal` what is to be durable. `checkpoint_fullfsync` is for macOS, where
  // fsync alone leaves the data in the drive's cache; Node asks for more than that by itself.
  driver.exec('PRAGMA checkpoint_fullfsync = ON; PRAGMA synchronous = NORMAL');
  // What is deleted is overwritten. It costs next to nothing, since pages that a write frees are used again by the same write.
  driver.exec('PRAGMA secure_delete = ON');
  const version = pragma(driver, 'user_version');
  if (version > SCHEMA_VERSION) throw new StoreError('newer', path);
  if (version > 0 && pragma(driver, 'application_id') !== APPLICATION_ID) throw new StoreError('corrupt', path);
  if (version < SCHEMA_VERSION) makeSchema(driver, path);
}

function makeSchema(driver: SqliteDriver, path: string): void {
  driver.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have made it while this one waited.
    const version = pragma(driver, 'user_version');
    if (version > SCHEMA_VERSION) throw new StoreError('newer', path);
    if (version === 0) {
      if (driver.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined)
        throw new StoreError('corrupt', path);
      driver.exec(SCHEMA);
    }
    if (version === 1) driver.exec(FROM_VERSION_1);
    if (version < 3) driver.exec(CREATION);
    if (version < 4) driver.exec(VERSION_4);
    driver.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    driver.exec('COMMIT');
  } catch (error) {
    if (driver.inTransaction) driver.exec('ROLLBACK');
    throw error;
  }
}

function pragma(driver: SqliteDriver, name: 'user_version' | 'application_id'): number {
  return Number(driver.prepare(`PRAGMA ${name}`).get()?.[name]);
}
