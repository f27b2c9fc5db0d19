/**
 * Where a reader of a server's stream stands: the id of a frame. All entries up to `seq` and all fragments up to `frag` of that epoch
 * have been told, and of the next entry the first `part` messages.
 */
export type Place = { epoch: number; seq: number; frag: number; part: number };

/** Undefined for an id that is none of the server's. */
export function parsePlace(id: string): Place | undefined {
  const parts = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:\.(\d{1,6}))?$/.exec(id);
  if (parts === null) return undefined;
  const [, epoch, seq, frag, part = 0] = parts;
  return { epoch: Number(epoch), seq: Number(seq), frag: Number(frag), part: Number(part) };
}

/** Whether a frame comes after another one in the stream; one that does not has been told before. */
export function isAfter(place: Place, other: Place): boolean {
  if (place.seq !== other.seq) return place.seq > other.seq;
  if (place.part !== other.part) return place.part > other.part;
  return place.epoch === other.epoch ? place.frag > other.frag : place.epoch > other.epoch;
}
