import type { Cursor } from 'colloquy/internal';

/**
 * A place in a session's stream, as frames carry it. One entry can give several messages: those before its last carry the place
 * before the entry and how many of its messages have been told (`3.17.0~1`), so that a reader cut between two of them
 * comes back to the very next one.
 */
export type Place = { after: Cursor; skip: number };

export const BEGINNING: Place = { after: '0.0.0', skip: 0 };

const PLACE = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(?:~([1-9]\d{0,3}))?$/;

/** Reads a place, or undefined when the text is none. */
export function parsePlace(text: string): Place | undefined {
  const match = PLACE.exec(text);
  if (match === null) return undefined;
  const [, epoch, seq, frag, skip] = match;
  return { after: `${Number(epoch)}.${Number(seq)}.${Number(frag)}`, skip: Number(skip ?? 0) };
}

export function formatPlace(place: Place): string {
  return place.skip === 0 ? place.after : `${place.after}~${place.skip}`;
}

/** Whether a place is one that the session has not come to. */
export function isFuture(place: Place, session: { epoch: number; head: number }): boolean {
  const [epoch, seq] = place.after.split('.').map(Number);
  return (epoch ?? 0) > session.epoch || (seq ?? 0) > session.head;
}
