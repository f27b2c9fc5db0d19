import type { Entry, Json, Seq, Thread } from './entries.ts';

/** `epoch.seq.frag`: all entries up to `seq`, all fragments up to `frag` (one counter per session and epoch). */
export type Cursor = `${number}.${number}.${number}`;

/** What a reader of a session gets: the entries, and what is told only live. */
export type Live =
  | { type: 'entry'; cursor: Cursor; entry: Entry }
  /** Number `frag` of its epoch. */
  | { type: 'fragment'; cursor: Cursor; epoch: number; frag: number; thread: Thread; request: string; event: Json }
  | { type: 'signal'; signal: Json }
  /** Fragments were lost: what is shown of unfinished blocks is to be replaced by these texts so far. */
  | { type: 'gap'; cursor: Cursor; open: OpenBlock[] };

/** A block of text or thinking that the model has begun and whose `model_block` is not told yet. */
export type OpenBlock = { request: string; index: number; text: string; type: 'text' | 'thinking'; thread: Thread };

/** The place after the entries up to `seq` and the fragments up to `frag` of an epoch. */
export function toCursor(epoch: number, seq: Seq, frag: number): Cursor {
  return `${epoch}.${seq}.${frag}`;
}
