import { SessionBusyError } from '../errors.ts';
import { describeOwner } from './owner.ts';
import type { Lease } from './store.ts';

/** A lease is renewed when this part of its time has passed, so that two renewals may fail before it runs out. */
const RENEW_AFTER = 1 / 3;
/** How long to wait after a renewal that failed, at most. */
const RETRY_MS = 1_000;

/** A lease of this process. */
export type HeldLease = {
  readonly id: string;
  readonly epoch: number;
  readonly owner: string;
  readonly ttlMs: number;
  untilMs: number;
};

/** How a store writes down its leases. */
export type LeaseTable = {
  /** Moves the expiry of each to `untilMs`; answers with those that belong to another epoch by now. */
  renew(leases: readonly { lease: HeldLease; untilMs: number }[]): Promise<readonly HeldLease[]>;
  /** Clears the owner of those that are still the newest of their session. */
  release(leases: readonly HeldLease[]): Promise<void>;
};

/** Renews all leases of a store with one timer, which does not keep the process alive. */
export class LeaseKeeper {
  readonly #table: LeaseTable;
  readonly #held = new Map<string, KeptLease>();
  /** Owners that let go while that could not be written down, as on a full disk: to others they end with their time. */
  #letGo: Set<string> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  /** Takes care of a lease that was just claimed. An older one of the same session is lost by that. */
  hold(claimed: HeldLease): Lease {
    this.#lose(this.#held.get(claimed.id), claimed.owner);
    const lease = new KeptLease(claimed, this);
    this.#held.set(lease.id, lease);
    this.#wakeAt(dueAtMs(lease));
    return lease;
  }

  /** Renews these now. */
  async renew(leases: readonly KeptLease[]): Promise<void> {
    const nowMs = Date.now();
    const renewals = leases.map((lease) => ({ lease, untilMs: nowMs + lease.ttlMs }));
    const lost = new Set(await this.#table.renew(renewals));
    for (const { lease, untilMs } of renewals) {
      if (this.#held.get(lease.id) !== lease) continue;
      // A lease that ran out is still good while nobody else took it: epochs fence, expiry only lets others in.
      if (lost.has(lease)) this.#lose(lease);
      else lease.untilMs = untilMs;
    }
  }

  async release(lease: KeptLease): Promise<void> {
    if (!this.#drop(lease)) return;
    try {
      await this.#table.release([lease]);
    } catch (error) {
      (this.#letGo ??= new Set()).add(lease.owner);
      throw error;
    }
  }

  /** Whether an owner of this process has let go, although its name still stands with the session. */
  hasLetGo(owner: string | undefined): boolean {
    return owner !== undefined && this.#letGo?.has(owner) === true;
  }

  /** Tells the holder of an epoch, if it is in this process, that its lease is lost. */
  lose(id: string, epoch: number | undefined): void {
    const lease = this.#held.get(id);
    if (lease?.epoch === epoch) this.#lose(lease);
  }

  /** Releases what is still held; no timer is left. */
  async close(): Promise<void> {
    const leases = [...this.#held.values()];
    for (const lease of leases) this.#drop(lease);
    if (leases.length > 0) await this.#table.release(leases);
  }

  #lose(lease: KeptLease | undefined, to?: string, cause?: unknown): void {
    if (lease === undefined || !this.#drop(lease)) return;
    lease.lose(new SessionBusyError(lease.id, describeOwner(to), { cause }));
  }

  #drop(lease: KeptLease): boolean {
    if (this.#held.get(lease.id) !== lease) return false;
    this.#held.delete(lease.id);
    if (this.#held.size === 0) this.#stop();
    return true;
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    this.#stop();
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => void this.#tick(), Math.max(0, atMs - Date.now()));
    this.#timer.unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
  }

  async #tick(): Promise<void> {
    this.#stop();
    let retryMs = 0;
    const nowMs = Date.now();
    const due = [...this.#held.values()].filter((lease) => dueAtMs(lease) <= nowMs);
    try {
      if (due.length > 0) await this.renew(due);
    } catch (error) {
      // Whatever hindered the renewal counts against the lease only once its time is over, and is its reason then.
      for (const lease of due) if (lease.untilMs <= Date.now()) this.#lose(lease, undefined, error);
      retryMs = RETRY_MS;
    }
    const earliestMs = Date.now() + retryMs;
    for (const lease of this.#held.values()) this.#wakeAt(Math.max(dueAtMs(lease), earliestMs));
  }
}

/** A lease as its holder sees it. */
class KeptLease implements HeldLease, Lease {
  readonly id: string;
  readonly epoch: number;
  readonly owner: string;
  readonly ttlMs: number;
  untilMs: number;
  readonly #lost = new AbortController();
  readonly #keeper: LeaseKeeper;

  constructor({ id, epoch, owner, ttlMs, untilMs }: HeldLease, keeper: LeaseKeeper) {
    this.id = id;
    this.epoch = epoch;
    this.owner = owner;
    this.ttlMs = ttlMs;
    this.untilMs = untilMs;
    this.#keeper = keeper;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  lose(why: SessionBusyError): void {
    this.#lost.abort(why);
  }

  renew(): Promise<void> {
    return this.#keeper.renew([this]);
  }

  release(): Promise<void> {
    return this.#keeper.release(this);
  }
}

function dueAtMs(lease: HeldLease): number {
  return lease.untilMs - lease.ttlMs * (1 - RENEW_AFTER);
}
