import { setTimeout as delay } from 'node:timers/promises';
import { type Options, SessionBusyError } from 'colloquy';
import type { Engine, HostedSession, Store } from 'colloquy/internal';
import { HttpError } from '../http/http-error.ts';

/** The part of an engine that a server needs. */
export type HostEngine = Omit<Engine, 'open'> & {
  open(options: Options): Promise<HostedSession>;
  store(): Promise<Store>;
};

/** How soon the end of the last turn is felt when the server drains. */
const QUIET_POLL_MS = 20;

export type SessionHostOptions = {
  engine: HostEngine;
  /** The options to open a stored session with, apart from `resume`. @throws SessionNotFoundError */
  optionsOf: (id: string) => Promise<Options>;
  /** How long a session with no user and no running turn stays open. */
  idleMs: number;
  maxOpen: number;
  /** Told of what fails behind nobody's request. */
  onError: (error: unknown) => void;
};

/** An open session in use; it stays open until `release`, which may be called twice. */
export type Held = { session: HostedSession; release: () => void };

type Slot = {
  readonly id: string;
  readonly opening: Promise<HostedSession>;
  /** Once it is open. */
  session: HostedSession | undefined;
  users: number;
  idleTimer: ReturnType<typeof setTimeout> | undefined;
};

/**
 * The open sessions of this process: at most one per id, opened when first needed and closed when nobody reads and no turn runs.
 * Invariant: an id is in `#slots` or in `#closing`, never in both; who wants an id that is closing waits.
 */
export class SessionHost {
  readonly #o: SessionHostOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: SessionHostOptions) {
    this.#o = options;
  }

  /** Opens a session if it is not open, or has failed, and keeps it so. @throws SessionNotFoundError | SessionBusyError | HttpError 503 */
  async hold(id: string): Promise<Held> {
    const slot = await this.#slotOf(id);
    slot.users += 1;
    clearTimeout(slot.idleTimer);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      slot.users -= 1;
      if (slot.users === 0) this.#waitForIdle(slot);
    };
    try {
      return { session: await slot.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Does something with a session. One that turns out to be lost to another process is let go. */
  async use<T>(id: string, work: (session: HostedSession) => Promise<T>): Promise<T> {
    const { session, release } = await this.hold(id);
    try {
      return await work(session);
    } catch (error) {
      if (error instanceof SessionBusyError) void this.drop(id, session);
      throw error;
    } finally {
      release();
    }
  }

  /** Whether a session is open in this process, or about to be. */
  isOpen(id: string): boolean {
    return this.#slots.has(id);
  }

  /** Tells the readers of a session something, if it is open. */
  tell(id: string, signal: unknown): void {
    this.#slots.get(id)?.session?.tellSignal(signal);
  }

  /** Closes a session that has ended by itself, so that the next request opens it anew. */
  async drop(id: string, session: HostedSession): Promise<void> {
    const slot = this.#slots.get(id);
    if (slot === undefined || (await slot.opening) !== session) return;
    if (this.#slots.get(id) === slot) await this.#close(slot);
  }

  /** Closes a session and erases it; requests for it that come meanwhile wait, and then find what `erase` left. */
  async remove(id: string, erase: () => Promise<void>): Promise<void> {
    for (let closing = this.#closing.get(id); closing !== undefined; closing = this.#closing.get(id)) await closing;
    const slot = this.#slots.get(id);
    const closed = slot === undefined ? Promise.resolve() : this.#close(slot);
    const erased = closed.then(erase);
    const settled = erased.catch(() => undefined).finally(() => this.#closing.delete(id));
    this.#closing.set(id, settled);
    await erased;
  }

  /** Resolves when no turn is at work any longer, but those that wait for somebody; or with the signal. */
  async untilQuiet(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && [...this.#slots.values()].some(({ session }) => session?.isWorking === true)) {
      await delay(QUIET_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Closes every session; nothing is opened any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#closing.values(), ...[...this.#slots.values()].map((slot) => this.#close(slot))]);
  }

  async #slotOf(id: string): Promise<Slot> {
    for (;;) {
      if (this.#isClosed) throw shuttingDown();
      const closing = this.#closing.get(id);
      const slot = this.#slots.get(id);
      if (closing !== undefined) await closing;
      else if (slot?.session?.failure !== undefined) await this.#close(slot);
      else if (slot !== undefined) return slot;
      else if (this.#slots.size >= this.#o.maxOpen) await this.#makeRoom();
      else return this.#open(id);
    }
  }

  #open(id: string): Slot {
    const slot: Slot = {
      id,
      opening: this.#openStored(id),
      session: undefined,
      users: 0,
      idleTimer: undefined,
    };
    this.#slots.set(id, slot);
    slot.opening.then(
      (session) => (slot.session = session),
      () => {
        if (this.#slots.get(id) === slot) this.#slots.delete(id);
      },
    );
    return slot;
  }

  async #openStored(id: string): Promise<HostedSession> {
    return this.#o.engine.open({ ...(await this.#o.optionsOf(id)), resume: id });
  }

  #waitForIdle(slot: Slot): void {
    clearTimeout(slot.idleTimer);
    if (this.#slots.get(slot.id) !== slot) return;
    slot.idleTimer = setTimeout(() => {
      this.#closeIfIdle(slot).catch((error: unknown) => {
        this.#o.onError(error);
        this.#waitForIdle(slot);
      });
    }, this.#o.idleMs);
  }

  /** What goes on beside the turns keeps a session open, but not when its place is needed. */
  async #closeIfIdle(slot: Slot, o: { makeRoom?: true } = {}): Promise<boolean> {
    const isWorking = o.makeRoom !== true && slot.session?.hasBackgroundWork === true;
    const isRunning = slot.session?.failure === undefined && (isWorking || (await this.#isRunning(slot.id)));
    if (slot.users > 0 || this.#slots.get(slot.id) !== slot) return false;
    if (isRunning) {
      this.#waitForIdle(slot);
      return false;
    }
    await this.#close(slot);
    return true;
  }

  async #isRunning(id: string): Promise<boolean> {
    const store = await this.#o.engine.store();
    return (await store.sessions.get(id))?.running === true;
  }

  /** Closes idle sessions until one more fits. */
  async #makeRoom(): Promise<void> {
    for (const slot of this.#slots.values()) {
      if (this.#slots.size < this.#o.maxOpen) return;
      if (slot.users === 0) await this.#closeIfIdle(slot, { makeRoom: true });
    }
    if (this.#slots.size < this.#o.maxOpen) return;
    throw new HttpError(503, `${this.#o.maxOpen} sessions are open and busy; try again when one has ended its turn`, {
      headers: { 'retry-after': '5' },
    });
  }

  #close(slot: Slot): Promise<void> {
    clearTimeout(slot.idleTimer);
    this.#slots.delete(slot.id);
    const closed = this.#dispose(slot).finally(() => {
      if (this.#closing.get(slot.id) === closed) this.#closing.delete(slot.id);
    });
    this.#closing.set(slot.id, closed);
    return closed;
  }

  async #dispose(slot: Slot): Promise<void> {
    try {
      const session = await slot.opening;
      await session[Symbol.asyncDispose]();
    } catch (error) {
      this.#o.onError(error);
    }
  }
}

function shuttingDown(): HttpError {
  return new HttpError(503, 'The server is shutting down', { headers: { 'retry-after': '5' } });
}
