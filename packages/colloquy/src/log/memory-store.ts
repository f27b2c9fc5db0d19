import { AbortError, ConfigurationError, SessionBusyError, SessionNotFoundError } from '../errors.ts';
import { columnChanges } from './columns.ts';
import type { Entry, NewEntry, Seq } from './entries.ts';
import { type HeldLease, LeaseKeeper } from './lease-keeper.ts';
import { describeOwner, isHeld } from './owner.ts';
import { checkBatch, stampEntries } from './stamp-entries.ts';
import type {
  Appended,
  FactOptions,
  Lease,
  NewSession,
  SessionIndex,
  SessionPatch,
  SessionRow,
  Store,
} from './store.ts';
import { Watchers } from './watchers.ts';

/** A store that ends with the process. Entries are kept as they are handed in: nobody may change one afterwards. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}

type MemorySession = {
  /** `owner` is the holder's name as claimed, alive or not. */
  row: SessionRow;
  leaseUntilMs: number;
  entries: Entry[];
  /** Where each `once` key stands; made with the first. */
  once: Map<string, Seq> | undefined;
  /** It is being made: nobody but its maker knows it. */
  isDraft: boolean;
};

class MemoryStore implements Store {
  readonly sessions: SessionIndex;
  readonly #byId = new Map<string, MemorySession>();
  readonly #watchers = new Watchers();
  readonly #leases = new LeaseKeeper({
    renew: async (renewals) =>
      renewals.filter(({ lease, untilMs }) => !this.#extend(lease, untilMs)).map(({ lease }) => lease),
    release: async (leases) => leases.forEach((lease) => this.#release(lease)),
  });
  #closed = false;

  constructor() {
    this.sessions = {
      create: async (session) => this.#create(session),
      get: async (id) => {
        const session = this.#published(id);
        return session && shown(session);
      },
      list: async (o = {}) => this.#list(o),
      patch: async (id, patch) => this.#patch(id, patch),
      delete: async (id) => this.#open().delete(id),
    };
  }

  async append(id: string, entries: readonly NewEntry[], o: Partial<FactOptions> = {}): Promise<Appended> {
    checkBatch(entries, o.epoch);
    const session = this.#open().get(id);
    if (session === undefined || (session.isDraft && o.epoch === undefined)) return { ok: false, why: 'missing' };
    const { row } = session;
    if (o.epoch !== undefined && o.epoch !== row.epoch) {
      this.#leases.lose(id, o.epoch);
      return { ok: false, why: 'epoch' };
    }
    const winner = winnerOf(session, entries);
    if (winner !== undefined) return { ok: false, why: 'once', winner };

    const place = { first: row.head + 1, at: new Date().toISOString(), epoch: row.epoch };
    const stamped = stampEntries(entries, place);
    for (const entry of stamped) {
      session.entries.push(entry);
      if (entry.once !== undefined) (session.once ??= new Map()).set(entry.once, entry.seq);
    }
    row.head += stamped.length;
    if (stamped.length > 0) applyColumns(row, entries, place.at);
    if (o.epoch !== undefined && o.checkpoint !== undefined) {
      row.checkpoint = o.checkpoint;
      row.checkpointSeq = row.head;
    }
    this.#watchers.notify(id, row.head);
    return { ok: true, ...place, head: row.head };
  }

  async sync(): Promise<void> {
    this.#open();
  }

  async read(
    id: string,
    o: { after: Seq; upTo?: Seq | undefined; limit?: number | undefined },
  ): Promise<readonly Entry[]> {
    const entries = this.#open().get(id)?.entries ?? [];
    // Entry n stands at index n - 1.
    const end = Math.min(o.upTo ?? Infinity, o.after + (o.limit ?? Infinity));
    return entries.slice(Math.max(0, o.after), Math.max(0, end));
  }

  async claim(id: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const session = this.#published(id);
    if (session === undefined) throw new SessionNotFoundError(id);
    const { row } = session;
    const nowMs = Date.now();
    if (row.owner !== owner && isHeld(row.owner, session.leaseUntilMs, nowMs)) return undefined;
    row.epoch += 1;
    row.owner = owner;
    session.leaseUntilMs = nowMs + ttlMs;
    return this.#leases.hold({ id, epoch: row.epoch, owner, ttlMs, untilMs: session.leaseUntilMs });
  }

