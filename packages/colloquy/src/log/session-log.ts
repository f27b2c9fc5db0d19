import { AbortError, SessionBusyError, SessionNotFoundError } from '../errors.ts';
import type { Entry, Input, Json, NewEntry, Seq } from './entries.ts';
import { describeOwner, newOwner } from './owner.ts';
import { SessionFeed } from './session-feed.ts';
import { stampEntries } from './stamp-entries.ts';
import type { Appended, Lease, SessionRow, Store, Sync } from './store.ts';
import { Wakeup } from './wakeup.ts';

/** How long others are kept away when this process stalls without dying, in milliseconds. */
const LEASE_TTL_MS = 30_000;
/** How long readers with a cursor wait for entries that are to become durable with the next ones, in milliseconds. */
const DURABLE_WITHIN_MS = 20;

export type LogAppended = { ok: true; entries: readonly Entry[] } | { ok: false; winner: Entry };

/** One session's log, open for writing: nobody else can append facts to it until it is closed or this process is gone. */
export class SessionLog implements AsyncDisposable {
  readonly id: string;
  /** The session's row as of opening. */
  readonly row: SessionRow;
  readonly feed: SessionFeed;
  readonly #store: Store;
  readonly #lease: Lease;
  readonly #unwatch: () => void;
  readonly #settled = new Wakeup();
  #listeners: ((entry: Entry) => void)[] = [];
  #head: Seq;
  /** The newest head heard of from outside. */
  #hinted: Seq = 0;
  #inFlight = 0;
  /** When the newest append of ours has been told. */
  #told: Promise<void> = Promise.resolve();
  /** The newest wait for the disk, and how far it reaches. */
  #newestSync: { head: Seq; done: Promise<void> } = { head: 0, done: Promise.resolve() };
  #syncTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  private constructor(store: Store, lease: Lease, row: SessionRow, unwatch: () => void) {
    this.id = row.id;
    this.row = row;
    this.feed = new SessionFeed(store, row.id, { epoch: lease.epoch, head: row.head });
    this.feed.onWantDurable = () => this.#syncSoon();
    this.#store = store;
    this.#lease = lease;
    this.#unwatch = unwatch;
    this.#head = row.head;
  }

  /** Claims the session's lease. @throws SessionNotFoundError | SessionBusyError */
  static async open(store: Store, id: string, o: { owner?: string; ttlMs?: number } = {}): Promise<SessionLog> {
    const lease = await store.claim(id, o.owner ?? newOwner(), o.ttlMs ?? LEASE_TTL_MS);
    if (lease === undefined) throw await busy(store, id);
    let newest: Seq = 0;
    let hear = (head: Seq): void => void (newest = head);
    let unwatch = (): void => {};
    try {
      // Watched before the row is read, so that no input falls between the two.
      unwatch = store.watch(id, (head) => hear(head));
      const row = await store.sessions.get(id);
      if (row === undefined) throw new SessionNotFoundError(id);
      // The newest may be inputs of others who still wait for the disk, and readers are told that they are durable.
      if (row.head > 0) await store.sync();
      const log = new SessionLog(store, lease, row, unwatch);
      hear = (head) => log.#hear(head);
      hear(newest);
      return log;
    } catch (error) {
      unwatch();
      await lease.release();
      throw error;
    }
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  /** Aborted once the lease is known to be lost. */
  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  /** The newest entry that listeners have been told. */
  get head(): Seq {
    return this.#head;
  }

  /**
   * From now on the listener is told every entry, whoever appended it, once and in order; own ones before `append` resolves.
   * It must not throw. Returns what ends that.
   */
  subscribe(listener: (entry: Entry) => void): () => void {
    // A list that grows is given room for 17.
    this.#listeners = this.#listeners.concat(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /**
   * Appends as the owner, `sync: 'now'` unless said otherwise. A batch with a `once` key that exists is refused, and the entry
   * that won is given.
   * @throws SessionBusyError when the lease is lost
   */
  append(
    entries: readonly NewEntry[],
    o: { sync?: Sync | undefined; checkpoint?: Json | undefined } = {},
  ): Promise<LogAppended> {
    return this.#append(entries, o.sync ?? 'now', () =>
      this.#store.append(this.id, entries, { ...o, epoch: this.epoch }),
    );
  }

  /**
   * Appends inputs, as any process may. With `now` it resolves when they are durable, as the one that won is if they are refused;
   * listeners are told before, so that a turn is on its way while its prompt's sender waits for the disk.
   */
  async input(
    entries: readonly NewEntry<Input>[],
    { sync = 'now' }: { sync?: Sync | undefined } = {},
  ): Promise<LogAppended> {
    const appended = await this.#append(entries, 'lazy', () => this.#store.append(this.id, entries, { sync: 'lazy' }));
    if (sync === 'now') await this.sync();
    return appended;
  }

  /** Tells listeners and readers what others have appended by now, without waiting for a hint of it. */
  async refresh(): Promise<void> {
    // Own ones are told by whoever appends them, when it is time.
    while (this.#inFlight > 0) await this.#settled.wait();
    const row = await this.#store.sessions.get(this.id);
    if (row !== undefined) await this.#catchUp(row.head);
  }

  /** Makes everything appended so far durable. */
  sync(): Promise<void> {
    const head = this.#head;
    const done = (async () => {
      await this.#store.sync();
      this.feed.markDurable(head);
    })();
    this.#newestSync = { head, done };
    return done;
  }

  /** Resolves when the entries up to this one are durable; what is under way to make them so will do. */
  async durable(upTo: Seq): Promise<void> {
    if (this.feed.durable >= upTo) return;
    await (this.#newestSync.head >= upTo ? this.#newestSync.done : this.sync());
  }

  /** Makes the log durable, ends all readers after what is published, and releases the lease. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #append(entries: readonly NewEntry[], sync: Sync, append: () => Promise<Appended>): Promise<LogAppended> {
    if (this.#closing !== undefined) throw new AbortError(`Session ${this.id} is closed`);
    this.#inFlight += 1;
    const before = this.#told;
    const own = Promise.withResolvers<void>();
    this.#told = own.promise;
    try {
      const appended = await append();
      // One that waits for the disk is not to be told by a later one that does not.
      await before;
      if (!appended.ok) return await this.#refused(appended);
      const stamped = appended.entries ?? stampEntries(entries, appended);
      // Inputs of others slipped in before: they are told first.
      if (appended.first > this.#head + 1) await this.#catchUp(appended.first - 1);
      this.#publish(stamped);
      if (sync === 'now') this.feed.markDurable(appended.head);
      return { ok: true, entries: stamped };
    } finally {
      own.resolve();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) {
        this.#settled.wake();
        if (this.#hinted > this.#head) void this.#catchUpWithHint();
      }
    }
  }

  async #refused(appended: Appended & { ok: false }): Promise<LogAppended> {
    switch (appended.why) {
      case 'once':
        return { ok: false, winner: appended.winner };
      case 'missing':
        throw new SessionNotFoundError(this.id);
      case 'epoch':
        throw await busy(this.#store, this.id);
      default:
        return appended satisfies never;
    }
  }

  /** Tells those of the entries that were not told yet. */
  #publish(entries: readonly Entry[]): void {
    const fresh = entries.filter(({ seq }) => seq > this.#head);
    if (fresh.length === 0) return;
    // The feed's readers run later: the listeners have folded the entries by then.
    this.feed.publish(fresh, false);
    for (const entry of fresh) {
      this.#head = entry.seq;
      for (const listener of this.#listeners) listener(entry);
    }
  }

  async #catchUp(upTo: Seq): Promise<void> {
    this.#publish(await this.#store.read(this.id, { after: this.#head, upTo }));
    // Entries that were there are gone: so is the session.
    if (this.#head < upTo) throw new SessionNotFoundError(this.id);
  }

  /** While own appends are under way it waits for them: most hints are about those. */
  #hear(head: Seq): void {
    this.#hinted = Math.max(this.#hinted, head);
    if (this.#inFlight === 0) void this.#catchUpWithHint();
  }

  /** Fetches what others appended. */
  async #catchUpWithHint(): Promise<void> {
    if (this.#hinted <= this.#head || this.#closing !== undefined) return;
    try {
      await this.#catchUp(this.#hinted);
    } catch (error) {
      this.feed.fail(error);
    }
  }

  #syncSoon(): void {
    if (this.#closing !== undefined) return;
    this.#syncTimer ??= setTimeout(() => void this.#syncForReaders(), DURABLE_WITHIN_MS).unref();
  }

  async #syncForReaders(): Promise<void> {
    this.#syncTimer = undefined;
    try {
      await this.sync();
    } catch (error) {
      this.feed.fail(error);
    }
  }

  async #shutDown(): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#unwatch();
    while (this.#inFlight > 0) await this.#settled.wait();
    try {
      await this.sync();
    } finally {
      this.feed.close();
      await this.#lease.release();
    }
  }
}

async function busy(store: Store, id: string): Promise<SessionBusyError> {
  const row = await store.sessions.get(id);
  return new SessionBusyError(id, describeOwner(row?.owner));
}
