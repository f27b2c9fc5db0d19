import { SessionNotFoundError } from '../errors.ts';
import type { Json } from './entries.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { removalOf, type SqliteDrafts } from './sqlite-drafts.ts';
import type { SqliteDriver, SqliteStatement } from './sqlite-driver.ts';
import { RowReader, toSessionRow } from './sqlite-rows.ts';
import { OWNER_IN_DATA } from './sqlite-schema.ts';
import type { NewSession, SessionIndex, SessionOrder, SessionPatch, SessionRow } from './store.ts';

/** All but the checkpoint. */
const COLUMNS = 's.*, t.data, t.checkpoint_seq';
const FROM = 'FROM session s JOIN session_state t ON t.session = s.num';
/** Up to so many sessions of a user are looked up and put in order; with more, the whole list is gone through, of which they are a good part then. */
const FEW = 1_000;
/** Each order with the index that it follows, and the bound that stands for none. */
const ORDERS: Record<SessionOrder, { where: string; by: string; all: string }> = {
  'newest activity': { where: 's.updated_at <= ?', by: 's.updated_at DESC, s.num DESC', all: '~' },
  newest: { where: 's.created_at <= ?', by: 's.created_at DESC, s.num DESC', all: '~' },
  oldest: { where: 's.created_at >= ?', by: 's.created_at, s.num', all: '' },
};

/** The sessions in a database. */
export class SqliteSessions implements SessionIndex {
  readonly #database: SqliteConnection;
  readonly #drafts: SqliteDrafts;
  readonly #sql: Statements;
  readonly #ofUser: (order: SessionOrder, areFew: boolean) => SqliteStatement;

  constructor(driver: SqliteDriver, database: SqliteConnection, drafts: SqliteDrafts) {
    this.#database = database;
    this.#drafts = drafts;
    this.#sql = prepare(driver);
    this.#ofUser = listsOfUser(driver);
  }

  create(session: NewSession): Promise<SessionRow> {
    const data = JSON.stringify(session.data ?? {});
    return this.#database.write('now', () => {
      this.#drafts.insert(session);
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

  async checkpoint(id: string): Promise<Json | undefined> {
    return this.#database.read(() => {
      const row = this.#sql.checkpoint.get(id);
      if (row === undefined || row['checkpoint'] === null) return undefined;
      return new RowReader(row, this.#database.path).json('checkpoint');
    });
  }

  async list(o: Parameters<SessionIndex['list']>[0] = {}): Promise<readonly SessionRow[]> {
    // To SQLite a limit of -1 is none.
    const page = [o.limit ?? -1, o.offset ?? 0];
    const order = o.order ?? 'newest activity';
    const from = o.from ?? ORDERS[order].all;
    return this.#database.read(() => {
      const running = o.running === true ? 1 : null;
      const filter = [o.cwd ?? null, o.cwd ?? null, running, running, from];
      const { user } = o;
      const rows =
        user === undefined
          ? this.#sql.list[order].all(...filter, ...page)
          : this.#ofUser(order, this.#hasFew(user)).all(...filter, user, ...page);
      return rows.map((row) => toSessionRow(row, this.#database.path));
    });
  }

