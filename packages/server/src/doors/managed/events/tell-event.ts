import type { Entry } from 'colloquy/internal';
import { toEventId } from './event-id.ts';
import type { EventBody, EventUpsert, ManagedEvent } from './event-types.ts';
import { type EventsState, processed } from './events-state.ts';

/** An event that an entry brings: told, and in its place. Gives its id. */
export function tell(state: EventsState, entry: Entry, index: number, body: EventBody, out: EventUpsert[]): string {
  const id = toEventId(state.session, entry.seq, index);
  out.push({ event: processed(body, id, entry.at), place: entry.seq });
  return id;
}

/** An event of a client is accepted: it is told, and waits. */
export function wait(state: EventsState, entry: Entry, body: EventBody, out: EventUpsert[]): void {
  const event: ManagedEvent = { ...body, id: toEventId(state.session, entry.seq), processed_at: null };
  state.waiting.set(entry.seq, event);
  out.push({ event, place: null });
}

/** What waited is taken up, with this entry. */
export function settle(state: EventsState, seq: number, entry: Entry, out: EventUpsert[]): void {
  const event = state.waiting.get(seq);
  if (event === undefined) return;
  state.waiting.delete(seq);
  // What has just been accepted need not be told twice.
  if (out.at(-1)?.event === event) out.pop();
  out.push({ event: { ...event, processed_at: entry.at }, place: entry.seq });
}
