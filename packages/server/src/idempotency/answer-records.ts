import { join } from 'node:path';
import { isOwnerAlive, newOwner } from 'colloquy/internal';
import { type Generated, type Kysely, type Selectable, sql } from 'kysely';
import { emptyWal, openDatabase } from '../store/open-database.ts';
import { WriteTogether } from '../store/write-together.ts';

export const KEYED_MS = 24 * 60 * 60_000;
export const MARKED_MS = 10 * 60_000;
const CLEAN_EVERY_MS = 60_000;
/** After which somebody of whom nothing can be found out, of before a restart of the machine for instance, is taken to be gone. */
const GONE_AFTER_MS = 60_000;

/** A request as far as its repeats can be told. */
export type RequestFacts = {
  principal: string;
  key: string | undefined;
  path: string;
  /** Of method, path, query and body; of an upload that is at work, what is known of it by then. */
  fingerprint: string;
};

export type KeptAnswer = { status: number; headers: Record<string, string>; body: string };

/** `answer` is null where there was one that is not kept. */
export type AnswerRecord = RequestFacts & { id: number; nonce: string; answer: KeptAnswer | null | undefined } & {
  /** Somebody is at work on it: this process, or another that lives as far as can be told. */
  running: 'here' | 'elsewhere' | undefined;
};

type RequestTable = {
  id: Generated<number>;
  principal: string;
  key: string | null;
  path: string;
  fingerprint: string;
  nonce: string;
  created_at: number;
  /** Who is at work on it; null once it is done or has failed. */
  owner: string | null;
  status: number | null;
  headers: string | null;
  body: string | null;
};
type Row = Selectable<RequestTable>;
type Database = Kysely<{ request: RequestTable }>;

/** What POSTs were answered, in `requests.db`. */
export class AnswerRecords {
  readonly #db: Database;
  readonly #together: WriteTogether<{ request: RequestTable }>;
  readonly #now: () => number;
  readonly #owner = newOwner();
  /** Requests of this process that ended without being noted as such. */
  readonly #abandoned = new Set<number>();
  #cleanedAt = 0;

