/**
 * A map that takes no room while it is empty, which a `Map` does: 184 bytes. For the many of an idle session that rarely hold something.
 * A loop over it that empties it is told nothing of what comes after that.
 */
export class LateMap<K, V> implements Iterable<[K, V]> {
  #map: Map<K, V> | undefined;

  constructor(from?: LateMap<K, V>) {
    if (from !== undefined && from.size > 0) this.#map = new Map(from);
  }

  get size(): number {
    return this.#map?.size ?? 0;
  }

  has(key: K): boolean {
    return this.#map?.has(key) === true;
  }

  get(key: K): V | undefined {
    return this.#map?.get(key);
  }

  set(key: K, value: V): this {
    (this.#map ??= new Map()).set(key, value);
    return this;
  }

  delete(key: K): boolean {
    const had = this.#map?.delete(key) === true;
    if (this.#map?.size === 0) this.#map = undefined;
    return had;
  }

  clear(): void {
    this.#map = undefined;
  }

  keys(): Iterable<K> {
    return this.#map?.keys() ?? [];
  }

  values(): Iterable<V> {
    return this.#map?.values() ?? [];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.#map ?? NONE)[Symbol.iterator]();
  }
}

const NONE: readonly [] = [];
