import { AbortError, ColloquyError } from '../errors.ts';
import { FewAtOnce } from '../helpers/few-at-once.ts';
import { giveWay } from '../helpers/give-way.ts';
import { BUSY_TIMEOUT_MS, type SqliteDriver, type SqliteStatement, toStoreError } from './sqlite-driver.ts';
import { SqliteWal } from './sqlite-wal.ts';
import type { Sync } from './store.ts';

type Job = { work: () => unknown; resolve: (value: unknown) => void; reject: (reason: unknown) => void };
type Outcome = { job: Job; value: unknown } | { job: Job; error: ColloquyError };

/** So many commits of one turn of the event loop do not wait for its end. */
const FEW = 3;

/**
 * An open database: reads at once, writes in transactions. Writes asked for at once share a commit, and so do all but the first few of one
 * turn of the event loop; they happen in the order asked for. What is to be durable then waits for the disk, which the event loop does not for long.
 */
export class SqliteConnection {
  readonly path: string;
  readonly #driver: SqliteDriver;
  readonly #begin: SqliteStatement;
  readonly #commit: SqliteStatement;
  readonly #dataVersion: SqliteStatement;
  readonly #wal: SqliteWal;
  #queue: Job[] = [];
  readonly #flushes = new FewAtOnce(FEW);
  #commits = 0;
  /** What was on the disk when it was last synced: so many commits of ours, and this version by the others'. */
  #durable: { commits: number; version: number } | undefined;
  /** Set when it is closed: the last wait for the disk. */
  #last: Promise<void> | undefined;

  constructor(driver: SqliteDriver, path: string, wal = new SqliteWal(path)) {
    this.#driver = driver;
    this.path = path;
    this.#wal = wal;
    wal.isBusy = () => this.#queue.length > 0;
    this.#begin = driver.prepare('BEGIN IMMEDIATE');
    this.#commit = driver.prepare('COMMIT');
    this.#dataVersion = driver.prepare('PRAGMA data_version');
  }

  /**
   * Runs `work` inside a transaction and resolves with its value once that is committed; with `now`, once it is durable, and so is
   * everything that `work` can have seen, whoever has written it.
   * Contract: `work` may run twice, and throws a ColloquyError only before it has written anything.
   */
  async write<T>(sync: Sync, work: () => T): Promise<T> {
    this.#assertOpen();
    const written = new Promise<unknown>((resolve, reject) => this.#queue.push({ work, resolve, reject }));
    if (this.#queue.length === 1) this.#flushes.run(() => this.#flush());
    // What a job resolves with is what its work returned.
    const value = (await written) as T;
    // Hundreds may have shared the commit.
    const pause = giveWay();
    if (pause !== undefined) await pause;
    if (sync === 'now') await this.#makeDurable();
    return value;
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

  /** A number that changes when another connection, of this process or another, has committed. */
  dataVersion(): number {
    return this.read(() => Number(this.#dataVersion.get()?.['data_version']));
  }

  /** Makes everything asked for so far durable, and everything that others have committed. */
  async sync(): Promise<void> {
    this.#flush();
    await this.#makeDurable();
  }

  /**
   * Moves everything committed from the log of writes into the database and empties it, unless another process reads just now: for
   * what must be gone from the disk. Holds up the event loop as long as the disk takes.
   */
  emptyWal(): void {
    this.#flush();
    this.read(() => {
      this.#driver.exec('PRAGMA busy_timeout = 0');
      try {
        this.#driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      } finally {
        this.#driver.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    });
  }

  /** Writes what is still waiting, makes it durable, and refuses whatever comes later. */
  async close(): Promise<void> {
    if (this.#last !== undefined) return;
    this.#flush();
    this.#last = this.#makeDurable();
    try {
      await this.#last;
    } finally {
      await this.#wal.close();
      this.#driver.close();
    }
  }

  #assertOpen(): void {
    if (this.#last !== undefined) throw new AbortError(`The store in ${this.path} is closed`);
  }

  async #makeDurable(): Promise<void> {
    // Nothing is committed after that.
    if (this.#last !== undefined) return this.#last;
    const standing = { commits: this.#commits, version: this.dataVersion() };
    if (standing.commits === this.#durable?.commits && standing.version === this.#durable.version) return;
    try {
      await this.#wal.sync();
    } catch (error) {
      throw toStoreError(error, this.path);
    }
    this.#durable = standing;
    // As many may have waited.
    const pause = giveWay();
    if (pause !== undefined) await pause;
  }

  #flush(): void {
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length > 0) this.#run(jobs);
  }

  #run(jobs: readonly Job[]): void {
    try {
      this.#begin.run();
    } catch (error) {
      rejectAll(jobs, toStoreError(error, this.path));
      return;
    }
    try {
      this.#transact(jobs);
    } catch (error) {
      // SQLite has rolled back by itself after some errors.
      if (this.#driver.inTransaction) this.#driver.exec('ROLLBACK');
      // One bad job must not fail the others of its transaction: each gets its own.
      if (jobs.length > 1) for (const job of jobs) this.#run([job]);
      else rejectAll(jobs, toStoreError(error, this.path));
    }
  }

  #transact(jobs: readonly Job[]): void {
    const outcomes = jobs.map(runJob);
    this.#commit.run();
    this.#commits += 1;
    for (const outcome of outcomes) {
      if ('error' in outcome) outcome.job.reject(outcome.error);
      else outcome.job.resolve(outcome.value);
    }
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
