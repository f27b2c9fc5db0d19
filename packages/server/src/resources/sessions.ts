import { setImmediate } from 'node:timers/promises';
import { type PermissionModeInput, SessionNotFoundError } from 'colloquy';
import type { HostedOptions, Json, SessionOrder, SessionRow, Store } from 'colloquy/internal';
import { z } from 'zod';
import { maySee, mustWrite, seenOwner } from '../auth/ownership.ts';
import { LOCAL_USER, type Principal } from '../auth/principal.ts';
import { HttpError } from '../http/http-error.ts';
import { goesUp, isBeyond, type PageRequest, type Place } from '../http/page.ts';
import { sessionUuid, uuidFrom } from './ids.ts';
import { type ManagedData, ManagedRow } from './managed-session.ts';
import type { SessionFolders } from './own-folders.ts';
import type { Workspaces } from './workspaces.ts';

/** Rows read at once. */
const PAGE = 100;
/** The end of the year 9999: later ones are written with a sign. */
const LAST_MS = 253_402_300_799_999;

/** What a session's row says of how it was made. Loose: a newer version may have added to it. */
const Made = z.looseObject({
  door: z.enum(['native', 'managed']),
  /** The user whose session it is; those from before there were users are the local one's. */
  owner: z.string().default(LOCAL_USER),
  /** As given, with the server's model, mode and folder filled in. */
  options: z.looseObject({}),
  /** As set since. */
  settings: z.looseObject({ model: z.string().optional(), permissionMode: z.string().optional() }).default({}),
  /** Of sessions of the Managed Agents API, in place of options. */
  managed: ManagedRow.optional(),
});

/** A session of this server: its row, and the options to open it with. */
export type StoredSession = {
  row: SessionRow;
  owner: string;
  options: HostedOptions;
  /** As they are now; undefined where the session has none of its own. */
  model: string | undefined;
  permissionMode: string | undefined;
  /** Of sessions that were made through the Managed Agents API. */
  managed: ManagedData | undefined;
};

/**
 * The sessions of this server, and the one place that decides which those are: sessions made through it, in a folder it may work in.
 * A store may hold others, of programs with hooks and tools that are not here; to this server they do not exist.
 */
export class Sessions {
  readonly #store: () => Promise<Store>;
  readonly #workspaces: Workspaces;
  readonly #folders: SessionFolders;
  /** The changes of rows that are under way, by session: each reads what the one before has written. */
  readonly #changes = new Map<string, Promise<unknown>>();

  constructor(o: { store: () => Promise<Store>; workspaces: Workspaces; folders: SessionFolders }) {
    this.#store = o.store;
    this.#workspaces = o.workspaces;
    this.#folders = o.folders;
  }

  /**
   * A session that the principal may see, by either of its names.
   * @throws SessionNotFoundError for one of somebody else as for one that does not exist
   */
  async get(principal: Principal, id: string): Promise<StoredSession> {
    const uuid = sessionUuid(id);
    const session = uuid === undefined ? undefined : await this.#find(uuid);
    if (session === undefined || !maySee(principal, session.owner)) throw new SessionNotFoundError(id);
    return session;
  }

  /** Like `get`, to change it. @throws SessionNotFoundError | HttpError 403 */
  async getToWrite(principal: Principal, id: string): Promise<StoredSession> {
    const session = await this.get(principal, id);
    mustWrite(principal);
    return session;
  }

  /** By its UUID, for the server itself. @throws SessionNotFoundError */
  async stored(uuid: string): Promise<StoredSession> {
    const session = await this.#find(uuid);
    if (session === undefined) throw new SessionNotFoundError(uuid);
    return session;
  }

