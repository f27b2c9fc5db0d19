import { AbortError, ColloquyError } from '../errors.ts';
import { type SqliteDriver, type SqliteStatement, toStoreError } from './sqlite-driver.ts';
import type { Sync } from './store.ts';

type Job = { sync: Sync; work: () => unknown; resolve: (value: unknown) => void; reject: (reason: unknown) => void };
type Outcome = { job: Job; value: unknown } | { job: Job; error: ColloquyError };

// Taken here, so that fake timers of a test do not hold back a commit.
const soon = setImmediate;

/**
 * An open database: reads at once, writes in transactions. All writes asked for in one turn of the event loop share a commit,
 * and so a wait for the disk; they happen in the order asked for.
 */
export class SqliteConnection {
  readonly path: string;
  readonly #driver: SqliteDriver;
  readonly #begin: SqliteStatement;
  readonly #commit: SqliteStatement;
  readonly #touch: SqliteStatement;
  #queue: Job[] = [];
  #mode: Sync | undefined;
  /** Something was committed that a power cut could still take. */
  #lazyPending = false;
  #closed = false;

  constructor(driver: SqliteDriver, path: string) {
    this.#driver = driver;
    this.path = path;
    this.#begin = driver.prepare('BEGIN IMMEDIATE');
    this.#commit = driver.prepare('COMMIT');
    this.#touch = driver.prepare('UPDATE touch SET count = count + 1 WHERE id = 1');
  }

  /**
   * Runs `work` inside a transaction and resolves with its value once that is committed; with `now`, once it is durable.
   * Contract: `work` may run twice, and throws a ColloquyError only before it has written anything.
   */
  async write<T>(sync: Sync, work: () => T): Promise<T> {
    this.#assertOpen();
    const written = new Promise<unknown>((resolve, reject) => this.#queue.push({ sync, work, resolve, reject }));
    if (this.#queue.length === 1) soon(() => this.#flush());
    // What a job resolves with is what its work returned.
    return (await written) as T;
  }

  /** Runs a query now. What was asked for with `write` and has not resolved may be missing in its answer. */
  read<T>(query: () => T): T {
    this.#assertOpen();
    try {
      return query();
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }

  /** Makes everything committed so far durable. */
  async sync(): Promise<void> {
    if (this.#lazyPending || this.#queue.length > 0) await this.write('now', () => undefined);
  }

  /** Writes what is still waiting, and refuses whatever comes later. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#driver.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new AbortError(`The store in ${this.path} is closed`);
  }

  #flush(): void {
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length > 0) this.#run(jobs);
  }

  #run(jobs: readonly Job[]): void {
    const sync = jobs.some((job) => job.sync === 'now') ? 'now' : 'lazy';
    try {
      this.#setMode(sync);
      this.#begin.run();
    } catch (error) {
      rejectAll(jobs, toStoreError(error, this.path));
      return;
    }
    try {
      this.#transact(jobs, sync);
    } catch (error) {
      // SQLite has rolled back by itself after some errors.
      if (this.#driver.inTransaction) this.#driver.exec('ROLLBACK');
      // One bad job must not fail the others of its transaction: each gets its own.
      if (jobs.length > 1) for (const job of jobs) this.#run([job]);
      else rejectAll(jobs, toStoreError(error, this.path));
    }
  }

  #transact(jobs: readonly Job[], sync: Sync): void {
    const outcomes = jobs.map(runJob);
    // In WAL mode a commit with FULL syncs the whole log, the lazy commits before it included; but only if it writes something.
    if (sync === 'now' && this.#lazyPending) this.#touch.run();
    this.#commit.run();
    this.#lazyPending = sync === 'lazy';
    for (const outcome of outcomes) {
      if ('error' in outcome) outcome.job.reject(outcome.error);
      else outcome.job.resolve(outcome.value);
    }
  }

  #setMode(sync: Sync): void {
    if (this.#mode === sync) return;
    this.#driver.exec(`PRAGMA synchronous = ${sync === 'now' ? 'FULL' : 'NORMAL'}`);
    this.#mode = sync;
  }
}

function rejectAll(jobs: readonly Job[], error: ColloquyError): void {
  for (const job of jobs) job.reject(error);
}

function runJob(job: Job): Outcome {
  try {
    return { job, value: job.work() };
  } catch (error) {
    if (error instanceof ColloquyError) return { job, error };
    throw error;
  }
}
