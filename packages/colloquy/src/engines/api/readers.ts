import type { SDKMessage } from '../../messages.ts';
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

/** Messages with their places, for the doors of a server. */
export function readPlaced(session: ApiSession, o: PlacedReadOptions): AsyncIterable<readonly PlacedMessage[]> {
  const door = o.door === true;
  const { after, coalesceMs, signal } = o;
  const live = session.log.feed.read({ after, fragments: o.partial === true, coalesceMs, signal });
  // Who comes back is told the same, with the stream's events or without.
  const view = openView(session, o.after, { door, partial: false });
  return mapPlaced(session, live, view);
}

async function* mapPlaced(
  session: ApiSession,
  feed: AsyncIterable<readonly Live[]>,
  opening: Promise<MessagesState>,
): AsyncGenerator<readonly PlacedMessage[], void, void> {
  const view = await opening;
  for await (const batch of feed) {
    const out: PlacedMessage[] = [];
    for (const live of batch) {
      if (live.type === 'gap' || live.type === 'signal') out.push({ live });
      else if (live.type === 'fragment') {
        const message = toStreamEvent(view, live);
        if (message !== undefined) out.push({ cursor: live.cursor, message });
      } else {
        for (const message of sdkMessagesView.entry(view, live.entry)) out.push({ cursor: live.cursor, message });
      }
    }
    if (out.length > 0) yield out;
  }
  if (session.failure !== undefined) throw session.failure;
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
