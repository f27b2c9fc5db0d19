const MINUTE_MS = 60_000;

/** An allowance that refills evenly, up to what a minute brings. It may be overdrawn, and then fills up from below zero. */
export class TokenBucket {
  readonly perMinute: number;
  #level: number;
  #atMs: number;

  /** @param perMinute what flows in within a minute, and what the full bucket holds. */
  constructor(perMinute: number, nowMs: number) {
    this.perMinute = perMinute;
    this.#level = perMinute;
    this.#atMs = nowMs;
  }

  /** What is in it. A clock that goes back brings nothing and takes nothing. */
  level(nowMs: number): number {
    const since = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(this.perMinute, this.#level + (since / MINUTE_MS) * this.perMinute);
    this.#atMs = nowMs;
    return this.#level;
  }

  take(amount: number, nowMs: number): void {
    this.#level = this.level(nowMs) - amount;
  }

  /** Milliseconds until so much is in it; until it is full when it can never hold as much. */
  msUntil(amount: number, nowMs: number): number {
    const missing = Math.min(amount, this.perMinute) - this.level(nowMs);
    return missing <= 0 ? 0 : (missing / this.perMinute) * MINUTE_MS;
  }
}
