import { FewAtOnce } from 'colloquy/internal';
import type { Kysely } from 'kysely';
import { isUniqueViolation } from './unique-violation.ts';

type Job<Tables> = {
  write: (db: Kysely<Tables>) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
};

/** So many commits of one turn of the event loop do not wait for its end. */
const FEW = 2;

/** Writes that are asked for in one turn of the event loop share commits, which take longer than most of them do; who is alone does not wait. */
export class WriteTogether<Tables> {
  readonly #db: Kysely<Tables>;
  #jobs: Job<Tables>[] = [];
  readonly #flushes = new FewAtOnce(FEW);

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Resolves once it is committed. A row that is refused fails alone; a fault of the database fails all, and nothing of them is written. */
  async write<T>(write: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const written = new Promise<unknown>((resolve, reject) => this.#jobs.push({ write, resolve, reject }));
    if (this.#jobs.length === 1) this.#flushes.run(() => void this.#flush());
    // What a job resolves with is what its write resolved with.
    return (await written) as T;
  }

  async #flush(): Promise<void> {
    const jobs = this.#jobs;
    this.#jobs = [];
    const [only] = jobs;
    let fault: unknown;
    try {
      if (only !== undefined && jobs.length === 1) {
        only.resolve(await only.write(this.#db));
        return;
      }
      const settle = await this.#db.transaction().execute(async (transaction) => {
        const outcomes: (() => void)[] = [];
        try {
          for (const job of jobs) outcomes.push(await outcomeOf(job, transaction));
        } catch (error) {
          fault = error;
          throw error;
        }
        return outcomes;
      });
      for (const tell of settle) tell();
    } catch (error) {
      // SQLite rolls back by itself after some faults, and then refuses to do so again: what was first is the reason.
      for (const { reject } of jobs) reject(fault ?? error);
    }
  }
}

async function outcomeOf<Tables>({ write, resolve, reject }: Job<Tables>, db: Kysely<Tables>): Promise<() => void> {
  try {
    const value = await write(db);
    return () => resolve(value);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    return () => reject(error);
  }
}
