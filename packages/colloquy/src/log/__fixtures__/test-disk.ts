import { SqliteWal } from '../sqlite-wal.ts';

/** A disk for tests: counts how often it is waited for, and can be held up, or fail. */
export class TestDisk {
  syncs = 0;
  failure: Error | undefined;
  #held: { promise: Promise<void>; resolve: () => void } | undefined;

  /** From now on nothing reaches the disk, until `letGo()`. */
  hold(): void {
    this.#held = Promise.withResolvers<void>();
  }

  letGo(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** The file that a store over the database at `path` waits for. */
  wal(path: string): SqliteWal {
    const later = async (): Promise<void> => {
      this.syncs += 1;
      await this.#held?.promise;
      if (this.failure !== undefined) throw this.failure;
    };
    return new SqliteWal(path, { later });
  }
}
