import { ConfigurationError, SessionNotFoundError } from '../errors.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqliteDriver, SqliteStatement } from './sqlite-driver.ts';
import { RowReader, toSessionRow } from './sqlite-rows.ts';
import { MAX_ENTRIES } from './sqlite-schema.ts';
import type { NewSession, SessionIndex, SessionOrder, SessionPatch, SessionRow } from './store.ts';

const LISTED = 's.*, t.data, t.checkpoint_seq';
const FROM = 'FROM session s JOIN session_state t ON t.session = s.num';
/** Each order with the index that it follows, and the bound that stands for none. */
const ORDERS: Record<SessionOrder, { where: string; by: string; all: string }> = {
  'newest activity': { where: 's.updated_at <= ?', by: 's.updated_at DESC, s.num DESC', all: '~' },
  newest: { where: 's.created_at <= ?', by: 's.created_at DESC, s.num DESC', all: '~' },
  oldest: { where: 's.created_at >= ?', by: 's.created_at, s.num', all: '' },
};

/** The sessions in a database. */
export class SqliteSessions implements SessionIndex {
  readonly #database: SqliteConnection;
  readonly #sql: Statements;

  constructor(driver: SqliteDriver, database: SqliteConnection) {
    this.#database = database;
    this.#sql = prepare(driver);
  }

  create(session: NewSession): Promise<SessionRow> {
    const data = JSON.stringify(session.data ?? {});
    return this.#database.write('now', () => {
      if (this.#num(session.id) !== undefined) {
        throw new ConfigurationError(`There is a session ${session.id} already; resume it instead`);
      }
      const at = new Date().toISOString();
      this.#sql.insert.run(session.id, session.cwd, session.title ?? null, at, at);
      this.#sql.insertState.run(data, session.id);
      return this.#existing(session.id);
    });
  }

  async get(id: string): Promise<SessionRow | undefined> {
    return this.#database.read(() => {
      const row = this.#sql.get.get(id);
      return row && toSessionRow(row, this.#database.path);
    });
  }

  async list(o: Parameters<SessionIndex['list']>[0] = {}): Promise<readonly SessionRow[]> {
    // To SQLite a limit of -1 is none.
    const page = [o.limit ?? -1, o.offset ?? 0];
    const order = o.order ?? 'newest activity';
    const from = o.from ?? ORDERS[order].all;
    return this.#database.read(() => {
      const running = o.running === true ? 1 : null;
      const rows = this.#sql.list[order].all(o.cwd ?? null, o.cwd ?? null, running, running, from, ...page);
      return rows.map((row) => toSessionRow(row, this.#database.path));
    });
  }

  patch(id: string, patch: SessionPatch): Promise<SessionRow> {
    const data = patch.data === undefined ? undefined : JSON.stringify(patch.data);
    return this.#database.write('now', () => {
      const num = this.#num(id);
      if (num === undefined) throw new SessionNotFoundError(id);
      if (patch.title !== undefined) this.#sql.setTitle.run(patch.title, num);
      if (patch.tag !== undefined) this.#sql.setTag.run(patch.tag, num);
      if (data !== undefined) this.#sql.setData.run(data, num);
      return this.#existing(id);
    });
  }

  async delete(id: string): Promise<boolean> {
    const wasThere = await this.#database.write('now', () => {
      const num = this.#num(id);
      if (num === undefined) return false;
      for (const statement of this.#sql.remove) statement.run(num);
      return true;
    });
    if (wasThere) this.#database.emptyWal();
    return wasThere;
  }

  #num(id: string): number | undefined {
    const row = this.#sql.num.get(id);
    return row && new RowReader(row, this.#database.path).int('num');
  }

  #existing(id: string): SessionRow {
    const row = this.#sql.get.get(id);
    if (row === undefined) throw new SessionNotFoundError(id);
    return toSessionRow(row, this.#database.path);
  }
}

type Statements = {
  num: SqliteStatement;
  get: SqliteStatement;
  list: Record<SessionOrder, SqliteStatement>;
  insert: SqliteStatement;
  insertState: SqliteStatement;
  setTitle: SqliteStatement;
  setTag: SqliteStatement;
  setData: SqliteStatement;
  remove: readonly SqliteStatement[];
};

function prepare(driver: SqliteDriver): Statements {
  const listIn = (order: SessionOrder): SqliteStatement => {
    const { where, by } = ORDERS[order];
    const filter = `(? IS NULL OR s.cwd = ?) AND (? IS NULL OR s.running = ?) AND ${where}`;
    return driver.prepare(`SELECT ${LISTED} ${FROM} WHERE ${filter} ORDER BY ${by} LIMIT ? OFFSET ?`);
  };
  return {
    num: driver.prepare('SELECT num FROM session WHERE id = ?'),
    get: driver.prepare(`SELECT ${LISTED}, t.checkpoint ${FROM} WHERE s.id = ?`),
    list: {
      'newest activity': listIn('newest activity'),
      newest: listIn('newest'),
      oldest: listIn('oldest'),
    },
    insert: driver.prepare(
      `INSERT INTO session (id, cwd, title, created_at, updated_at, head, epoch, lease_until, running)
       VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0)`,
    ),
    insertState: driver.prepare(
      'INSERT INTO session_state (session, data, checkpoint_seq) SELECT num, ?, 0 FROM session WHERE id = ?',
    ),
    setTitle: driver.prepare('UPDATE session SET title = ? WHERE num = ?'),
    setTag: driver.prepare('UPDATE session SET tag = ? WHERE num = ?'),
    setData: driver.prepare('UPDATE session_state SET data = ? WHERE session = ?'),
    remove: [
      driver.prepare(
        `WITH of (num) AS (SELECT ?) DELETE FROM entry
         WHERE id > (SELECT num FROM of) * ${MAX_ENTRIES} AND id < (SELECT num FROM of) * ${MAX_ENTRIES} + ${MAX_ENTRIES}`,
      ),
      driver.prepare('DELETE FROM session_state WHERE session = ?'),
      driver.prepare('DELETE FROM session WHERE num = ?'),
    ],
  };
}
