import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const syncData = promisify(fdatasync);

/**
 * The file that SQLite's commits are written to (`-wal`), for one purpose: to have it on the disk without holding up the event
 * loop. Why that makes them durable: docs/internals/durability.md.
 * Contract: the database is open all the time.
 */
export class SqliteWal {
  readonly #path: string;
  readonly #syncFile: (fd: number) => Promise<void>;
  #fd: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  /** `syncFile` replaces the disk. */
  constructor(databasePath: string, syncFile: (fd: number) => Promise<void> = syncData) {
    this.#path = `${databasePath}-wal`;
    this.#syncFile = syncFile;
  }

  /**
   * Resolves when everything written to the file by now is on the disk. Once that has failed it fails for ever: the system may
   * have dropped what it could not write, and would say nothing of it the next time.
   */
  sync(): Promise<void> {
    // The one under way may have begun before the newest commit. The next one is shared by all who come before it begins.
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
    this.#next = undefined;
    const syncing = this.#syncNow();
    this.#running = syncing.catch(() => {});
    await syncing;
  }

  async #syncNow(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    // Windows flushes only what may be written through the descriptor. SQLite keeps no locks on this file that closing it would drop.
    this.#fd ??= openSync(this.#path, 'r+');
    try {
      await this.#syncFile(this.#fd);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}
