import { SessionBusyError, SessionNotFoundError } from '../errors.ts';
import { columnChanges } from './columns.ts';
import type { Entry, NewEntry, Seq } from './entries.ts';
import { type HeldLease, LeaseKeeper } from './lease-keeper.ts';
import { describeOwner, isHeld } from './owner.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { SqliteDrafts } from './sqlite-drafts.ts';
import type { SqliteDriver, SqliteDriverName } from './sqlite-driver.ts';
import { RowReader, toBody, toEntry } from './sqlite-rows.ts';
import { MAX_ENTRIES, openDatabase } from './sqlite-schema.ts';
import { SqliteSessions } from './sqlite-sessions.ts';
import { prepareStatements, type StoreStatements } from './sqlite-statements.ts';
import type { SqliteWal } from './sqlite-wal.ts';
import { checkBatch } from './stamp-entries.ts';
import { StoreError } from './store-error.ts';
import type { Appended, FactOptions, Lease, NewSession, SessionIndex, SessionRow, Store } from './store.ts';
import { Watchers } from './watchers.ts';

/** How often a watched store looks for what other processes wrote, in milliseconds. */
const POLL_MS = 1_000;

/**
 * Opens the sessions kept in a SQLite file, which is made if it is not there. Several processes may have it open.
 * `driver` picks the library; without it better-sqlite3 if it loads, else node:sqlite.
 * @throws StoreError | ConfigurationError
 */
export async function openSqliteStore(o: { path: string; driver?: SqliteDriverName | undefined }): Promise<Store> {
  const store = new SqliteStore(await openDatabase(o.path, o.driver), o.path);
  await store.removeDeadDrafts();
  return store;
}

