import { isRecord } from '../helpers/is-record.ts';
import type { Entry, Json, NewEntry } from './entries.ts';
import { isHeld } from './owner.ts';
import type { SqlRow } from './sqlite-driver.ts';
import { StoreError } from './store-error.ts';
import type { SessionRow } from './store.ts';

/** The newest version of an entry that this code reads. */
const ENTRY_VERSION = 1;

/** Reads the columns of a row; a value of another type than the schema's means that the file is damaged. */
export class RowReader {
  readonly #row: SqlRow;
  readonly #path: string;

  constructor(row: SqlRow, path: string) {
    this.#row = row;
    this.#path = path;
  }

  text(name: string): string {
    const value = this.#row[name];
    if (typeof value !== 'string') throw this.#damaged(name);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#row[name] === null ? undefined : this.text(name);
  }

  int(name: string): number {
    const value = this.#row[name];
    if (typeof value !== 'number') throw this.#damaged(name);
    return value;
  }

  json(name: string): Json {
    const text = this.text(name);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.#damaged(name, cause);
    }
  }

  record(name: string): Record<string, Json> {
    const value = this.json(name);
    if (!isRecord(value)) throw this.#damaged(name);
    return value;
  }

  #damaged(name: string, cause: unknown = new Error(`column ${name} holds what Colloquy never writes`)): StoreError {
    return new StoreError('corrupt', this.#path, { cause });
  }
}

/** What of an entry stands in `body`: its own fields, without those that have a column. */
export function toBody(entry: NewEntry): string {
  const { kind: _kind, thread: _thread, once: _once, ...body } = entry;
  return JSON.stringify(body);
}

/** @throws StoreError when the entry is newer than this code. */
export function toEntry(row: SqlRow, path: string): Entry {
  const reader = new RowReader(row, path);
  if (reader.int('v') > ENTRY_VERSION) throw new StoreError('newer', path);
  const once = reader.optionalText('once');
  // Only `append` writes rows; a kind that this version does not know is kept as it is.
  return {
    ...reader.record('body'),
    kind: reader.text('kind'),
    v: ENTRY_VERSION,
    seq: reader.int('seq'),
    at: reader.text('at'),
    epoch: reader.int('epoch'),
    thread: reader.text('thread'),
    ...(once === undefined ? {} : { once }),
  } as Entry;
}

/** A row of `session` joined with `session_state`. */
export function toSessionRow(row: SqlRow, path: string): SessionRow {
  const reader = new RowReader(row, path);
  const owner = reader.optionalText('owner');
  return {
    id: reader.text('id'),
    cwd: reader.text('cwd'),
    data: reader.record('data'),
    title: reader.optionalText('title'),
    tag: reader.optionalText('tag'),
    firstPrompt: reader.optionalText('first_prompt'),
    lastPrompt: reader.optionalText('last_prompt'),
    createdAt: reader.text('created_at'),
    updatedAt: reader.text('updated_at'),
    head: reader.int('head'),
    epoch: reader.int('epoch'),
    owner: isHeld(owner, reader.int('lease_until'), Date.now()) ? owner : undefined,
    running: reader.int('running') === 1,
    checkpointSeq: reader.int('checkpoint_seq'),
  };
}
