import type { SqliteDriver, SqliteStatement } from './sqlite-driver.ts';
import { MAX_ENTRIES } from './sqlite-schema.ts';

/** The statements of the store, prepared once. */
export type StoreStatements = {
  /** (id) `draft`: 1 while it is being made. */
  session: SqliteStatement;
  /** (session, once) */
  once: SqliteStatement;
  /** (id, session, seq, at, epoch, kind, thread, once, body) */
  insert: SqliteStatement;
  /** (head, updatedAt, session) */
  moveHead: SqliteStatement;
  /** (head, updatedAt, firstPrompt, lastPrompt, running, whether the title changes, title, session) */
  moveHeadAndChange: SqliteStatement;
  /** (checkpoint, seq, session) */
  checkpoint: SqliteStatement;
  /** (id, after, upTo, limit) */
  read: SqliteStatement;
  /** (epoch, owner, until, session) */
  claim: SqliteStatement;
  /** (until, id, epoch) */
  renew: SqliteStatement;
  /** (id, epoch) */
  release: SqliteStatement;
};

const ENTRY_COLUMNS = 'seq, v, at, epoch, kind, thread, once, body';

export function prepareStatements(driver: SqliteDriver): StoreStatements {
  return {
    session: driver.prepare(
      `SELECT num, head, epoch, owner, lease_until, EXISTS (SELECT 1 FROM draft WHERE session = num) AS draft
       FROM session WHERE id = ?`,
    ),
    once: driver.prepare(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE session = ? AND once = ?`),
    insert: driver.prepare(
      `INSERT INTO entry (id, session, seq, v, at, epoch, kind, thread, once, body) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
    ),
    moveHead: driver.prepare('UPDATE session SET head = ?, updated_at = ? WHERE num = ?'),
    moveHeadAndChange: driver.prepare(
      `UPDATE session SET head = ?, updated_at = ?, first_prompt = coalesce(first_prompt, ?),
         last_prompt = coalesce(?, last_prompt), running = coalesce(?, running),
         title = CASE WHEN ? = 1 THEN ? ELSE title END
       WHERE num = ?`,
    ),
    checkpoint: driver.prepare('UPDATE session_state SET checkpoint = ?, checkpoint_seq = ? WHERE session = ?'),
    read: driver.prepare(
      `WITH of (num) AS (SELECT num FROM session WHERE id = ?)
       SELECT ${ENTRY_COLUMNS} FROM entry
       WHERE id > (SELECT num FROM of) * ${MAX_ENTRIES} + ?
         AND id <= (SELECT num FROM of) * ${MAX_ENTRIES} + min(?, ${MAX_ENTRIES - 1})
       ORDER BY id LIMIT ?`,
    ),
    claim: driver.prepare('UPDATE session SET epoch = ?, owner = ?, lease_until = ? WHERE num = ?'),
    renew: driver.prepare('UPDATE session SET lease_until = ? WHERE id = ? AND epoch = ?'),
    release: driver.prepare('UPDATE session SET owner = NULL, lease_until = 0 WHERE id = ? AND epoch = ?'),
  };
}
