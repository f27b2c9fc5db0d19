import type { Entry, Json, Thread } from '../log/entries.ts';

/** `epoch.seq.frag`: all entries up to `seq`, all fragments up to `frag` (one counter per session and epoch). */
export type Cursor = `${number}.${number}.${number}`;

/** What a reader of a session gets: the entries, and what is told only live. */
export type Live =
  | { type: 'entry'; cursor: Cursor; entry: Entry }
  | { type: 'fragment'; cursor: Cursor; thread: Thread; request: string; event: Json }
  | { type: 'signal'; signal: Json }
  | { type: 'gap'; cursor: Cursor; open: { request: string; index: number; text: string }[] };

/** A pure fold of entries into whatever a door shows: no clock, no I/O, no random. */
export interface View<S, Out> {
  init(session: Json): S;
  entry(state: S, entry: Entry): readonly Out[];
  fragment?(state: S, fragment: Live & { type: 'fragment' }): readonly Out[];
}