  private constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#together = new WriteTogether(db);
    this.#now = now;
  }

  /** @param dataFolder undefined: in memory. */
  static async open(dataFolder: string | undefined, now: () => number = Date.now): Promise<AnswerRecords> {
    const path = dataFolder === undefined ? undefined : join(dataFolder, 'requests.db');
    const db: Database = await openDatabase({ path, synchronous: 'normal' });
    await sql`
      CREATE TABLE IF NOT EXISTS request (
        id INTEGER PRIMARY KEY, principal TEXT NOT NULL, key TEXT, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
        nonce TEXT NOT NULL, created_at INTEGER NOT NULL, owner TEXT, status INTEGER, headers TEXT, body TEXT
      )`.execute(db);
    await sql`CREATE UNIQUE INDEX IF NOT EXISTS request_by_key ON request (principal, key) WHERE key IS NOT NULL`.execute(
      db,
    );
    await sql`CREATE INDEX IF NOT EXISTS request_by_body ON request (principal, fingerprint, created_at)`.execute(db);
    await sql`CREATE INDEX IF NOT EXISTS request_by_age ON request (created_at)`.execute(db);
    return new AnswerRecords(db, now);
  }

  /** The request that this one repeats: by its key, or, if it is marked as a retry, the newest of its like. */
  async find(facts: RequestFacts, marked: boolean): Promise<AnswerRecord | undefined> {
    if (facts.key === undefined && !marked) return undefined;
    let query = this.#db.selectFrom('request').selectAll().where('principal', '=', facts.principal);
    query =
      facts.key === undefined
        ? query
            .where('fingerprint', '=', facts.fingerprint)
            .where('key', 'is', null)
            .where('created_at', '>', this.#now() - MARKED_MS)
            .orderBy('id', 'desc')
        : query.where('key', '=', facts.key).where('created_at', '>', this.#now() - KEYED_MS);
    const row = await query.limit(1).executeTakeFirst();
    return row === undefined ? undefined : this.#toRecord(row);
  }

  /** Notes that a new request is at work; undefined when another process has just noted one with its key. */
  async begin(facts: RequestFacts, nonce: string): Promise<number | undefined> {
    await this.#clean();
    const inserted = await this.#insert(facts, nonce);
    if (inserted !== undefined || facts.key === undefined) return inserted;
    // The key may be one that was used more than a day ago.
    const { numDeletedRows } = await this.#db
      .deleteFrom('request')
      .where('principal', '=', facts.principal)
      .where('key', '=', facts.key)
      .where('created_at', '<=', this.#now() - KEYED_MS)
      .executeTakeFirst();
    return numDeletedRows === 0n ? undefined : this.#insert(facts, nonce);
  }

  /** Its number; undefined when there is one with its key. */
  async #insert(facts: RequestFacts, nonce: string): Promise<number | undefined> {
    const { principal, key = null, path, fingerprint } = facts;
    const row = { principal, key, path, fingerprint, nonce, created_at: this.#now(), owner: this.#owner };
    const inserted = await this.#together.write((db) =>
      db
        .insertInto('request')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst(),
    );
    return inserted?.id;
  }

  /** Takes over a request that nobody is at work on any longer; false when somebody else was quicker. */
  async takeOver(record: AnswerRecord): Promise<boolean> {
    const row = await this.#db.selectFrom('request').selectAll().where('id', '=', record.id).executeTakeFirst();
    if (row === undefined || this.#runner(row) !== undefined) return false;
    const { owner } = row;
    this.#abandoned.delete(record.id);
    const { numUpdatedRows } = await this.#db
      .updateTable('request')
      .set({ owner: this.#owner })
      .where('id', '=', record.id)
      .where('owner', 'is', owner)
      .where('status', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Ends the work on a request: with its answer, with `null` for one that is not kept, with undefined when a repeat shall try again. */
  async end(id: number, answer: KeptAnswer | null | undefined, fingerprint?: string): Promise<void> {
    const kept = answer === undefined ? {} : { status: 0, ...toColumns(answer), ...(fingerprint && { fingerprint }) };
    await this.#together.write((db) =>
      db
        .updateTable('request')
        .set({ owner: null, ...kept })
        .where('id', '=', id)
        .execute(),
    );
  }

  /** Leaves a request to whoever repeats it: its end could not be noted. */
  abandon(id: number): void {
    this.#abandoned.add(id);
  }

  /**
   * Erases what requests for a thing, known by these names, and for what lies below it were answered: `paths` are its own. The answers
   * that tell of it, of the request that made it above all, are erased too; that there was one stays known.
   */
  async forget(names: readonly string[], paths: readonly string[] = []): Promise<void> {
    for (const path of paths) {
      await this.#db
        .deleteFrom('request')
        .where((where) =>
          where.or([
            where('path', '=', path),
            where(sql<boolean>`substr(path, 1, ${path.length + 1}) = ${`${path}/`}`, '=', sql<boolean>`1`),
          ]),
        )
        .execute();
    }
    for (const name of names) {
      await this.#db
        .updateTable('request')
        .set({ headers: null, body: null })
        .where(sql<number>`instr(body, ${name})`, '>', 0)
        .execute();
    }
    await emptyWal(this.#db);
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }

  async #clean(): Promise<void> {
    const now = this.#now();
    if (now - this.#cleanedAt < CLEAN_EVERY_MS) return;
    this.#cleanedAt = now;
    await this.#db
      .deleteFrom('request')
      .where((where) =>
        where.or([
          where('created_at', '<=', now - KEYED_MS),
          where.and([where('key', 'is', null), where('created_at', '<=', now - MARKED_MS)]),
        ]),
      )
      .execute();
  }

  #toRecord(row: Row): AnswerRecord {
    const { id, principal, key, path, fingerprint, nonce } = row;
    return {
      id,
      principal,
      key: key ?? undefined,
      path,
      fingerprint,
      nonce,
      answer: toAnswer(row),
      running: this.#runner(row),
    };
  }

  #runner({ id, owner, created_at }: Row): AnswerRecord['running'] {
    if (owner === null) return undefined;
    if (owner === this.#owner) return this.#abandoned.has(id) ? undefined : 'here';
    const isAlive = isOwnerAlive(owner) ?? created_at > this.#now() - GONE_AFTER_MS;
    return isAlive ? 'elsewhere' : undefined;
  }
}

function toColumns(answer: KeptAnswer | null): Partial<Row> {
  if (answer === null) return {};
  return { status: answer.status, headers: JSON.stringify(answer.headers), body: answer.body };
}

function toAnswer({ status, headers, body }: Row): KeptAnswer | null | undefined {
  if (status === null) return undefined;
  if (headers === null || body === null) return null;
  // Written by `toColumns`.
  return { status, headers: JSON.parse(headers) as Record<string, string>, body };
}
