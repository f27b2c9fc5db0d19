import { setTimeout as delay } from 'node:timers/promises';
import type { SessionTokens } from '../../auth/worker-credentials.ts';
import type { WorkTable } from '../../store/resource-tables.ts';
import type { Tables } from '../../store/tables.ts';
import {
  addItem,
  changeItem,
  newestItem,
  nextItem,
  openItems,
  START_LEASE_MS,
  stopped,
  UNTAKEN,
} from './work-items.ts';

/** How soon an item is seen that another process has queued. */
const LOOK_EVERY_MS = 100;
/** How long a worker counts that has asked for work. */
const POLLING_MS = 30_000;
const MAX_WORKERS = 10_000;
/** A token outlives the lease of its item by so much, so that who is late hears that the item is gone. */
const TOKEN_GRACE_MS = 60_000;

/** What the queue knows of a session. */
export type Standing = {
  /** The newest entry of its log. */
  head: number;
  /** Whose it is. */
  user: string;
  environment: string;
  /** A turn is open, or is about to be: the model may call a tool at any time. */
  hasWork: boolean;
  /** It is archived, or somebody has interrupted it and nothing was said since. */
  isEnded: boolean;
};

export type WorkQueueOptions = {
  tables: () => Promise<Tables>;
  tokens: SessionTokens;
  /** How long an item stays with a worker that is not heard of, unless the worker says so. */
  leaseSeconds: number;
  /** Undefined for a session that is gone, and for one that needs no worker. */
  standingOf: (session: string) => Promise<Standing | undefined>;
  /** The sessions of an environment in which a turn is open, as the log has it. */
  runningIn: (environment: string) => Promise<string[]>;
  /** Ends what is open for tokens that are not good any longer. */
  endStreams: () => Promise<void>;
  onError: (error: unknown) => void;
};

/** An item with the token for its session. */
export type HandedOut = { row: WorkTable; token: string };

/**
 * The work of self-hosted environments. A session with an open turn has one item that is not over; which that is follows from the logs
 * and the table, and is put right whenever somebody asks, so that nothing is lost with a process.
 */
export class WorkQueue {
  readonly o: WorkQueueOptions;
  readonly #settling = new Map<string, Promise<void>>();
  readonly #queueing = new Set<Promise<void>>();
  /** By environment: who waits for an item. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** By environment and id of the worker: when it asked last. */
  readonly #workers = new Map<string, { environment: string; at: number }>();

  constructor(o: WorkQueueOptions) {
    this.o = o;
  }