  async draft(session: NewSession, owner: string, ttlMs: number): Promise<Lease> {
    const { row, leaseUntilMs } = this.#insert(session, { owner, untilMs: Date.now() + ttlMs });
    return this.#leases.hold({ id: row.id, epoch: row.epoch, owner, ttlMs, untilMs: leaseUntilMs });
  }

  async publish(id: string, epoch: number): Promise<SessionRow> {
    const session = this.#open().get(id);
    if (session?.isDraft !== true || session.row.epoch !== epoch) {
      this.#leases.lose(id, epoch);
      throw new SessionBusyError(id, describeOwner(session?.row.owner));
    }
    session.isDraft = false;
    return shown(session);
  }

  watch(id: string, signal: AbortSignal): AsyncIterable<Seq> {
    this.#open();
    return this.#watchers.watch(id, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#watchers.close();
    await this.#leases.close();
  }

  #open(): Map<string, MemorySession> {
    if (this.#closed) throw new AbortError('The store of sessions in memory is closed');
    return this.#byId;
  }

  #published(id: string): MemorySession | undefined {
    const session = this.#open().get(id);
    return session?.isDraft === true ? undefined : session;
  }

  #extend(lease: HeldLease, untilMs: number): boolean {
    const session = this.#byId.get(lease.id);
    if (session === undefined || session.row.epoch !== lease.epoch) return false;
    session.leaseUntilMs = untilMs;
    return true;
  }

  #release(lease: HeldLease): void {
    const session = this.#byId.get(lease.id);
    if (session !== undefined && session.row.epoch === lease.epoch) session.row.owner = undefined;
  }

  #create(session: NewSession): SessionRow {
    return { ...this.#insert(session).row };
  }

  /** @param lease of a draft's maker. */
  #insert(session: NewSession, lease?: { owner: string; untilMs: number }): MemorySession {
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
      epoch: lease === undefined ? 0 : (there?.row.epoch ?? 0) + 1,
      owner: lease?.owner,
      running: false,
      checkpoint: undefined,
      checkpointSeq: 0,
    };
    const isDraft = lease !== undefined;
    const made = { row, leaseUntilMs: lease?.untilMs ?? 0, entries: [], once: undefined, isDraft };
    this.#byId.set(session.id, made);
    return made;
  }

  #list(o: NonNullable<Parameters<SessionIndex['list']>[0]>): SessionRow[] {
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
      .map((session) => ({ ...shown(session), checkpoint: undefined }));
  }

  #patch(id: string, patch: SessionPatch): SessionRow {
    const session = this.#published(id);
    if (session === undefined) throw new SessionNotFoundError(id);
    if (patch.title !== undefined) session.row.title = patch.title ?? undefined;
    if (patch.tag !== undefined) session.row.tag = patch.tag ?? undefined;
    if (patch.data !== undefined) session.row.data = patch.data;
    return shown(session);
  }
}

function winnerOf(session: MemorySession, entries: readonly NewEntry[]): Entry | undefined {
  for (const { once } of entries) {
    const seq = once === undefined ? undefined : session.once?.get(once);
    if (seq !== undefined) return session.entries[seq - 1];
  }
  return undefined;
}

function applyColumns(row: SessionRow, entries: readonly NewEntry[], at: string): void {
  row.updatedAt = at;
  const changes = columnChanges(entries);
  if (changes === undefined) return;
  if (changes.title !== undefined) row.title = changes.title ?? undefined;
  row.firstPrompt ??= changes.firstPrompt;
  row.lastPrompt = changes.lastPrompt ?? row.lastPrompt;
  row.running = changes.running ?? row.running;
}

/** A copy of the row for outside, which names an owner only while the lease is held. */
function shown(session: MemorySession): SessionRow {
  const { row } = session;
  return { ...row, owner: isHeld(row.owner, session.leaseUntilMs, Date.now()) ? row.owner : undefined };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
