import { BatchReader, NOTHING } from '../../helpers/batch-reader.ts';
import type { FeedReader } from '../../log/feed-reader.ts';
import type { SDKMessage } from '../../messages.ts';
import { foldLifecycle, type LifecycleState } from '../../views/prompt-lifecycle.ts';
import { messageOfSignal } from '../../views/signal-message.ts';
import { type MessagesState, sdkMessagesView, toStreamEvent } from '../../views/to-sdk-messages.ts';
import type { Cursor, Live } from '../../views/view.ts';
import type { PlacedMessage, PlacedReadOptions, ReadOptions } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

/** Messages for a program, in batches of what is ready. The reader stands in the log from this call on. */
export function readMessages(session: ApiSession, o: ReadOptions): BatchReader<SDKMessage> {
  const feed = session.log.feed.read({ after: o.after, fragments: o.partial === true, signal: o.signal });
  const opening = openView(session, o.after, { door: false, partial: o.partial === true });
  // Prompts that wait already are told of too, once a turn takes them.
  const waiting: LifecycleState | undefined =
    o.lifecycle === true ? new Map(session.state.queue.map(({ seq, uuid }) => [seq, uuid])) : undefined;
  return new ViewReader(session, feed, opening, (view, batch) => {
    const messages: SDKMessage[] = [];
    for (const live of batch) {
      if (live.type === 'fragment') {
        const message = toStreamEvent(view, live);
        if (message !== undefined) messages.push(message);
      } else if (live.type === 'signal') {
        const message = messageOfSignal(live.signal);
        if (message !== undefined) messages.push(message);
      } else if (live.type === 'entry') {
        messages.push(...sdkMessagesView.entry(view, live.entry));
        if (waiting !== undefined) messages.push(...foldLifecycle(waiting, session.id, live.entry));
      }
    }
    return messages;
  });
}

/** Messages with their places, for the doors of a server. */
export function readPlaced(session: ApiSession, o: PlacedReadOptions): BatchReader<PlacedMessage> {
  const { after, coalesceMs, signal } = o;
  const feed = session.log.feed.read({ after, fragments: o.partial === true, coalesceMs, signal });
  // Who comes back is told the same, with the stream's events or without.
  const opening = openView(session, after, { door: o.door === true, partial: false });
  return new ViewReader(session, feed, opening, toPlaced);
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

/** What a feed tells, as a view of it, until its signal ends it or it is left. */
class ViewReader<T> extends BatchReader<T> {
  readonly #session: ApiSession;
  readonly #feed: FeedReader;
  readonly #opening: Promise<MessagesState>;
  readonly #show: (view: MessagesState, batch: readonly Live[]) => readonly T[];
  #view: MessagesState | undefined;

  constructor(
    session: ApiSession,
    feed: FeedReader,
    opening: Promise<MessagesState>,
    show: (view: MessagesState, batch: readonly Live[]) => readonly T[],
  ) {
    super();
    this.#session = session;
    this.#feed = feed;
    this.#opening = opening;
    this.#show = show;
  }

  wait(): Promise<void> {
    return this.#view === undefined ? this.#open() : this.#feed.wait();
  }

  protected takeReady(): readonly T[] | undefined {
    if (this.#view === undefined && !this.#feed.ended) return NOTHING;
    while (this.#view !== undefined && !this.#feed.ended) {
      const batch = this.#feed.take();
      if (batch === undefined) return NOTHING;
      const shown = this.#shown(this.#view, batch);
      if (shown.length > 0) return shown;
    }
    if (this.#session.failure !== undefined) throw this.#session.failure;
    return undefined;
  }

  protected release(): void {
    void this.#feed.return();
  }

  #shown(view: MessagesState, batch: readonly Live[]): readonly T[] {
    try {
      return this.#show(view, batch);
    } catch (error) {
      // Nobody asks for more after that, and the feed would keep what is there for it.
      this.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    try {
      this.#view = await this.#opening;
    } catch (error) {
      this.close();
      throw error;
    }
  }
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
