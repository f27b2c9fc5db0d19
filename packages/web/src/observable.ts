/** A value that tells its watchers when it is replaced; the shape that React's `useSyncExternalStore` reads. */
export type Observable<T> = {
  get: () => T;
  set: (value: T) => void;
  /** Returns what ends the watching. */
  subscribe: (watcher: () => void) => () => void;
};

/** Setting the same value again tells nobody. */
export function createObservable<T>(initial: T): Observable<T> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const watcher of watchers) watcher();
    },
    subscribe(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
