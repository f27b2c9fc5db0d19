import type { SDKMessage } from '../../messages.ts';
import type { FeedReader } from '../../log/feed-reader.ts';
import { foldLifecycle, type LifecycleState } from '../../views/prompt-lifecycle.ts';
import { messageOfSignal } from '../../views/signal-message.ts';
import { type MessagesState, sdkMessagesView, toStreamEvent } from '../../views/to-sdk-messages.ts';
import type { Cursor, Live } from '../../views/view.ts';
import type { PlacedMessage, PlacedReadOptions, ReadOptions } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

/** Messages for a program, in batches of what is ready. The reader stands in the log from this call on. */
export function readMessages(session: ApiSession, o: ReadOptions): AsyncIterable<readonly SDKMessage[]> {
  const live = session.log.feed.read({ after: o.after, fragments: o.partial === true, signal: o.signal });
  const view = openView(session, o.after, { door: false, partial: o.partial === true });
  // Prompts that wait already are told of too, once a turn takes them.
  const waiting: LifecycleState | undefined =
    o.lifecycle === true ? new Map(session.state.queue.map(({ seq, uuid }) => [seq, uuid])) : undefined;
  return mapMessages(session, live, view, waiting);
}

async function* mapMessages(
  session: ApiSession,
  feed: AsyncIterable<readonly Live[]>,
  opening: Promise<MessagesState>,
  waiting: LifecycleState | undefined,
): AsyncGenerator<readonly SDKMessage[], void, void> {
  const view = await opening;
  for await (const batch of feed) {
    const out: SDKMessage[] = [];
    for (const live of batch) {
      if (live.type === 'fragment') {
        const message = toStreamEvent(view, live);
        if (message !== undefined) out.push(message);
      } else if (live.type === 'signal') {
        const message = messageOfSignal(live.signal);
        if (message !== undefined) out.push(message);
      } else if (live.type === 'entry') {
        out.push(...sdkMessagesView.entry(view, live.entry));
        if (waiting !== undefined) out.push(...foldLifecycle(waiting, session.id, live.entry));
      }
    }
    if (out.length > 0) yield out;
  }
  if (session.failure !== undefined) throw session.failure;
}

/** Messages with their places, for the doors of a server. Ends with `signal`, or when it is left. */
export function readPlaced(session: ApiSession, o: PlacedReadOptions): AsyncIterableIterator<readonly PlacedMessage[]> {
  const { after, coalesceMs, signal } = o;
  const feed = session.log.feed.read({ after, fragments: o.partial === true, coalesceMs, signal });
  // Who comes back is told the same, with the stream's events or without.
  return new PlacedReader(session, feed, openView(session, after, { door: o.door === true, partial: false }));
}

/** Written by hand, as a generator costs several asynchronous hops a batch, and a server hands out thousands a second. */
class PlacedReader implements AsyncIterableIterator<readonly PlacedMessage[]> {
  readonly #session: ApiSession;
  readonly #feed: FeedReader;
  readonly #opening: Promise<MessagesState>;
  #view: MessagesState | undefined;

  constructor(session: ApiSession, feed: FeedReader, opening: Promise<MessagesState>) {
    this.#session = session;
    this.#feed = feed;
    this.#opening = opening;
  }

  async next(): Promise<IteratorResult<readonly PlacedMessage[], undefined>> {
    this.#view ??= await this.#opening;
    for (;;) {
      const { value: batch } = await this.#feed.next();
      if (batch === undefined) break;
      const value = toPlaced(this.#view, batch);
      if (value.length > 0) return { done: false, value };
    }
    if (this.#session.failure !== undefined) throw this.#session.failure;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly PlacedMessage[], undefined>> {
    await this.#feed.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function toPlaced(view: MessagesState, batch: readonly Live[]): readonly PlacedMessage[] {
  const placed: PlacedMessage[] = [];
  for (const live of batch) {
    if (live.type === 'gap' || live.type === 'signal') placed.push({ live });
    else if (live.type === 'fragment') {
      const message = toStreamEvent(view, live);
      if (message !== undefined) placed.push({ cursor: live.cursor, message });
    } else {
      for (const message of sdkMessagesView.entry(view, live.entry)) placed.push({ cursor: live.cursor, message });
    }
  }
  return placed;
}

/** Where a reader begins: now, or at its cursor. */
function openView(
  session: ApiSession,
  after: Cursor | undefined,
  { door, partial }: { door: boolean; partial: boolean },
): Promise<MessagesState> {
  const opening =
    after === undefined
      ? Promise.resolve(session.views.now(door))
      : session.views.at(session.store, Number(after.split('.')[1]), door);
  const view = opening.then((state) => ({ ...state, partial }));
  // Told with the first pull; it may be that nobody pulls.
  view.catch(() => {});
  return view;
}
