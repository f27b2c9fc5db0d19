import type { CachedAnswer, CacheStore } from './cache-store.ts';
import type { SqliteDriver } from '../log/sqlite-driver.ts';
import { StoreError } from '../log/store-error.ts';

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS answer (
  key TEXT PRIMARY KEY, text TEXT NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answer_used ON answer (used);
CREATE INDEX IF NOT EXISTS answer_expires_at ON answer (expires_at);`;

/** A number above all uses so far, in whichever process they were. */
const NEXT_USE = '(SELECT COALESCE(MAX(used), 0) + 1 FROM answer)';

/**
 * Keeps the answers of a `ResponseCache` in a file, across restarts; several processes may use it at once. The folder is made if it is
 * missing; the file can be read by its owner only. Questions are not in it, only their digests. It is opened with the first use.
 * ```ts
 * await using cache = new ResponseCache({ store: sqliteCacheStore('cache/answers.db') });
 * ```
 */
export function sqliteCacheStore(path: string): CacheStore {
  let opened: Promise<SqliteAnswers> | undefined;
  // A failure is not kept: the next use tries again.
  const open = (): Promise<SqliteAnswers> =>
    (opened ??= openAnswers(path).catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  return {
    get: async (key, now) => (await open()).get(key, now),
    set: async (key, answer, bound) => (await open()).set(key, answer, bound.maxEntries),
    delete: async (key) => (await open()).delete(key),
    clearExpired: async (now) => (await open()).clearExpired(now),
    clear: async () => (await open()).clear(),
    size: async () => (await open()).size(),
    close: async () => {
      const answers = await opened?.catch(() => undefined);
      opened = undefined;
      answers?.close();
    },
  };
}

async function openAnswers(path: string): Promise<SqliteAnswers> {
  const [{ createHash }, { closeSync, openSync }, paths, { makeFolder }, { openSqliteDriver, toStoreError }] =
    await Promise.all([
      import('node:crypto'),
      import('node:fs'),
      import('node:path'),
      import('../helpers/make-folder.ts'),
      import('../log/sqlite-driver.ts'),
    ]);
  await makeFolder(paths.dirname(path));
  const told = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw ofAnswers(toStoreError(error, path));
    }
  };
  told(() => closeSync(openSync(path, 'a', 0o600)));
  const driver = await openSqliteDriver(path).catch((error: unknown) => {
    throw ofAnswers(error);
  });
  try {
    told(() => driver.exec(SCHEMA));
  } catch (error) {
    driver.close();
    throw error;
  }
  return new SqliteAnswers(driver, told, (key) => createHash('sha256').update(key).digest('hex'));
}

/** Such a file holds no sessions. */
function ofAnswers(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return new StoreError(error.why, error.path, { cause: error.cause, kept: 'Answers' });
}

class SqliteAnswers {
  readonly #driver: SqliteDriver;
  readonly #told: <T>(work: () => T) => T;
  readonly #digest: (key: string) => string;

  constructor(driver: SqliteDriver, told: <T>(work: () => T) => T, digest: (key: string) => string) {
    this.#driver = driver;
    this.#told = told;
    this.#digest = digest;
  }

  get(key: string, now: number): string | undefined {
    const sql = `UPDATE answer SET used = ${NEXT_USE} WHERE key = ? AND expires_at > ? RETURNING text`;
    const row = this.#told(() => this.#driver.prepare(sql).get(this.#digest(key), now));
    return row === undefined ? undefined : String(row['text']);
  }

  set(key: string, { text, expiresAt }: CachedAnswer, maxEntries: number): void {
    this.#told(() => {
      const sql = `INSERT OR REPLACE INTO answer (key, text, expires_at, used) VALUES (?, ?, ?, ${NEXT_USE})`;
      this.#driver.prepare(sql).run(this.#digest(key), text, Math.ceil(expiresAt));
      const surplus = this.size() - maxEntries;
      const bound = 'DELETE FROM answer WHERE key IN (SELECT key FROM answer ORDER BY used LIMIT ?)';
      if (surplus > 0) this.#driver.prepare(bound).run(surplus);
    });
  }

  delete(key: string): boolean {
    const sql = 'DELETE FROM answer WHERE key = ?';
    return this.#told(() => this.#driver.prepare(sql).run(this.#digest(key)).changes > 0);
  }

  clearExpired(now: number): number {
    return this.#told(() => this.#driver.prepare('DELETE FROM answer WHERE expires_at <= ?').run(now).changes);
  }

  clear(): void {
    this.#told(() => this.#driver.exec('DELETE FROM answer'));
  }

  size(): number {
    return this.#told(() => Number(this.#driver.prepare('SELECT COUNT(*) AS count FROM answer').get()?.['count']));
  }

  close(): void {
    this.#driver.close();
  }
}
