import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

// Taken here, so that fake timers of a test do not hold back a sync.
const soon = setImmediate;

/** What a disk must do: have all of a file on it. */
export type Disk = {
  /** In a thread of its own. */
  later(fd: number): Promise<void>;
  /** Here and now; absent: never. */
  now?: ((fd: number) => void) | undefined;
};

const DISK: Disk = { later: promisify(fdatasync), now: fdatasyncSync };

/**
 * A disk that was quicker than this the last time, in milliseconds, is waited for on the spot: to go through a thread takes longer. Not
 * where many wait for it, with whom much else is to be done meanwhile.
 */
const QUICK_MS = 1;
const FEW = 3;
/** Turns of the event loop that a sync waits at most for commits that are about to come. */
const MAX_TURNS = 5;

/**
 * The file that SQLite's commits are written to (`-wal`), for one purpose: to have it on the disk, without holding up the event
 * loop for longer than a moment. Why that makes them durable: docs/internals/durability.md.
 * Contract: the database is open all the time.
 */
export class SqliteWal {
  readonly #path: string;
  readonly #disk: Disk;
  #fd: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** How many have asked for the next one. */
  #asked = 0;
  #lastTookMs = Infinity;
  #failure: { error: unknown } | undefined;
  /** Whether commits are about to come: what is waited for then may as well take them along. */
  isBusy: () => boolean = () => false;

  constructor(databasePath: string, disk: Disk = DISK) {
    this.#path = `${databasePath}-wal`;
    this.#disk = disk;
  }

  /**
   * Resolves when everything written to the file by now is on the disk. Once that has failed it fails for ever: the system may
   * have dropped what it could not write, and would say nothing of it the next time.
   */
  sync(): Promise<void> {
    // The one under way may have begun before the newest commit. The next one is shared by all who come before it begins.
    this.#asked += 1;
    return (this.#next ??= this.#syncAfter(this.#running));
  }

  /** Waits for what is under way and lets go of the file: for ever, and before the database is closed. */
  async close(): Promise<void> {
    await this.#next?.catch(() => {});
    await this.#running;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  async #syncAfter(running: Promise<void>): Promise<void> {
    await running;
    // A turn that begins with what was committed writes at once, and then waits for its model: that is the time for the disk.
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      await new Promise((resolve) => soon(resolve));
      if (!this.isBusy()) break;
    }
    this.#next = undefined;
    const isForFew = this.#asked <= FEW;
    this.#asked = 0;
    const syncing = this.#syncNow(isForFew);
    this.#running = syncing.catch(() => {});
    await syncing;
  }

  async #syncNow(isForFew: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    // Windows flushes only what may be written through the descriptor. SQLite keeps no locks on this file that closing it would drop.
    this.#fd ??= openSync(this.#path, 'r+');
    const startedMs = performance.now();
    try {
      if (this.#disk.now !== undefined && isForFew && this.#lastTookMs < QUICK_MS) this.#disk.now(this.#fd);
      else await this.#disk.later(this.#fd);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    this.#lastTookMs = performance.now() - startedMs;
  }
}
