import { AbortError, LimitExceededError, SessionNotFoundError } from '../errors.ts';
import { within } from '../helpers/within.ts';
import type { SDKMessage, SDKUserMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import { checkCount, checkMs } from './check-bounds.ts';
import { type Clock, systemClock } from './clock.ts';
import { type OpenSession, openWatchedSession } from './open-session.ts';

export type SessionManagerOptions = {
  /** So many sessions may be open at once. Default 100. */
  maxSessions?: number | undefined;
  /** A session in which nothing was asked, and nothing has run, for so long is closed. Default 30 minutes. */
  idleTimeoutMs?: number | undefined;
  /** Closing a session is waited for so long; what is left of it then ends by itself. Default 5,000. */
  closeTimeoutMs?: number | undefined;
  /** What the sessions have in common. */
  options?: Options | undefined;
  clock?: Clock | undefined;
};

/** A session as the manager knows it. */
export type ManagedSession = {
  id: string;
  /** Prompts without a result. */
  pendingPrompts: number;
  /** By the manager's clock: when it was last asked something, or a turn of it has ended. */
  lastActiveMs: number;
};

type Held = { session: OpenSession; lastActiveMs: number; cancelTimer: () => void };

/**
 * Holds many open sessions by their ids: so many at most, each closed when it has been idle too long, each answering its prompts in
 * the order in which they were asked. A closed one is still stored: `create({ resume: id })` opens it again.
 * ```ts
 * await using sessions = new SessionManager({ maxSessions: 50, idleTimeoutMs: 600_000 });
 * const id = await sessions.create({ model: 'haiku' });
 * for await (const message of sessions.query(id, 'Hello')) console.log(textOf(message));
 * ```
 */
export class SessionManager implements AsyncDisposable {
  readonly #maxSessions: number;
  readonly #idleTimeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #options: Options;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  /** Sessions that are being opened; they count. */
  #opening = 0;
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(o: SessionManagerOptions = {}) {
    this.#maxSessions = checkCount('maxSessions', o.maxSessions ?? 100);
    this.#idleTimeoutMs = checkCount('idleTimeoutMs', o.idleTimeoutMs ?? 30 * 60_000);
    this.#closeTimeoutMs = checkMs('closeTimeoutMs', o.closeTimeoutMs ?? 5_000);
    this.#options = { ...o.options };
    this.#clock = o.clock ?? systemClock;
  }

  /** Sessions that are open, or being opened. */
  get size(): number {
    return this.#held.size + this.#opening;
  }

  /** The ids of the open ones. */
  get ids(): readonly string[] {
    return [...this.#held.keys()];
  }

  /**
   * Opens a session, with options on top of the manager's, and gives its id.
   * @throws LimitExceededError when `maxSessions` are open; AbortError when the manager is closed; as `openSession`
   */
  async create(options: Options = {}): Promise<string> {
    this.#throwIfClosed();
    if (this.size >= this.#maxSessions) {
      const told = `${this.size} sessions are open, which is the most that may be (maxSessions); close() one, or wait until one is idle`;
      throw new LimitExceededError(told);
    }
    this.#opening += 1;
    try {
      let touch = (): void => {};
      const session = await openWatchedSession({ ...this.#options, ...options }, () => touch());
      if (this.#closed !== undefined) {
        await session.close();
        this.#throwIfClosed();
      }
      const held: Held = { session, lastActiveMs: this.#clock.now(), cancelTimer: () => {} };
      touch = () => void (held.lastActiveMs = this.#clock.now());
      this.#held.set(session.id, held);
      this.#watchIdle(held, this.#idleTimeoutMs);
      return session.id;
    } finally {
      this.#opening -= 1;
    }
  }

  /**
   * Asks in a session, at once, and gives the messages of the response; see `OpenSession.query`. Whether or not anybody reads them, the
   * session is not idle before the result.
   * @throws SessionNotFoundError for an id that is not open here; ConfigurationError for what is no prompt
   */
  query(
    id: string,
    prompt: string | SDKUserMessage,
    o: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SDKMessage, void, undefined> {
    this.#throwIfClosed();
    const held = this.#held.get(id);
    if (held === undefined) throw new SessionNotFoundError(id);
    held.lastActiveMs = this.#clock.now();
    return held.session.query(prompt, o);
  }

  /** Ends the running turn of a session with a result. @throws SessionNotFoundError */
  async interrupt(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) throw new SessionNotFoundError(id);
    await held.session.interrupt();
  }

  /** What is known of an open session; `undefined` for one that is not. It does not count as use. */
  get(id: string): ManagedSession | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    return { id, pendingPrompts: held.session.pendingPrompts, lastActiveMs: held.lastActiveMs };
  }

  /** Closes a session, or all of them and the manager. False for one that was not open. Bounded by `closeTimeoutMs`. */
  async close(): Promise<void>;
  async close(id: string): Promise<boolean>;
  async close(id?: string): Promise<boolean | void> {
    if (id === undefined) return (this.#closed ??= this.#closeAll());
    const held = this.#held.get(id);
    if (held === undefined) return false;
    await this.#end(held);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Looks again when the session could have been idle for long enough at the earliest. */
  #watchIdle(held: Held, inMs: number): void {
    held.cancelTimer = this.#clock.after(inMs, () => {
      const idleMs = this.#clock.now() - held.lastActiveMs;
      if (held.session.pendingPrompts > 0) this.#watchIdle(held, this.#idleTimeoutMs);
      else if (idleMs < this.#idleTimeoutMs) this.#watchIdle(held, this.#idleTimeoutMs - idleMs);
      // What fails while it is closed has nobody to be told.
      else this.#end(held).catch(() => {});
    });
  }

  async #end(held: Held): Promise<void> {
    held.cancelTimer();
    this.#held.delete(held.session.id);
    await within(this.#closeTimeoutMs, held.session.close());
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#held.values()].map((held) => this.#end(held)));
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw new AbortError('The session manager is closed');
  }
}
