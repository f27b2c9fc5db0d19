import type { Entry, Seq, Store } from 'colloquy/internal';
import { goesUp, isBeyond, type PageRequest, type Place } from '../../../http/page.ts';
import type { ManagedEvent } from './event-types.ts';
import { copyOfState, type EventsInit, type EventsState, newEventsState, waitingEvents } from './events-state.ts';
import { foldEvents } from './fold-events.ts';

/** Entries read at once. A page is seldom made of more. */
const READ = 200;
/** Sessions whose fold is remembered. */
const MAX_SESSIONS = 500;
/** Places of a log from which it can be folded on, and the least distance between two at first. */
const MAX_MARKS = 32;
const MARK_EVERY = 1_000;
/** Where what waits stands: behind every entry. */
const LAST = Number.MAX_SAFE_INTEGER;

/** An event with its place in the list. */
export type Listed = { event: ManagedEvent; place: Place };

export type EventFilter = (event: ManagedEvent) => boolean;

type Mark = { seq: Seq; state: EventsState };
type Folded = {
  /** As of the newest entry that was read. */
  newest: EventsState;
  marks: Mark[];
  spacing: number;
  /** The folding that is under way; another waits for it. */
  folding: Promise<unknown>;
};

/**
 * The events of sessions that are stored, and where each session stands. A log is folded once, and from then on as it grows; marks on
 * the way let a page begin anywhere. What is remembered is bounded: a session that was not asked for in a long time is folded anew.
 */
export class EventLog {
  readonly #store: () => Promise<Store>;
  readonly #initOf: (session: string) => Promise<EventsInit>;
  readonly #folded = new Map<string, Folded>();

  constructor(o: { store: () => Promise<Store>; initOf: (session: string) => Promise<EventsInit> }) {
    this.#store = o.store;
    this.#initOf = o.initOf;
  }

  /** Where a session stands at least as of this entry. To be read at once: the next call may go on with it. */
  async newest(session: string, head: Seq): Promise<EventsState> {
    const folded = await this.#get(session);
    await this.#foldUpTo(session, folded, head);
    return folded.newest;
  }

  /** A copy of its own of where a session stood at an entry. */
  async stateAt(session: string, seq: Seq): Promise<EventsState> {
    const folded = await this.#get(session);
    if (folded.newest.core.seq < seq) await this.#foldUpTo(session, folded, seq);
    const start = folded.newest.core.seq === seq ? { seq, state: folded.newest } : markBefore(folded, seq + 1);
    const state = copyOfState(start.state);
    for await (const entry of this.#entries(session, start.seq, seq)) foldEvents(state, entry);
    return state;
  }

  /** The events of a page, one more than it holds if there are more, in the order of the request. */
  async page(session: string, head: Seq, request: PageRequest, fits: EventFilter): Promise<Listed[]> {
    const rows = goesUp(request) ? this.#ascending(session, head, request) : this.#descending(session, head, request);
    const page: Listed[] = [];
    for await (const row of rows) {
      if (!isBeyond(request, row.place) || !fits(row.event)) continue;
      page.push(row);
      if (page.length > request.limit) break;
    }
    return page;
  }

  forget(session: string): void {
    this.#folded.delete(session);
  }

  async *#ascending(session: string, head: Seq, { from }: PageRequest): AsyncGenerator<Listed> {
    const folded = await this.#get(session);
    const first = from?.[0] ?? 1;
    if (first <= head) {
      const mark = markBefore(folded, first);
      // As long as the page is not full, the state comes to the newest entry; if it is, nobody asks what waits.
      const state = copyOfState(mark.state);
      for await (const entry of this.#entries(session, mark.seq, head)) yield* listed(state, entry);
      yield* waiting(state);
      return;
    }
    yield* waiting(await this.newest(session, head));
  }

  async *#descending(session: string, head: Seq, { from }: PageRequest): AsyncGenerator<Listed> {
    const newest = await this.newest(session, head);
    const folded = await this.#get(session);
    if (from === undefined || from[0] === LAST) yield* [...waiting(newest)].toReversed();
    let upTo = Math.min(from?.[0] ?? head, head);
    while (upTo > 0) {
      const mark = markBefore(folded, upTo);
      const state = copyOfState(mark.state);
      const segment: Listed[] = [];
      for await (const entry of this.#entries(session, mark.seq, upTo)) segment.push(...listed(state, entry));
      yield* segment.toReversed();
      upTo = mark.seq;
    }
  }

  async #get(session: string): Promise<Folded> {
    const known = this.#folded.get(session);
    if (known !== undefined) {
      // The newest of the map is the last.
      this.#folded.delete(session);
      this.#folded.set(session, known);
      return known;
    }
    const init = await this.#initOf(session);
    const other = this.#folded.get(session);
    if (other !== undefined) return other;
    const fresh: Folded = {
      newest: newEventsState(init),
      marks: [{ seq: 0, state: newEventsState(init) }],
      spacing: MARK_EVERY,
      folding: Promise.resolve(),
    };
    this.#folded.set(session, fresh);
    const [oldest] = this.#folded.keys();
    if (this.#folded.size > MAX_SESSIONS && oldest !== undefined) this.#folded.delete(oldest);
    return fresh;
  }

  async #foldUpTo(session: string, folded: Folded, head: Seq): Promise<void> {
    const work = folded.folding.then(async () => {
      for await (const entry of this.#entries(session, folded.newest.core.seq, head)) {
        foldEvents(folded.newest, entry);
        mark(folded);
      }
    });
    folded.folding = work.catch(() => undefined);
    await work;
  }

  async *#entries(session: string, after: Seq, upTo: Seq): AsyncGenerator<Entry> {
    const store = await this.#store();
    for (let last = after; last < upTo;) {
      const entries = await store.read(session, { after: last, upTo, limit: READ });
      if (entries.length === 0) return;
      yield* entries;
      last = entries.at(-1)?.seq ?? upTo;
    }
  }
}

/** Between turns little is open, so that a copy is small. */
function mark(folded: Folded): void {
  const { newest, marks } = folded;
  const { seq, turn } = newest.core;
  if (turn !== undefined || seq - (marks.at(-1)?.seq ?? 0) < folded.spacing) return;
  marks.push({ seq, state: copyOfState(newest) });
  if (marks.length <= MAX_MARKS) return;
  folded.marks = marks.filter((_, index) => index % 2 === 0);
  folded.spacing *= 2;
}

/** The newest mark before an entry. */
function markBefore({ marks }: Folded, seq: Seq): Mark {
  const found = marks.findLast((each) => each.seq < seq) ?? marks[0];
  if (found === undefined) throw new Error('There is always a mark at the beginning of a log');
  return found;
}

function listed(state: EventsState, entry: Entry): Listed[] {
  const events = foldEvents(state, entry).filter(({ place }) => place !== null);
  return events.map(({ event }, index) => ({ event, place: [entry.seq, number(index)] }));
}

function* waiting(state: EventsState): Generator<Listed> {
  const seqs = [...state.waiting.keys()];
  for (const [index, event] of waitingEvents(state).entries()) yield { event, place: [LAST, number(seqs[index] ?? 0)] };
}

/** As text, in the order of the numbers. */
const number = (value: number): string => String(value).padStart(16, '0');
