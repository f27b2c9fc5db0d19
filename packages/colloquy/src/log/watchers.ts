import type { Seq } from './entries.ts';

type Watcher = (head: Seq) => void;

/** Those who want to hear that a session's log has grown. Called back, not iterated: every append is heard, mostly by its own writer. */
export class Watchers {
  readonly #byId = new Map<string, readonly Watcher[]>();
  readonly #onChange: ((some: boolean) => void) | undefined;

  /** `onChange` hears when the first watcher comes (true) and when the last one goes (false). */
  constructor(onChange?: (some: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Begins at once; returns what ends it. */
  watch(id: string, onHead: Watcher): () => void {
    // Its own, should the same function watch twice.
    const watcher: Watcher = (head) => onHead(head);
    // What throws there leaves no watcher behind.
    if (this.#byId.size === 0) this.#onChange?.(true);
    this.#byId.set(id, (this.#byId.get(id) ?? []).concat(watcher));
    return () => this.#remove(id, watcher);
  }

  notify(id: string, head: Seq): void {
    const watchers = this.#byId.get(id);
    if (watchers === undefined) return;
    for (const watcher of watchers) watcher(head);
  }

  /** The watched sessions. */
  ids(): IterableIterator<string> {
    return this.#byId.keys();
  }

  /** Nobody hears anything any longer. */
  close(): void {
    if (this.#byId.size === 0) return;
    this.#byId.clear();
    this.#onChange?.(false);
  }

  #remove(id: string, watcher: Watcher): void {
    const watchers = this.#byId.get(id) ?? [];
    const others = watchers.filter((other) => other !== watcher);
    if (others.length === watchers.length) return;
    if (others.length > 0) this.#byId.set(id, others);
    else if (this.#byId.delete(id) && this.#byId.size === 0) this.#onChange?.(false);
  }
}
