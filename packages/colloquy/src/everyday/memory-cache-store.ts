import type { CachedAnswer, CacheStore } from './cache-store.ts';

/** Answers in this process, oldest use first. */
export class MemoryCacheStore implements CacheStore {
  readonly #answers = new Map<string, CachedAnswer>();

  async get(key: string, now: number): Promise<string | undefined> {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    this.#answers.delete(key);
    if (answer.expiresAt <= now) return undefined;
    this.#answers.set(key, answer);
    return answer.text;
  }

  async set(key: string, answer: CachedAnswer, { maxEntries }: { maxEntries: number }): Promise<void> {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= maxEntries) return;
      this.#answers.delete(oldest);
    }
  }

  async delete(key: string): Promise<boolean> {
    return this.#answers.delete(key);
  }

  async clearExpired(now: number): Promise<number> {
    const expired = [...this.#answers].filter(([, { expiresAt }]) => expiresAt <= now);
    for (const [key] of expired) this.#answers.delete(key);
    return expired.length;
  }

  async clear(): Promise<void> {
    this.#answers.clear();
  }

  async size(): Promise<number> {
    return this.#answers.size;
  }

  async close(): Promise<void> {}
}