  /** Whether a UUID is of a session of this server, for the server itself. */
  async has(uuid: string): Promise<boolean> {
    return (await this.#find(uuid)) !== undefined;
  }

  /** Every session of this server, for the server itself, from a place in the store's own list; `next` is the place to go on from, if there is more. */
  async all(o: { limit: number; offset: number }): Promise<{ sessions: StoredSession[]; next: number | undefined }> {
    const store = await this.#store();
    const sessions: StoredSession[] = [];
    for (let offset = o.offset; ; offset += PAGE) {
      const rows = await store.sessions.list({ limit: PAGE, offset });
      for (const [index, row] of rows.entries()) {
        const session = await this.#toOwn(row);
        if (session === undefined) continue;
        if (sessions.length === o.limit) return { sessions, next: offset + index };
        sessions.push(session);
      }
      if (rows.length < PAGE) return { sessions, next: undefined };
    }
  }

  /**
   * Those that the principal sees and that stand beyond the request's place, in the order of the list; read as they are asked for.
   * @param o.placeOf by the time that the order goes by, and the id. `o.from`: a time before which none is wanted, in this order
   */
  async *list(
    principal: Principal,
    request: PageRequest,
    o: { order: SessionOrder; placeOf: (session: StoredSession) => Place; from?: number | undefined },
  ): AsyncGenerator<StoredSession, void, void> {
    const { placeOf } = o;
    const upwards = goesUp(request);
    /** Of the same moment, in which the store has an order of its own. */
    let tied: StoredSession[] = [];
    const beyond = (): StoredSession[] =>
      tied
        .filter((session) => isBeyond(request, placeOf(session)))
        .toSorted((a, b) => (a.row.id < b.row.id === upwards ? -1 : 1));
    const owner = seenOwner(principal);
    // The local user's are those without an owner too, which the store knows nothing of.
    const user = owner === LOCAL_USER ? undefined : owner;
    for await (const row of this.#rows({ order: o.order, user }, isoTime(o.from))) {
      const session = await this.#toOwn(row);
      if (session === undefined || !maySee(principal, session.owner)) continue;
      if (tied[0] !== undefined && placeOf(tied[0])[0] !== placeOf(session)[0]) {
        yield* beyond();
        tied = [];
      }
      tied.push(session);
    }
    yield* beyond();
  }

  /** The store's rows from a time on. What changes meanwhile moves none of those that are still to come. */
  async *#rows(
    { order, user }: { order: SessionOrder; user: string | undefined },
    first: string | undefined,
  ): AsyncGenerator<SessionRow, void, void> {
    const store = await this.#store();
    const timeOf = (row: SessionRow): string => (order === 'newest activity' ? row.updatedAt : row.createdAt);
    let from = first;
    let offset = 0;
    for (;;) {
      const rows = await store.sessions.list({ order, user, from, limit: PAGE, offset });
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      const time = timeOf(last);
      const ofLastTime = rows.filter((row) => timeOf(row) === time).length;
      offset = time === from ? offset + ofLastTime : ofLastTime;
      from = time;
      // Others get their turn in between.
      await setImmediate();
    }
  }

  /**
   * Makes the row of a new session; durable when it resolves. The folder must have been chosen by `Workspaces`.
   * @param o.nonce of the request: done twice, it makes one session. `o.id`: its UUID, if the client has chosen one.
   * @returns whether it is new
   * @throws HttpError 409 when the client's id is that of another session
   */
  async create(
    principal: Principal,
    options: HostedOptions & { cwd: string },
    o: { nonce: string; id?: string | undefined },
  ): Promise<{ session: StoredSession; isNew: boolean }> {
    mustWrite(principal);
    const { cwd, title, ...kept } = options;
    const store = await this.#store();
    const id = o.id ?? uuidFrom(o.nonce, 'session');
    const data = { door: 'native', owner: principal.user, options: kept } satisfies z.input<typeof Made>;
    const { made, there } = await makeOnce(store, id, () => store.sessions.create({ id, cwd, title, data }));
    if (there !== undefined && !isSameRequest(there.data, data)) throw new HttpError(409, 'id: another session has it');
    const session = await this.#toOwn(made ?? there);
    if (session === undefined) throw new SessionNotFoundError(id);
    return { session, isNew: there === undefined };
  }

