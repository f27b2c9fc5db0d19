import { SessionBusyError, SessionNotFoundError } from '../errors.ts';
import { columnChanges } from './columns.ts';
import type { Entry, NewEntry, Seq } from './entries.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { type MemorySession, MemorySessions, shown } from './memory-sessions.ts';
import { describeOwner, isHeld } from './owner.ts';
import { checkBatch, stampEntries } from './stamp-entries.ts';
import type { Appended, FactOptions, Lease, NewSession, SessionRow, Store } from './store.ts';
import { Watchers } from './watchers.ts';

/** A store that ends with the process. Entries are kept as they are handed in: nobody may change one afterwards. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly sessions = new MemorySessions();
  readonly #watchers = new Watchers();
  readonly #leases = new LeaseKeeper(this.sessions);

  async append(id: string, entries: readonly NewEntry[], o: Partial<FactOptions> = {}): Promise<Appended> {
    checkBatch(entries, o.epoch);
    const session = this.sessions.any(id);
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
      session.checkpoint = o.checkpoint;
      row.checkpointSeq = row.head;
    }
    this.#watchers.notify(id, row.head);
    return { ok: true, ...place, head: row.head, entries: stamped };
  }

  async sync(): Promise<void> {
    this.sessions.checkOpen();
  }

  async read(
    id: string,
    o: { after: Seq; upTo?: Seq | undefined; limit?: number | undefined },
  ): Promise<readonly Entry[]> {
    const entries = this.sessions.any(id)?.entries ?? [];
    // Entry n stands at index n - 1.
    const end = Math.min(o.upTo ?? Infinity, o.after + (o.limit ?? Infinity));
    return entries.slice(Math.max(0, o.after), Math.max(0, end));
  }

  async claim(id: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const session = this.sessions.published(id);
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
    const { row, leaseUntilMs } = this.sessions.insert(session, { owner, untilMs: Date.now() + ttlMs });
    return this.#leases.hold({ id: row.id, epoch: row.epoch, owner, ttlMs, untilMs: leaseUntilMs });
  }

  async publish(id: string, epoch: number): Promise<SessionRow> {
    const session = this.sessions.any(id);
    if (session?.isDraft !== true || session.row.epoch !== epoch) {
      this.#leases.lose(id, epoch);
      throw new SessionBusyError(id, describeOwner(session?.row.owner));
    }
    session.isDraft = false;
    return shown(session);
  }

  watch(id: string, onHead: (head: Seq) => void): () => void {
    this.sessions.checkOpen();
    return this.#watchers.watch(id, onHead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sessions.close();
    this.#watchers.close();
    await this.#leases.close();
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