  patch(id: string, patch: SessionPatch): Promise<SessionRow> {
    const data = patch.data === undefined ? undefined : JSON.stringify(patch.data);
    return this.#database.write('now', () => {
      const num = this.#num(this.#sql.published, id);
      if (num === undefined) throw new SessionNotFoundError(id);
      if (patch.title !== undefined) this.#sql.setTitle.run(patch.title, num);
      if (patch.tag !== undefined) this.#sql.setTag.run(patch.tag, num);
      if (data !== undefined) this.#sql.setData.run(data, num);
      return this.#existing(id);
    });
  }

  async delete(id: string): Promise<boolean> {
    const wasThere = await this.#database.write('now', () => {
      const num = this.#num(this.#sql.num, id);
      if (num === undefined) return false;
      this.#sql.remove(num);
      // Of copies that nobody goes on with: they hold what is to be gone.
      this.#drafts.removeDead();
      return true;
    });
    if (wasThere) this.#database.emptyWal();
    return wasThere;
  }

  #hasFew(user: string): boolean {
    const row = this.#sql.countOf.get(user, FEW);
    return row !== undefined && new RowReader(row, this.#database.path).int('count') < FEW;
  }

  #num(by: SqliteStatement, id: string): number | undefined {
    const row = by.get(id);
    return row && new RowReader(row, this.#database.path).int('num');
  }

  #existing(id: string): SessionRow {
    const row = this.#sql.get.get(id);
    if (row === undefined) throw new SessionNotFoundError(id);
    return toSessionRow(row, this.#database.path);
  }
}

type Statements = {
  /** Of a draft too. */
  num: SqliteStatement;
  published: SqliteStatement;
  get: SqliteStatement;
  checkpoint: SqliteStatement;
  list: Record<SessionOrder, SqliteStatement>;
  /** (user, limit) */
  countOf: SqliteStatement;
  insertState: SqliteStatement;
  setTitle: SqliteStatement;
  setTag: SqliteStatement;
  setData: SqliteStatement;
  remove: (num: number) => void;
};

function prepare(driver: SqliteDriver): Statements {
  const listIn = (order: SessionOrder): SqliteStatement => driver.prepare(listing(order, FROM));
  return {
    num: driver.prepare('SELECT num FROM session WHERE id = ?'),
    published: driver.prepare(`SELECT s.num ${FROM} WHERE s.id = ?`),
    get: driver.prepare(`SELECT ${COLUMNS} ${FROM} WHERE s.id = ?`),
    checkpoint: driver.prepare(`SELECT t.checkpoint ${FROM} WHERE s.id = ?`),
    list: {
      'newest activity': listIn('newest activity'),
      newest: listIn('newest'),
      oldest: listIn('oldest'),
    },
    countOf: driver.prepare(
      `SELECT count(*) AS count FROM (SELECT 1 FROM session_state WHERE ${OWNER_IN_DATA} = ? LIMIT ?)`,
    ),
    insertState: driver.prepare(
      'INSERT INTO session_state (session, data, checkpoint_seq) SELECT num, ?, 0 FROM session WHERE id = ?',
    ),
    setTitle: driver.prepare('UPDATE session SET title = ? WHERE num = ?'),
    setTag: driver.prepare('UPDATE session SET tag = ? WHERE num = ?'),
    setData: driver.prepare('UPDATE session_state SET data = ? WHERE session = ?'),
    remove: removalOf(driver),
  };
}

/** (cwd, cwd, running, running, from, limit, offset), with the user before the limit where there is `and`. */
function listing(order: SessionOrder, from: string, and = ''): string {
  const { where, by } = ORDERS[order];
  const filter = `(? IS NULL OR s.cwd = ?) AND (? IS NULL OR s.running = ?) AND ${where} ${and}`;
  return `SELECT ${COLUMNS} ${from} WHERE ${filter} ORDER BY ${by} LIMIT ? OFFSET ?`;
}

/** Each is prepared when it is first asked for. SQLite has no statistics here to choose by, so the path is said: CROSS JOIN goes from left to right. */
function listsOfUser(driver: SqliteDriver): (order: SessionOrder, areFew: boolean) => SqliteStatement {
  const prepared = new Map<string, SqliteStatement>();
  return (order, areFew) => {
    const from = areFew
      ? 'FROM session_state t INDEXED BY state_owner CROSS JOIN session s ON s.num = t.session'
      : 'FROM session s CROSS JOIN session_state t NOT INDEXED ON t.session = s.num';
    const sql = listing(order, from, `AND ${OWNER_IN_DATA} = ?`);
    const statement = prepared.get(sql) ?? driver.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
}
