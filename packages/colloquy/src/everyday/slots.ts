import { type AbortError, LimitExceededError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';

/** Gives the slot back; calls after the first do nothing. */
export type Release = () => void;
type Waiting = { grant: (release: Release) => void; refuse: (error: Error) => void };

/** So many may work at once; the others wait, and come in the order in which they asked. */
export class Slots {
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #queue = new Set<Waiting>();
  #used = 0;
  #whenUnused: (() => void)[] = [];
  #closed: AbortError | undefined;

  constructor(max: number, maxWaiting: number) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Resolves when a slot is free. @throws LimitExceededError when too many wait; AbortError when the signal aborts or the slots are
   * closed first, and then no slot is taken
   */
  acquire(signal?: AbortSignal): Promise<Release> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(abortErrorOf(signal));
    // Whoever waits comes first: a slot that is given back goes to them at once, so none is free while somebody waits.
    if (this.#used < this.#max) return Promise.resolve(this.#take());
    if (this.#queue.size >= this.#maxWaiting) {
      const told = `${this.#used} are at work and ${this.#queue.size} wait, which is the most that may (maxWaiting); try again later`;
      return Promise.reject(new LimitExceededError(told));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.delete(waiting);
        reject(abortErrorOf(signal));
      };
      const waiting: Waiting = {
        grant: (release) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(release);
        },
        refuse: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      this.#queue.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Resolves when no slot is in use. */
  unused(): Promise<void> {
    return this.#used === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenUnused.push(resolve));
  }

  /** Nobody gets a slot any more: whoever waits is refused. Slots in use stay so until they are given back. */
  close(reason: AbortError): void {
    this.#closed ??= reason;
    for (const { refuse } of this.#queue) refuse(this.#closed);
    this.#queue.clear();
  }

  #take(): Release {
    this.#used += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= 1;
      const [next] = this.#queue;
      if (next !== undefined) {
        this.#queue.delete(next);
        next.grant(this.#take());
      } else if (this.#used === 0) for (const resolve of this.#whenUnused.splice(0)) resolve();
    };
  }
}
