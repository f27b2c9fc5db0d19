import { ConfigurationError } from '../errors.ts';
import { type Entry, INPUT_KINDS, type NewEntry, type Seq } from './entries.ts';

/** The entries as the log holds them once a batch is appended from `first` on. */
export function stampEntries(
  entries: readonly NewEntry[],
  place: { first: Seq; at: string; epoch: number },
): readonly Entry[] {
  return entries.map((entry, index) => ({
    ...entry,
    v: 1,
    seq: place.first + index,
    at: place.at,
    epoch: place.epoch,
    thread: entry.thread ?? 'main',
  }));
}

/**
 * Refuses a batch that no store may take: facts without the epoch of a lease, or one `once` key twice.
 * @throws ConfigurationError
 */
export function checkBatch(entries: readonly NewEntry[], epoch: number | undefined): void {
  let keys: Set<string> | undefined;
  for (const { kind, once } of entries) {
    if (epoch === undefined && !INPUT_KINDS.has(kind)) {
      throw new ConfigurationError(`A ${kind} entry is a fact: append it with the epoch of the session's lease`);
    }
    if (once === undefined) continue;
    keys ??= new Set();
    if (keys.has(once))
      throw new ConfigurationError(`The key ${once} stands twice in one batch; it is unique in a session`);
    keys.add(once);
  }
}
