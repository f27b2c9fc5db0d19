/** An answer as text, and when it is too old. */
export type CachedAnswer = { text: string; expiresAt: number };

/** Where a `ResponseCache` keeps answers. Times are milliseconds of the cache's clock; an answer is too old from `expiresAt` on. */
export interface CacheStore {
  /** The text under a key, unless it is too old. It counts as use. */
  get(key: string, now: number): Promise<string | undefined>;
  /** Keeps an answer in place of an older one; of more than `maxEntries` those that were not used for the longest time go. */
  set(key: string, answer: CachedAnswer, bound: { maxEntries: number }): Promise<void>;
  delete(key: string): Promise<boolean>;
  clearExpired(now: number): Promise<number>;
  clear(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}
