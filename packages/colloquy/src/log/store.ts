import type { Entry, Fact, Input, Json, NewEntry, Seq } from './entries.ts';

/**
 * Where logs live. Two writers' rights: inputs by anybody, facts only with the epoch of the lease.
 * Every implementation passes the suite in `store-suite/`.
 */
export interface Store extends AsyncDisposable {
  /**
   * Appends a batch, whole or not at all. `sync: 'now'` (the default) resolves when it is durable, with everything before it;
   * `'lazy'` resolves at once and is durable with the next one.
   */
  append(id: string, entries: readonly NewEntry<Input>[], o?: { sync?: Sync | undefined }): Promise<Appended>;
  append(id: string, entries: readonly NewEntry<Input | Fact>[], o: FactOptions): Promise<Appended>;
  /** Makes everything appended so far durable. */
  sync(): Promise<void>;
  /** Entries with `after < seq <= upTo`, in order, at most `limit`. An unknown session has none. */
  read(id: string, o: { after: Seq; upTo?: Seq | undefined; limit?: number | undefined }): Promise<readonly Entry[]>;
  /** Takes the session's lease with a new epoch, or `undefined` while a living owner holds it. @throws SessionNotFoundError */
  claim(id: string, owner: string, ttlMs: number): Promise<Lease | undefined>;
  /**
   * Begins a session that is made step by step. Until `publish` it takes entries with the epoch of this lease, and for everybody else
   * there is none. What is left of one whose maker is gone is removed when its id is wanted again, when a
   * session is deleted, and when the store is opened.
   * @throws ConfigurationError when the id is taken | SessionBusyError while somebody else makes it
   */
  draft(session: NewSession, owner: string, ttlMs: number): Promise<Lease>;
  /** Makes it a session like any other, durable with all that is in it. @throws SessionBusyError when the lease is lost */
  publish(id: string, epoch: number): Promise<SessionRow>;
  /**
   * Calls `onHead` with the head whenever it may have moved, in any process: a hint, which may be lost or repeated, and comes before the
   * `append` that it is about resolves. It must not throw. Returns what ends that; so does closing the store.
   */
  watch(id: string, onHead: (head: Seq) => void): () => void;
  sessions: SessionIndex;
  /** The file that everything is kept in, if there is one. */
  readonly location?: string | undefined;
}

export type Sync = 'now' | 'lazy';

export type FactOptions = {
  epoch: number;
  sync?: Sync | undefined;
  /** The owner's folded state as of this batch, kept with the session's row so that a resume need not fold from entry 1. */
  checkpoint?: Json | undefined;
};

export type Appended =
  /** `entries` where the store has them as they are read, and nobody need make them again. */
  | { ok: true; first: Seq; head: Seq; at: string; epoch: number; entries?: readonly Entry[] | undefined }
  | { ok: false; why: 'epoch' }
  | { ok: false; why: 'once'; winner: Entry }
  | { ok: false; why: 'missing' };

/** The right to append facts to one session. */
export type Lease = {
  epoch: number;
  /** Aborted once the lease is known to be lost: another owner took it, or it could not be renewed in time. */
  lost: AbortSignal;
  renew(): Promise<void>;
  release(): Promise<void>;
};

/** The sessions of a store, with the columns that lists and searches need; derived from the log where they can be. */
export interface SessionIndex {
  /** @throws ConfigurationError when the id is taken. */
  create(session: NewSession): Promise<SessionRow>;
  get(id: string): Promise<SessionRow | undefined>;
  /** The owner's state as of the row's `checkpointSeq`, see FactOptions: for whoever takes the session up, as it may be large. */
  checkpoint(id: string): Promise<Json | undefined>;
  /** Newest activity first, unless said otherwise. */
  list(o?: {
    cwd?: string | undefined;
    /** Only those that are this user's, as their data's `owner` says. */
    user?: string | undefined;
    /** Only those in the middle of a turn. */
    running?: true | undefined;
    /** By another time, or from the oldest on. Those of one moment come in any order. */
    order?: SessionOrder | undefined;
    /** Only those of this time, as in the rows, or behind it in this order. */
    from?: string | undefined;
    limit?: number | undefined;
    offset?: number | undefined;
  }): Promise<readonly SessionRow[]>;
  /** Changes the named columns; null clears one. Resolves when durable. @throws SessionNotFoundError */
  patch(id: string, patch: SessionPatch): Promise<SessionRow>;
  /** Removes the session with its entries; false when there was none. */
  delete(id: string): Promise<boolean>;
}

export type SessionOrder = 'newest activity' | 'newest' | 'oldest';

export type NewSession = {
  id: string;
  cwd: string;
  /** Serialisable facts about how the session was made: options, tool set, door. */
  data?: Record<string, Json> | undefined;
  title?: string | undefined;
};

export type SessionPatch = {
  title?: string | null | undefined;
  tag?: string | null | undefined;
  data?: Record<string, Json> | undefined;
};

export type SessionRow = {
  id: string;
  cwd: string;
  data: Record<string, Json>;
  title: string | undefined;
  tag: string | undefined;
  /** Text of the first prompt, at most 200 characters. */
  firstPrompt: string | undefined;
  /** Text of the newest prompt, at most 200 characters. */
  lastPrompt: string | undefined;
  createdAt: string;
  updatedAt: string;
  head: Seq;
  epoch: number;
  /** Who holds the lease now, as given to `claim`; undefined when nobody does, or when the holder is known to be dead. */
  owner: string | undefined;
  /** True from `turn_start` to `turn_end`. */
  running: boolean;
  /** The entry as of which there is a checkpoint; 0 for none. */
  checkpointSeq: Seq;
};