/** A store over an open database, which it closes in the end. */
export class SqliteStore implements Store {
  readonly sessions: SessionIndex;
  readonly location: string;
  readonly #database: SqliteConnection;
  readonly #sql: StoreStatements;
  readonly #drafts: SqliteDrafts;
  readonly #watchers = new Watchers((some) => this.#poll(some));
  readonly #leases = new LeaseKeeper({
    renew: (renewals) =>
      this.#database.write('lazy', () => renewals.filter((r) => !this.#extend(r)).map(({ lease }) => lease)),
    release: (leases) =>
      this.#database.write('lazy', () => leases.forEach(({ id, epoch }) => this.#sql.release.run(id, epoch))),
  });
  #pollTimer: NodeJS.Timeout | undefined;
  #dataVersion = 0;
  #closing: Promise<void> | undefined;

  constructor(driver: SqliteDriver, path: string, wal?: SqliteWal) {
    this.#database = new SqliteConnection(driver, path, wal);
    this.#sql = prepareStatements(driver);
    this.location = path;
    this.#drafts = new SqliteDrafts(driver, path, (owner) => this.#leases.hasLetGo(owner));
    this.sessions = new SqliteSessions(driver, this.#database, this.#drafts);
  }

  async append(id: string, entries: readonly NewEntry[], o: Partial<FactOptions> = {}): Promise<Appended> {
    checkBatch(entries, o.epoch);
    const bodies = entries.map(toBody);
    const checkpoint = o.epoch === undefined || o.checkpoint === undefined ? undefined : JSON.stringify(o.checkpoint);
    const appended = await this.#database.write(o.sync ?? 'now', () => {
      return this.#appendNow(id, entries, bodies, o.epoch, checkpoint);
    });
    if (appended.ok) this.#watchers.notify(id, appended.head);
    else if (appended.why === 'epoch') this.#leases.lose(id, o.epoch);
    return appended;
  }

  sync(): Promise<void> {
    return this.#database.sync();
  }

  async read(
    id: string,
    o: { after: Seq; upTo?: Seq | undefined; limit?: number | undefined },
  ): Promise<readonly Entry[]> {
    return this.#database.read(() => {
      // To SQLite a limit of -1 is none.
      const rows = this.#sql.read.all(id, o.after, o.upTo ?? Number.MAX_SAFE_INTEGER, o.limit ?? -1);
      return rows.map((row) => toEntry(row, this.#database.path));
    });
  }

  async claim(id: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const claimed = await this.#database.write('lazy', () => {
      const row = this.#sql.session.get(id);
      if (row === undefined) throw new SessionNotFoundError(id);
      const reader = new RowReader(row, this.#database.path);
      if (reader.int('draft') === 1) throw new SessionNotFoundError(id);
      const before = reader.optionalText('owner');
      const nowMs = Date.now();
      const isFree = before === owner || this.#leases.hasLetGo(before);
      if (!isFree && isHeld(before, reader.int('lease_until'), nowMs)) return undefined;
      const epoch = reader.int('epoch') + 1;
      const untilMs = nowMs + ttlMs;
      this.#sql.claim.run(epoch, owner, untilMs, reader.int('num'));
      return { lease: { id, epoch, owner, ttlMs, untilMs }, before };
    });
    if (claimed === undefined) return undefined;
    const lease = this.#leases.hold(claimed.lease);
    // An owner that did not let go may have left entries that a power cut could still take; whoever reads on counts on them.
    if (claimed.before !== undefined) await this.sync();
    return lease;
  }

  async draft(session: NewSession, owner: string, ttlMs: number): Promise<Lease> {
    const data = JSON.stringify(session.data ?? {});
    const untilMs = Date.now() + ttlMs;
    const epoch = await this.#database.write('lazy', () => this.#drafts.begin(session, data, { owner, untilMs }));
    return this.#leases.hold({ id: session.id, epoch, owner, ttlMs, untilMs });
  }

  async publish(id: string, epoch: number): Promise<SessionRow> {
    const isPublished = await this.#database.write('now', () => this.#drafts.publish(id, epoch));
    const row = isPublished ? await this.sessions.get(id) : undefined;
    if (row !== undefined) return row;
    this.#leases.lose(id, epoch);
    throw new SessionBusyError(id, describeOwner(undefined));
  }

  /** Removes what is left of sessions that were never published, because whoever made them is gone. */
  async removeDeadDrafts(): Promise<void> {
    if (!this.#database.read(() => this.#drafts.some())) return;
    await this.#database.write('now', () => this.#drafts.removeDead());
    this.#database.emptyWal();
  }

  watch(id: string, onHead: (head: Seq) => void): () => void {
    return this.#database.read(() => this.#watchers.watch(id, onHead));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#watchers.close();
    try {
      await this.#leases.close();
    } finally {
      await this.#database.close();
    }
  }

  /** Inside a transaction. Everything is checked before the first write. */
  #appendNow(
    id: string,
    entries: readonly NewEntry[],
    bodies: readonly string[],
    epoch: number | undefined,
    checkpoint: string | undefined,
  ): Appended {
    const row = this.#sql.session.get(id);
    if (row === undefined) return { ok: false, why: 'missing' };
    const session = new RowReader(row, this.#database.path);
    const num = session.int('num');
    if (epoch === undefined && session.int('draft') === 1) return { ok: false, why: 'missing' };
    if (epoch !== undefined && epoch !== session.int('epoch')) return { ok: false, why: 'epoch' };
    for (const { once } of entries) {
      const winner = once === undefined ? undefined : this.#sql.once.get(num, once);
      if (winner !== undefined) return { ok: false, why: 'once', winner: toEntry(winner, this.#database.path) };
    }

    const place = { first: session.int('head') + 1, at: new Date().toISOString(), epoch: session.int('epoch') };
    let head = place.first - 1;
    for (const [index, entry] of entries.entries()) {
      head += 1;
      const { kind, thread = 'main', once = null } = entry;
      this.#sql.insert.run(
        num * MAX_ENTRIES + head,
        num,
        head,
        place.at,
        place.epoch,
        kind,
        thread,
        once,
        bodies[index] ?? null,
      );
    }
    if (entries.length > 0) this.#moveHead(num, head, place.at, entries);
    if (checkpoint !== undefined) this.#sql.checkpoint.run(checkpoint, head, num);
    return { ok: true, ...place, head };
  }

  #moveHead(num: number, head: Seq, at: string, entries: readonly NewEntry[]): void {
    const changes = columnChanges(entries);
    if (changes === undefined) {
      this.#sql.moveHead.run(head, at, num);
      return;
    }
    const { title, firstPrompt = null, lastPrompt = null, running } = changes;
    const isRunning = running === undefined ? null : Number(running);
    this.#sql.moveHeadAndChange.run(
      head,
      at,
      firstPrompt,
      lastPrompt,
      isRunning,
      title === undefined ? 0 : 1,
      title ?? null,
      num,
    );
  }

  #extend({ lease, untilMs }: { lease: HeldLease; untilMs: number }): boolean {
    return this.#sql.renew.run(untilMs, lease.id, lease.epoch).changes === 1;
  }

  /** Begins or ends looking for the commits of other connections, which a counter of SQLite's tells. */
  #poll(some: boolean): void {
    clearInterval(this.#pollTimer);
    this.#pollTimer = undefined;
    if (!some) return;
    this.#dataVersion = this.#database.dataVersion();
    this.#pollTimer = setInterval(() => this.#look(), POLL_MS);
    this.#pollTimer.unref();
  }

  #look(): void {
    try {
      const version = this.#database.dataVersion();
      if (version === this.#dataVersion) return;
      this.#dataVersion = version;
      for (const id of this.#watchers.ids()) {
        const row = this.#database.read(() => this.#sql.session.get(id));
        if (row !== undefined) this.#watchers.notify(id, new RowReader(row, this.#database.path).int('head'));
      }
    } catch (error) {
      // A hint may be lost; whoever reads or writes next is told what is wrong with the file.
      if (!(error instanceof StoreError)) throw error;
    }
  }
}