  /**
   * Makes the row of a session of the Managed Agents API, and its folder. Durable when it resolves; done twice with the same nonce, it
   * makes one session.
   */
  async createManaged(
    principal: Principal,
    managed: ManagedData,
    o: { nonce: string; title: string | undefined },
  ): Promise<{ session: StoredSession; isNew: boolean }> {
    mustWrite(principal);
    const store = await this.#store();
    const id = uuidFrom(o.nonce, 'session');
    const there = await store.sessions.get(id);
    const make = async (): Promise<SessionRow> => {
      const data = { door: 'managed', owner: principal.user, options: {}, managed };
      return store.sessions.create({ id, cwd: await this.#folders.make(id), title: o.title, data });
    };
    const session = await this.#toOwn(there ?? (await make()));
    if (session === undefined) throw new SessionNotFoundError(id);
    return { session, isNew: there === undefined };
  }

  /** Changes what the row of such a session keeps, from what it keeps by then. A null title takes it away. */
  async changeManaged(
    id: string,
    change: (managed: ManagedData) => Partial<ManagedData>,
    title?: string | null,
  ): Promise<StoredSession> {
    await this.#change(
      id,
      (made) => {
        const { managed } = made;
        return managed === undefined ? made : { ...made, managed: { ...managed, ...change(managed) } };
      },
      title,
    );
    return this.stored(id);
  }

  /** Null takes the tag away. */
  async patch(
    principal: Principal,
    id: string,
    patch: { title?: string | undefined; tag?: string | null | undefined },
  ): Promise<StoredSession> {
    const { row } = await this.getToWrite(principal, id);
    const store = await this.#store();
    await store.sessions.patch(row.id, patch);
    return this.stored(row.id);
  }

  /** Notes what was set in a running session, by its UUID, so that lists tell it without reading the log. */
  async noteSettings(id: string, settings: { model?: string; permissionMode?: PermissionModeInput }): Promise<void> {
    await this.#change(id, (made) => ({ ...made, settings: { ...made.settings, ...settings } }));
  }

  async #change(
    id: string,
    change: (made: z.infer<typeof Made>) => Record<string, Json>,
    title?: string | null,
  ): Promise<void> {
    const before = this.#changes.get(id) ?? Promise.resolve();
    const work = before.then(async () => {
      const { row } = await this.stored(id);
      const data = change(Made.parse(row.data));
      const store = await this.#store();
      await store.sessions.patch(id, { data, ...(title === undefined ? {} : { title }) });
    });
    const settled = work.catch(() => undefined);
    this.#changes.set(id, settled);
    try {
      await work;
    } finally {
      if (this.#changes.get(id) === settled) this.#changes.delete(id);
    }
  }

  async #find(uuid: string): Promise<StoredSession | undefined> {
    const store = await this.#store();
    const row = await store.sessions.get(uuid);
    return row === undefined ? undefined : this.#toOwn(row);
  }

  async #toOwn(row: SessionRow): Promise<StoredSession | undefined> {
    const made = Made.safeParse(row.data);
    if (!made.success) return undefined;
    const { managed } = made.data;
    const isOurs =
      managed === undefined ? await this.#workspaces.contain(row.cwd) : await this.#folders.isOwn(row.id, row.cwd);
    if (!isOurs) return undefined;
    // Written by `create`; the engine checks them when the session is opened.
    const options = made.data.options as HostedOptions;
    const { settings } = made.data;
    return {
      row,
      owner: made.data.owner,
      options: { ...options, cwd: row.cwd },
      model: managed?.agent.model.id ?? settings.model ?? options.model,
      permissionMode: settings.permissionMode ?? options.permissionMode,
      managed,
    };
  }
}

/** @throws HttpError 400 for a session that only can be read any more */
export function refuseArchived({ managed }: StoredSession): void {
  if (managed === undefined || managed.archivedAt === null) return;
  throw new HttpError(400, 'The session is archived: it can be read, and nothing else', {
    details: { error_code: 'session_archived' },
  });
}

/** Where a session stands in the list, which goes up: the newest activity first, and by their ids those of one moment. */
export function activityPlace({ row }: StoredSession): Place {
  return [-Date.parse(row.updatedAt), row.id];
}

/** As rows have it; undefined for one that none can have. */
function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined || ms < 0 || ms > LAST_MS ? undefined : new Date(ms).toISOString();
}

/** Makes the session with an id, unless it is `there`. Of several who make it at once, one does. */
export async function makeOnce<T>(
  store: Store,
  id: string,
  make: () => Promise<T>,
): Promise<{ made: T; there?: undefined } | { made?: undefined; there: SessionRow }> {
  try {
    return { made: await make() };
  } catch (error) {
    const there = await store.sessions.get(id);
    if (there === undefined) throw error;
    return { there };
  }
}

/** The same client asks for the same session again: the answer to its first request was lost. */
function isSameRequest(made: Record<string, Json>, wanted: z.input<typeof Made>): boolean {
  const { door, owner, options } = made;
  return JSON.stringify({ door, owner, options }) === JSON.stringify(wanted);
}
