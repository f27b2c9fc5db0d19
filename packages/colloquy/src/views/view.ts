import type { Entry, Json } from '../log/entries.ts';
import type { Live } from '../log/live.ts';

export type { Cursor, Live } from '../log/live.ts';

/** A pure fold of entries into whatever a door shows: no clock, no I/O, no random. */
export interface View<S, Out> {
  init(session: Json): S;
  entry(state: S, entry: Entry): readonly Out[];
  fragment?(state: S, fragment: Live & { type: 'fragment' }): readonly Out[];
}
