import type { Seq } from './entries.ts';

/** Those who want to hear that a session's log has grown. */
export class Watchers {
  readonly #byId = new Map<string, readonly Watcher[]>();
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
    const others = this.#byId.get(id) ?? [];
    this.#byId.set(id, others.concat(watcher));
    if (this.#byId.size === 1 && others.length === 0) this.#onChange?.(true);
  }

  #remove(id: string, watcher: Watcher): void {
    const watchers = this.#byId.get(id) ?? [];
    const others = watchers.filter((other) => other !== watcher);
    if (others.length === watchers.length) return;
    if (others.length > 0) this.#byId.set(id, others);
    else if (this.#byId.delete(id) && this.#byId.size === 0) this.#onChange?.(false);
  }
}

/** Yields the newest head that it was told; heads that came while nobody asked are one. */
class Watcher implements AsyncIterableIterator<Seq> {
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  /** Told while nobody asked. */
  #head: Seq | undefined;
  /** Those who have asked and wait. */
  #asking: readonly ((next: IteratorResult<Seq, undefined>) => void)[] = [];
  #ended = false;

  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#ended = signal.aborted;
    signal.addEventListener('abort', this.end, { once: true });
  }

  notify(head: Seq): void {
    const [answer, ...others] = this.#asking;
    this.#asking = others;
    if (answer === undefined) this.#head = head;
    else answer({ done: false, value: head });
  }

  readonly end = (): void => {
    this.#signal.removeEventListener('abort', this.end);
    this.#ended = true;
    this.#onEnd();
    for (const answer of this.#asking) answer({ done: true, value: undefined });
    this.#asking = [];
  };

  next(): Promise<IteratorResult<Seq, undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) return Promise.resolve({ done: false, value: head });
    return new Promise((resolve) => (this.#asking = this.#asking.concat(resolve)));
  }

  async return(): Promise<IteratorResult<Seq, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