  /** A session was given something: it is queued, even if somebody has stopped its work before. Never rejects. */
  given(session: string): void {
    const queueing = this.queue(session, { anew: true })
      .catch(this.o.onError)
      .finally(() => this.#queueing.delete(queueing));
    this.#queueing.add(queueing);
  }

  /** Waits for what is being queued. */
  async settled(): Promise<void> {
    await Promise.all(this.#queueing);
  }

  /** The next item of an environment, waited for; undefined when there is none by then. */
  async poll(
    environment: string,
    o: { waitMs: number; reclaimOlderThanMs: number; worker: string | undefined; signal: AbortSignal },
  ): Promise<HandedOut | undefined> {
    this.#noteWorker(environment, o.worker);
    await this.settle(environment, { queued: false });
    const until = performance.now() + o.waitMs;
    while (!o.signal.aborted) {
      const next = await this.#handOut(environment, o);
      if (next !== undefined) return next;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#change(environment, Math.min(leftMs, LOOK_EVERY_MS), o.signal);
    }
    return undefined;
  }

  /**
   * Brings the items of an environment to what the sessions need and the leases say.
   * @param o.queued also those that wait for a worker; they are looked at again when they are handed out.
   */
  async settle(environment: string, o: { queued: boolean } = { queued: true }): Promise<void> {
    await this.settled();
    const key = `${environment} ${o.queued}`;
    const settling = this.#settling.get(key) ?? this.#settle(environment, o);
    this.#settling.set(key, settling);
    try {
      await settling;
    } finally {
      if (this.#settling.get(key) === settling) this.#settling.delete(key);
    }
  }

  /** @param o.anew also where somebody has stopped its work */
  async queue(session: string, o: { anew: boolean }): Promise<void> {
    const standing = await this.o.standingOf(session);
    if (standing?.hasWork !== true) return;
    const tables = await this.o.tables();
    const newest = await newestItem(tables, session);
    if (newest !== undefined && newest.state !== 'stopped') {
      // What is given to a session while its work comes to its stop is work after that.
      if (o.anew && newest.stopped_by === 'user') await changeItem(tables, newest, { stopped_by: null });
      return;
    }
    if (newest?.stopped_by === 'user' && !o.anew) return;
    await addItem(tables, { session, ...standing, ttl_seconds: this.o.leaseSeconds }, newest);
    for (const wake of this.#waiting.get(standing.environment) ?? []) wake();
  }

  /** How many workers have told their ids when they asked this process for work, lately. */
  workersOf(environment: string): number {
    const now = Date.now();
    return [...this.#workers.values()].filter((one) => one.environment === environment && now - one.at < POLLING_MS)
      .length;
  }

  /** Keeps the token of an item good for as long as its lease. */
  async extendToken({ id, lease_until }: WorkTable): Promise<void> {
    if (lease_until !== null) await this.o.tokens.extend(id, lease_until + TOKEN_GRACE_MS);
  }

  async #handOut(environment: string, o: { reclaimOlderThanMs: number }): Promise<HandedOut | undefined> {
    const tables = await this.o.tables();
    for (let item = await nextItem(tables, environment, o); item; item = await nextItem(tables, environment, o)) {
      const standing = await this.o.standingOf(item.session);
      if (standing?.hasWork !== true) {
        await changeItem(tables, item, stopped('server', item));
        continue;
      }
      const row = await changeItem(tables, item, { polled_at: Date.now() });
      // Another was quicker.
      if (row === undefined) continue;
      const scope = { session: row.session, environment, work: row.id };
      const expiresAt = Date.now() + START_LEASE_MS + TOKEN_GRACE_MS;
      // Whoever got it before may still be the first to acknowledge it.
      const keepEarlier = item.polled_at !== null;
      const token = await this.o.tokens.issue(scope, { user: standing.user, expiresAt, keepEarlier });
      return { row, token };
    }
    return undefined;
  }

  async #settle(environment: string, o: { queued: boolean }): Promise<void> {
    const tables = await this.o.tables();
    const items = await openItems(tables, environment);
    for (const item of items) {
      const isLapsed = item.lease_until !== null && item.lease_until <= Date.now();
      if (isLapsed || (o.queued && item.state === 'queued')) await this.#settleItem(tables, item);
    }
    const served = new Set(items.filter(({ state }) => state !== 'stopping').map(({ session }) => session));
    for (const session of await this.o.runningIn(environment)) {
      if (!served.has(session)) await this.queue(session, { anew: false });
    }
  }

  /** An item that no worker has: it is over if there is nothing to be done or it was to stop, else it is for the next one. */
  async #settleItem(tables: Tables, item: WorkTable): Promise<void> {
    const standing = await this.o.standingOf(item.session);
    if (standing?.hasWork !== true || item.state === 'stopping') {
      const over = stopped(item.stopped_by ?? 'server', item);
      if ((await changeItem(tables, item, over)) !== undefined) await this.o.tokens.revoke(item.id);
      return;
    }
    if (item.state === 'queued') return;
    const row = await changeItem(tables, item, { state: 'queued', available_at: Date.now(), ...UNTAKEN });
    if (row !== undefined) await this.o.tokens.revoke(item.id);
  }

  #noteWorker(environment: string, worker: string | undefined): void {
    if (worker === undefined) return;
    const now = Date.now();
    const key = `${environment} ${worker}`;
    this.#workers.delete(key);
    this.#workers.set(key, { environment, at: now });
    for (const [oldest, { at }] of this.#workers) {
      if (now - at < POLLING_MS && this.#workers.size <= MAX_WORKERS) break;
      this.#workers.delete(oldest);
    }
  }

  /** Waits until something may have been queued. */
  async #change(environment: string, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const waiting = this.#waiting.get(environment) ?? new Set();
    this.#waiting.set(environment, waiting.add(wake));
    try {
      // Ended early by either signal, which is no error here.
      await delay(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    } finally {
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(environment);
    }
  }
}
