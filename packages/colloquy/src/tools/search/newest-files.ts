/** Of any number of files, keeps those that were changed last; memory is bounded by how many are kept. Pure. */
export class NewestFiles {
  /** How many were added. */
  total = 0;
  readonly #limit: number;
  #kept: { path: string; changedMs: number }[] = [];
  /** What is older than this is not among those kept. */
  #oldestMs = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(path: string, changedMs: number): void {
    this.total++;
    if (changedMs < this.#oldestMs) return;
    this.#kept.push({ path, changedMs });
    // Put in order only now and then, so that a file costs little on average.
    if (this.#kept.length >= this.#limit * 4) this.#trim();
  }

  /** Paths, those changed last first, those of one moment by name. */
  newest(): string[] {
    this.#trim();
    return this.#kept.map(({ path }) => path);
  }

  #trim(): void {
    this.#kept = this.#kept
      .toSorted((a, b) => b.changedMs - a.changedMs || (a.path < b.path ? -1 : 1))
      .slice(0, this.#limit);
    if (this.#kept.length === this.#limit) this.#oldestMs = this.#kept.at(-1)?.changedMs ?? this.#oldestMs;
  }
}
