import type { Entry, Seq, Store } from 'colloquy/internal';
import { uuidToId } from '../../../resources/ids.ts';
import type { Sessions, StoredSession } from '../../../resources/sessions.ts';
import { noteEvent } from '../../../resources/webhooks/note-event.ts';
import type { Happened, WebhookEvent } from '../../../resources/webhooks/webhook-events.ts';
import type { Tables } from '../../../store/tables.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ManagedEvent } from '../events/event-types.ts';
import { foldEvents } from '../events/fold-events.ts';

const LIST_PAGE = 50;
const LOG_PAGE = 500;
/** What was written right before a look may not have been seen by it. */
const OVERLAP_MS = 5_000;
const MAX_REMEMBERED = 10_000;

type Places = { tables: () => Promise<Tables>; store: () => Promise<Store>; sessions: Sessions; log: EventLog };

/**
 * What webhooks are told of sessions, taken from their logs: how far each has been told is noted together with what was told, so that
 * nothing is lost at a kill and nothing is told anew. The first look is at every session, later ones at what has changed since.
 */
export class SessionChanges {
  readonly #o: Places;
  /** Heads up to which sessions were told, so that those at rest cost nothing. */
  readonly #told = new Map<string, Seq>();
  #since = 0;

  constructor(o: Places) {
    this.#o = o;
  }

  async look(signal: AbortSignal): Promise<void> {
    const since = this.#since;
    const now = Date.now();
    if (since === 0) await this.#lookForDeleted(signal);
    let offset: number | undefined = 0;
    while (offset !== undefined && !signal.aborted) {
      const { sessions, next }: Awaited<ReturnType<Sessions['all']>> = await this.#o.sessions.all({
        limit: LIST_PAGE,
        offset,
      });
      for (const session of sessions) {
        if (signal.aborted) return;
        if (Date.parse(session.row.updatedAt) < since) {
          this.#since = now - OVERLAP_MS;
          return;
        }
        if (this.#told.get(session.row.id) !== session.row.head) await this.tell(session);
      }
      offset = next;
    }
    if (!signal.aborted) this.#since = now - OVERLAP_MS;
  }

  /** Tells what of a session's log has not been told. */
  async tell(session: StoredSession): Promise<void> {
    const { row, owner } = session;
    const tables = await this.#o.tables();
    const noted = await tables
      .selectFrom('webhook_session')
      .select('seq')
      .where('session', '=', row.id)
      .executeTakeFirst();
    const happened = await this.#changesOf(session, noted?.seq);
    const isNew = await tables.transaction().execute(async (transaction) => {
      const { numInsertedOrUpdatedRows: count } = await transaction
        .insertInto('webhook_session')
        .values({ session: row.id, owner, seq: row.head })
        .onConflict((conflict) =>
          conflict
            .column('session')
            .doUpdateSet({ seq: row.head })
            .where('webhook_session.seq', '=', noted?.seq ?? -1),
        )
        .executeTakeFirstOrThrow();
      // Another process was quicker, and has told it.
      if (count === 0n) return false;
      for (const each of happened) await noteEvent(transaction, each);
      return true;
    });
    if (!isNew) return;
    this.#told.set(row.id, row.head);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MAX_REMEMBERED) break;
      this.#told.delete(oldest);
    }
  }

  /** To be called once a session is gone; before, `tell` is to be called for it. */
  async deleted(uuid: string): Promise<void> {
    this.#told.delete(uuid);
    const tables = await this.#o.tables();
    await tables.transaction().execute(async (transaction) => {
      const gone = await transaction
        .deleteFrom('webhook_session')
        .where('session', '=', uuid)
        .returning('owner')
        .executeTakeFirst();
      if (gone === undefined) return;
      const id = uuidToId('sesn', uuid);
      await noteEvent(transaction, { type: 'session.deleted', owner: gone.owner, id, at: Date.now(), key: '' });
    });
  }

  /** Sessions that were deleted by a process which ended before it could tell. */
  async #lookForDeleted(signal: AbortSignal): Promise<void> {
    const tables = await this.#o.tables();
    const store = await this.#o.store();
    for (const { session } of await tables.selectFrom('webhook_session').select('session').execute()) {
      if (signal.aborted) return;
      if ((await store.sessions.get(session)) === undefined) await this.deleted(session);
    }
  }

  /** @param seq up to where it has been told; undefined: not even that it was made */
  async #changesOf({ row, owner }: StoredSession, seq: Seq | undefined): Promise<Happened[]> {
    const id = uuidToId('sesn', row.id);
    const createdAt = Date.parse(row.createdAt);
    const of = (type: WebhookEvent, key: string, at: number): Happened => ({ type, owner, id, at, key });
    const happened: Happened[] = seq === undefined ? [of('session.created', '', createdAt)] : [];
    const state = await this.#o.log.stateAt(row.id, seq ?? 0);
    const store = await this.#o.store();
    for (let after = seq ?? 0; after < row.head;) {
      const entries = await store.read(row.id, { after, upTo: row.head, limit: LOG_PAGE });
      for (const entry of entries) {
        const at = Date.parse(entry.at);
        const upserts = foldEvents(state, entry);
        // A fork's log begins with what happened in the session that it was forked from.
        if (at < createdAt) continue;
        if (isArchival(entry)) happened.push(of('session.archived', String(entry.seq), at));
        for (const { event } of upserts) {
          for (const type of namesOf(event)) happened.push(of(type, event.id, at));
        }
      }
      const last = entries.at(-1);
      if (last === undefined) break;
      after = last.seq;
    }
    return happened;
  }
}

function isArchival(entry: Entry): boolean {
  return entry.kind === 'settings' && entry.patch['archived'] === true;
}

/** What an event of a session is called for webhooks. */
function namesOf(event: ManagedEvent): WebhookEvent[] {
  switch (event.type) {
    case 'session.status_running':
      return ['session.status_run_started'];
    case 'session.status_idle':
      if (event.stop_reason.type === 'requires_action') return ['session.status_idled', 'session.requires_action'];
      if (event.stop_reason.type === 'budget_reached') return ['session.status_idled', 'session.budget_reached'];
      return ['session.status_idled'];
    case 'session.status_rescheduled':
    case 'session.status_terminated':
    case 'session.updated':
      return [event.type];
    default:
      return [];
  }
}
