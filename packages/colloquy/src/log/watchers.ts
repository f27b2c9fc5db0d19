import type { Seq } from './entries.ts';
import { Wakeup } from './wakeup.ts';

/** Those who want to hear that a session's log has grown. */
export class Watchers {
  readonly #byId = new Map<string, Set<Watcher>>();
  readonly #onChange: ((some: boolean) => void) | undefined;

  /** `onChange` hears when the first watcher comes (true) and when the last one goes (false). */
  constructor(onChange?: (some: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Begins at once, not with the first `next`; ends with the signal, or when the loop is left. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Seq> {
    const watcher = new Watcher(signal, () => this.#remove(id, watcher));
    if (!signal.aborted) this.#add(id, watcher);
    return watcher;
  }

  notify(id: string, head: Seq): void {
    const watchers = this.#byId.get(id);
    if (watchers === undefined) return;
    for (const watcher of watchers) watcher.notify(head);
  }

  /** The watched sessions. */
  ids(): IterableIterator<string> {
    return this.#byId.keys();
  }

  close(): void {
    for (const watchers of this.#byId.values()) for (const watcher of watchers) watcher.end();
  }

  #add(id: string, watcher: Watcher): void {
    const watchers = this.#byId.get(id);
    if (watchers !== undefined) {
      watchers.add(watcher);
      return;
    }
    this.#byId.set(id, new Set([watcher]));
    if (this.#byId.size === 1) this.#onChange?.(true);
  }

  #remove(id: string, watcher: Watcher): void {
    const watchers = this.#byId.get(id);
    if (!watchers?.delete(watcher) || watchers.size > 0) return;
    this.#byId.delete(id);
    if (this.#byId.size === 0) this.#onChange?.(false);
  }
}

/** Yields the newest head that it was told; heads that came while nobody asked are one. */
class Watcher implements AsyncIterableIterator<Seq> {
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  readonly #wakeup = new Wakeup();
  #head: Seq | undefined;
  #ended = false;

  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#ended = signal.aborted;
    signal.addEventListener('abort', this.end, { once: true });
  }

  notify(head: Seq): void {
    this.#head = head;
    this.#wakeup.wake();
  }

  readonly end = (): void => {
    this.#signal.removeEventListener('abort', this.end);
    this.#ended = true;
    this.#onEnd();
    this.#wakeup.wake();
  };

  async next(): Promise<IteratorResult<Seq, undefined>> {
    while (!this.#ended) {
      const head = this.#head;
      this.#head = undefined;
      if (head !== undefined) return { done: false, value: head };
      await this.#wakeup.wait();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Seq, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
