import { ConfigurationError, SessionBusyError } from '../errors.ts';
import { describeOwner, isHeld } from './owner.ts';
import type { SqliteDriver, SqliteStatement, SqlRow } from './sqlite-driver.ts';
import { RowReader } from './sqlite-rows.ts';
import { MAX_ENTRIES } from './sqlite-schema.ts';
import type { NewSession } from './store.ts';

/** The sessions that are being made: they have a row, and no state yet. Every method runs inside a transaction, but for `some`. */
export class SqliteDrafts {
  readonly #path: string;
  readonly #hasLetGo: (owner: string | undefined) => boolean;
  readonly #sql: Statements;

  constructor(driver: SqliteDriver, path: string, hasLetGo: (owner: string | undefined) => boolean) {
    this.#path = path;
    this.#hasLetGo = hasLetGo;
    this.#sql = prepare(driver);
  }

  /**
   * The row of a new session, in place of what a dead maker has left under its id. Answers with its epoch: another than that one's lease
   * has, who may only have been asleep.
   * @throws ConfigurationError when the id is taken | SessionBusyError while somebody else makes it
   */
  insert({ id, cwd, title }: NewSession): number {
    const there = this.#sql.named.get(id);
    const epoch = there === undefined ? 0 : this.#removeLeft(there, id) + 1;
    const at = new Date().toISOString();
    this.#sql.insert.run(id, cwd, title ?? null, at, at, epoch);
    return epoch;
  }

  /** Answers with the epoch of its lease. */
  begin(session: NewSession, data: string, lease: { owner: string; untilMs: number }): number {
    const epoch = this.insert(session) + 1;
    this.#sql.lease.run(epoch, lease.owner, lease.untilMs, session.id);
    this.#sql.begin.run(data, session.id);
    return epoch;
  }

  /** False when it is not this maker's any longer. */
  publish(id: string, epoch: number): boolean {
    const row = this.#sql.named.get(id);
    if (row === undefined) return false;
    const draft = new RowReader(row, this.#path);
    if (draft.int('draft') === 0 || draft.int('epoch') !== epoch) return false;
    this.#sql.state.run(draft.int('num'));
    this.#sql.end.run(draft.int('num'));
    return true;
  }

  some(): boolean {
    return this.#sql.some.get() !== undefined;
  }

  removeDead(): void {
    for (const row of this.#sql.all.all()) {
      if (this.#makerOf(row) === undefined) this.#sql.remove(new RowReader(row, this.#path).int('num'));
    }
  }

  /** Answers with the epoch of its lease. */
  #removeLeft(row: SqlRow, id: string): number {
    const session = new RowReader(row, this.#path);
    if (session.int('draft') === 0) throw new ConfigurationError(`There is a session ${id} already; resume it instead`);
    const maker = this.#makerOf(row);
    if (maker !== undefined) throw new SessionBusyError(id, describeOwner(maker));
    this.#sql.remove(session.int('num'));
    return session.int('epoch');
  }

  /** Who makes it; undefined when nobody does any longer. */
  #makerOf(row: SqlRow): string | undefined {
    const reader = new RowReader(row, this.#path);
    const owner = reader.optionalText('owner');
    return isHeld(owner, reader.int('lease_until'), Date.now()) && !this.#hasLetGo(owner) ? owner : undefined;
  }
}

type Statements = {
  /** (id) */
  named: SqliteStatement;
  all: SqliteStatement;
  some: SqliteStatement;
  /** (id, cwd, title, createdAt, updatedAt, epoch) */
  insert: SqliteStatement;
  /** (epoch, owner, until, id) */
  lease: SqliteStatement;
  /** (data, id) */
  begin: SqliteStatement;
  /** (session) */
  state: SqliteStatement;
  /** (session) */
  end: SqliteStatement;
  remove: (num: number) => void;
};

function prepare(driver: SqliteDriver): Statements {
  const columns = 's.num, s.epoch, s.owner, s.lease_until, d.session IS NOT NULL AS draft';
  return {
    named: driver.prepare(`SELECT ${columns} FROM session s LEFT JOIN draft d ON d.session = s.num WHERE s.id = ?`),
    all: driver.prepare(`SELECT ${columns} FROM draft d JOIN session s ON s.num = d.session`),
    some: driver.prepare('SELECT 1 FROM draft LIMIT 1'),
    insert: driver.prepare(
      `INSERT INTO session (id, cwd, title, created_at, updated_at, head, epoch, lease_until, running)
       VALUES (?, ?, ?, ?, ?, 0, ?, 0, 0)`,
    ),
    lease: driver.prepare('UPDATE session SET epoch = ?, owner = ?, lease_until = ? WHERE id = ?'),
    begin: driver.prepare('INSERT INTO draft (session, data) SELECT num, ? FROM session WHERE id = ?'),
    state: driver.prepare(
      'INSERT INTO session_state (session, data, checkpoint_seq) SELECT session, data, 0 FROM draft WHERE session = ?',
    ),
    end: driver.prepare('DELETE FROM draft WHERE session = ?'),
    remove: removalOf(driver),
  };
}

/** Removes a session, by its number, with all that is in it. */
export function removalOf(driver: SqliteDriver): (num: number) => void {
  const statements = [
    driver.prepare(
      `WITH of (num) AS (SELECT ?) DELETE FROM entry
       WHERE id > (SELECT num FROM of) * ${MAX_ENTRIES} AND id < (SELECT num FROM of) * ${MAX_ENTRIES} + ${MAX_ENTRIES}`,
    ),
    driver.prepare('DELETE FROM session_state WHERE session = ?'),
    driver.prepare('DELETE FROM draft WHERE session = ?'),
    driver.prepare('DELETE FROM session WHERE num = ?'),
  ];
  return (num) => {
    for (const statement of statements) statement.run(num);
  };
}
