import { AbortError, ConfigurationError, SessionBusyError, SessionNotFoundError } from '../errors.ts';
import type { Entry, Json, Seq } from './entries.ts';
import type { HeldLease, LeaseTable } from './lease-keeper.ts';
import { describeOwner, isHeld } from './owner.ts';
import type { NewSession, SessionIndex, SessionPatch, SessionRow } from './store.ts';

export type MemorySession = {
  /** `owner` is the holder's name as claimed, alive or not. */
  row: SessionRow;
  leaseUntilMs: number;
  entries: Entry[];
  checkpoint?: Json | undefined;
  /** Where each `once` key stands; made with the first. */
  once: Map<string, Seq> | undefined;
  /** It is being made: nobody but its maker knows it. */
  isDraft: boolean;
};

/** The sessions of a store in memory, with their leases. */
export class MemorySessions implements SessionIndex, LeaseTable {
  readonly #byId = new Map<string, MemorySession>();
  #closed = false;

  async create(session: NewSession): Promise<SessionRow> {
    return { ...this.insert(session).row };
  }

  async get(id: string): Promise<SessionRow | undefined> {
    const session = this.published(id);
    return session && shown(session);
  }

  async checkpoint(id: string): Promise<Json | undefined> {
    return this.published(id)?.checkpoint;
  }

  async list(o: NonNullable<Parameters<SessionIndex['list']>[0]> = {}): Promise<SessionRow[]> {
    const offset = o.offset ?? 0;
    const time = o.order === undefined || o.order === 'newest activity' ? 'updatedAt' : 'createdAt';
    const direction = o.order === 'oldest' ? 1 : -1;
    const { cwd, running, from } = o;
    return [...this.#open().values()]
      .filter(({ isDraft }) => !isDraft)
      .filter(({ row }) => (cwd === undefined || row.cwd === cwd) && (running === undefined || row.running))
      .filter(({ row }) => o.user === undefined || row.data['owner'] === o.user)
      .filter(({ row }) => from === undefined || direction * compare(row[time], from) >= 0)
      .reverse() // Of equal times the younger session first; the sort is stable.
      .toSorted((a, b) => direction * compare(a.row[time], b.row[time]))
      .slice(offset, offset + (o.limit ?? Infinity))
      .map(shown);
  }

  async patch(id: string, patch: SessionPatch): Promise<SessionRow> {
    const session = this.published(id);
    if (session === undefined) throw new SessionNotFoundError(id);
    if (patch.title !== undefined) session.row.title = patch.title ?? undefined;
    if (patch.tag !== undefined) session.row.tag = patch.tag ?? undefined;
    if (patch.data !== undefined) session.row.data = patch.data;
    return shown(session);
  }

  async delete(id: string): Promise<boolean> {
    return this.#open().delete(id);
  }

  async renew(renewals: readonly { lease: HeldLease; untilMs: number }[]): Promise<readonly HeldLease[]> {
    return renewals.filter(({ lease, untilMs }) => !this.#extend(lease, untilMs)).map(({ lease }) => lease);
  }

  async release(leases: readonly HeldLease[]): Promise<void> {
    for (const { id, epoch } of leases) {
      const session = this.#byId.get(id);
      if (session !== undefined && session.row.epoch === epoch) session.row.owner = undefined;
    }
  }

  /** A draft too. */
  any(id: string): MemorySession | undefined {
    return this.#open().get(id);
  }

  published(id: string): MemorySession | undefined {
    const session = this.any(id);
    return session?.isDraft === true ? undefined : session;
  }

  /** @param lease of a draft's maker. */
  insert(session: NewSession, lease?: { owner: string; untilMs: number }): MemorySession {
    const there = this.#open().get(session.id);
    if (there?.isDraft === false)
      throw new ConfigurationError(`There is a session ${session.id} already; resume it instead`);
    if (there !== undefined && isHeld(there.row.owner, there.leaseUntilMs, Date.now()))
      throw new SessionBusyError(session.id, describeOwner(there.row.owner));
    const at = new Date().toISOString();
    const row: SessionRow = {
      id: session.id,
      cwd: session.cwd,
      data: session.data ?? {},
      title: session.title,
      tag: undefined,
      firstPrompt: undefined,
      lastPrompt: undefined,
      createdAt: at,
      updatedAt: at,
      head: 0,
      // Another than that of a maker before, who may only have been asleep.
      epoch: (there === undefined ? 0 : there.row.epoch + 1) + (lease === undefined ? 0 : 1),
      owner: lease?.owner,
      running: false,
      checkpointSeq: 0,
    };
    const isDraft = lease !== undefined;
    const made = { row, leaseUntilMs: lease?.untilMs ?? 0, entries: [], once: undefined, isDraft };
    this.#byId.set(session.id, made);
    return made;
  }

  /** @throws AbortError when the store is closed */
  checkOpen(): void {
    this.#open();
  }

  close(): void {
    this.#closed = true;
  }

  #open(): Map<string, MemorySession> {
    if (this.#closed) throw new AbortError('The store of sessions in memory is closed');
    return this.#byId;
  }

  #extend(lease: HeldLease, untilMs: number): boolean {
    const session = this.#byId.get(lease.id);
    if (session === undefined || session.row.epoch !== lease.epoch) return false;
    session.leaseUntilMs = untilMs;
    return true;
  }
}

/** A copy of the row for outside, which names an owner only while the lease is held. */
export function shown(session: MemorySession): SessionRow {
  const { row } = session;
  return { ...row, owner: isHeld(row.owner, session.leaseUntilMs, Date.now()) ? row.owner : undefined };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
