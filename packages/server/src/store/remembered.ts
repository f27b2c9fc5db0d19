import { changeMarkOf } from './open-database.ts';
import type { Tables } from './tables.ts';

/** Names that were asked for; a flood of wrong ones is to take no memory. */
const MAX_NAMES = 1_000;

/**
 * What was read from the tables by name, as long as nothing in them has changed. Whether it has, SQLite is asked every time, so that what
 * another process writes counts at once.
 */
export class Remembered<T> {
  readonly #tables: () => Promise<Tables>;
  readonly #read: (tables: Tables, name: string) => Promise<T | undefined>;
  readonly #values = new Map<string, T | undefined>();
  #mark: string | undefined;

  constructor(tables: () => Promise<Tables>, read: (tables: Tables, name: string) => Promise<T | undefined>) {
    this.#tables = tables;
    this.#read = read;
  }

  async get(name: string): Promise<T | undefined> {
    const tables = await this.#tables();
    const mark = changeMarkOf(tables);
    if (mark !== this.#mark || this.#values.size >= MAX_NAMES) this.#values.clear();
    this.#mark = mark;
    if (this.#values.has(name)) return this.#values.get(name);
    const value = await this.#read(tables, name);
    // What has changed meanwhile may have come too late to be in it.
    if (this.#mark === mark && changeMarkOf(tables) === mark) this.#values.set(name, value);
    return value;
  }
}
