import { join } from 'node:path';
import type { Seq, SessionRow, Store } from 'colloquy/internal';
import { type Kysely, sql } from 'kysely';
import { emptyWal, openDatabase } from '../store/open-database.ts';
import { type WordsChange, wordsOf } from './words-of.ts';

const LOG_PAGE = 1_000;
const LIST_PAGE = 100;
/** What SQLite puts around a match in a snippet; characters that no text of a person has. */
const [OPEN, CLOSE] = ['\u{e000}', '\u{e001}'];
const SNIPPET_WORDS = 24;
const MAX_QUERY_WORDS = 20;

type Database = Kysely<{
  words: { session: string; seq: number; role: 'user' | 'assistant'; at: string; text: string };
  indexed: { session: string; seq: number };
}>;

/** A place in a conversation where the words were found. */
export type Found = {
  session: string;
  seq: Seq;
  role: 'user' | 'assistant';
  at: string;
  snippet: string;
  /** Where in the snippet: from (included) to (excluded), in characters. */
  matches: [number, number][];
};

/** The words of all conversations of a store. */
export class TranscriptIndex {
  readonly #db: Database;
  readonly #store: Store;
  #updating: Promise<void> | undefined;

  private constructor(db: Database, store: Store) {
    this.#db = db;
    this.#store = store;
  }

  /** @param dataFolder undefined: in memory. */
  static async open(dataFolder: string | undefined, store: Store): Promise<TranscriptIndex> {
    const path = dataFolder === undefined ? undefined : join(dataFolder, 'search.db');
    const db: Database = await openDatabase({ path, synchronous: 'normal' });
    await sql`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
      text, session UNINDEXED, seq UNINDEXED, role UNINDEXED, at UNINDEXED, tokenize = 'unicode61 remove_diacritics 2'
    )`.execute(db);
    // Else a deleted text stays in the index until it is merged.
    await sql`INSERT INTO words (words, rank) VALUES ('secure-delete', 1)`.execute(db);
    await sql`CREATE TABLE IF NOT EXISTS indexed (session TEXT PRIMARY KEY, seq INTEGER NOT NULL)`.execute(db);
    return new TranscriptIndex(db, store);
  }

  /**
   * Where all of these words stand together, best first. The last word may be the beginning of one.
   * @param maySee told for each session that has them, newest find first in doubt; those that may not be seen are left out.
   */
  async search(
    query: string,
    o: { limit: number; offset: number; maySee: (session: string) => Promise<boolean>; signal: AbortSignal },
  ): Promise<{ found: Found[]; hasMore: boolean }> {
    const match = toMatch(query);
    if (match === undefined) return { found: [], hasMore: false };
    await this.#update(o.signal);
    const found: Found[] = [];
    const visible = new Map<string, boolean>();
    let skipped = 0;
    for (let at = 0; ; at += LIST_PAGE) {
      const rows = await this.#rows(match, at);
      for (const row of rows) {
        const seen = visible.get(row.session) ?? (await o.maySee(row.session));
        visible.set(row.session, seen);
        if (!seen) continue;
        if (skipped < o.offset) {
          skipped += 1;
          continue;
        }
        if (found.length === o.limit) return { found, hasMore: true };
        found.push(toFound(row));
      }
      if (rows.length < LIST_PAGE || o.signal.aborted) return { found, hasMore: false };
    }
  }

  /** Takes the words of a session away that is deleted. */
  async forget(session: string): Promise<void> {
    await this.#db.deleteFrom('words').where('session', '=', session).execute();
    await this.#db.deleteFrom('indexed').where('session', '=', session).execute();
    await emptyWal(this.#db);
  }

  async close(): Promise<void> {
    await this.#updating?.catch(() => undefined);
    await this.#db.destroy();
  }

  async #rows(match: string, offset: number): Promise<FoundRow[]> {
    const { rows } = await sql<FoundRow>`
      SELECT session, seq, role, at, snippet(words, 0, ${OPEN}, ${CLOSE}, '…', ${SNIPPET_WORDS}) AS snippet
      FROM words WHERE words MATCH ${match} ORDER BY rank, at DESC LIMIT ${LIST_PAGE} OFFSET ${offset}`.execute(
      this.#db,
    );
    return rows;
  }

  async #update(signal: AbortSignal): Promise<void> {
    // One that began before may have passed what was said since.
    await this.#updating?.catch(() => undefined);
    const updating = (this.#updating ??= this.#readNews(signal).finally(() => (this.#updating = undefined)));
    await updating;
  }

  async #readNews(signal: AbortSignal): Promise<void> {
    const stale: { row: SessionRow; seq: Seq }[] = [];
    let upToDate = false;
    for (let offset = 0; !upToDate; offset += LIST_PAGE) {
      const rows = await this.#store.sessions.list({ limit: LIST_PAGE, offset });
      const known = await this.#known(rows);
      for (const row of rows) {
        const seq = known.get(row.id) ?? 0;
        upToDate = known.has(row.id) && seq >= row.head;
        if (upToDate) break;
        stale.push({ row, seq });
      }
      if (rows.length < LIST_PAGE) break;
    }
    // The oldest first: should this end early, all behind the first that is up to date still are.
    for (const { row, seq } of stale.toReversed()) {
      if (signal.aborted) return;
      await this.#read(row, seq);
    }
  }

  async #known(rows: readonly SessionRow[]): Promise<Map<string, Seq>> {
    if (rows.length === 0) return new Map();
    const ids = rows.map(({ id }) => id);
    const known = await this.#db.selectFrom('indexed').selectAll().where('session', 'in', ids).execute();
    return new Map(known.map(({ session, seq }) => [session, seq]));
  }

  async #read({ id, head }: SessionRow, from: Seq): Promise<void> {
    let after = from;
    do {
      const entries = await this.#store.read(id, { after, upTo: head, limit: LOG_PAGE });
      const changes = entries.flatMap((entry) => wordsOf(entry) ?? []);
      after = entries.at(-1)?.seq ?? head;
      await this.#write(id, changes, after);
    } while (after < head);
  }

  async #write(session: string, changes: readonly WordsChange[], seq: Seq): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      for (const change of changes) {
        if (change === undefined) continue;
        if ('add' in change)
          await db
            .insertInto('words')
            .values({ session, ...change.add })
            .execute();
        else {
          const gone = db.deleteFrom('words').where('session', '=', session);
          await (
            'remove' in change ? gone.where('seq', '=', change.remove) : gone.where('seq', '>', change.removeAfter)
          ).execute();
        }
      }
      await db
        .insertInto('indexed')
        .values({ session, seq })
        .onConflict((conflict) => conflict.column('session').doUpdateSet({ seq }))
        .execute();
    });
  }
}

type FoundRow = Omit<Found, 'matches'>;

/** The words of a query for FTS5, each quoted, so that none is taken for its syntax; undefined when there is none. */
function toMatch(query: string): string | undefined {
  // SQLite takes a text to end at a NUL.
  const words = query
    .replaceAll('\0', ' ')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return undefined;
  const quoted = words.slice(0, MAX_QUERY_WORDS).map((word) => `"${word.replaceAll('"', '""')}"`);
  return `${quoted.join(' ')}*`;
}

function toFound({ snippet: marked, ...row }: FoundRow): Found {
  let snippet = '';
  const matches: [number, number][] = [];
  for (const part of marked.split(OPEN)) {
    const end = part.indexOf(CLOSE);
    if (end !== -1) matches.push([snippet.length, snippet.length + end]);
    snippet += part.replace(CLOSE, '');
  }
  return { ...row, snippet, matches };
}
