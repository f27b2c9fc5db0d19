import type { Entry } from '../../log/entries.ts';
import type { SDKMessage } from '../../messages.ts';
import { foldLifecycle, type LifecycleState } from '../../views/prompt-lifecycle.ts';
import { type MessagesState, sdkMessagesView, toStreamEvent } from '../../views/to-sdk-messages.ts';
import type { Cursor, Live } from '../../views/view.ts';
import type { PlacedMessage, ReadOptions } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

const PAGE = 1_000;

/** Messages for a program, in batches of what is ready. The reader stands in the log from this call on. */
export function readMessages(session: ApiSession, o: ReadOptions): AsyncIterable<readonly SDKMessage[]> {
  const live = session.log.feed.read({ after: o.after, fragments: o.partial === true, signal: o.signal });
  const view = o.after === undefined ? Promise.resolve(session.viewForReader(false)) : viewAt(session, o.after, false);
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
export function readPlaced(
  session: ApiSession,
  o: ReadOptions & { door?: boolean | undefined },
): AsyncIterable<readonly PlacedMessage[]> {
  const door = o.door === true;
  const live = session.log.feed.read({ after: o.after, fragments: o.partial === true, signal: o.signal });
  const view = o.after === undefined ? Promise.resolve(session.viewForReader(door)) : viewAt(session, o.after, door);
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

/** The view of a reader that comes back: what came before its cursor, folded without being told again. */
async function viewAt(session: ApiSession, after: Cursor, door: boolean): Promise<MessagesState> {
  const view = sdkMessagesView.init({ id: session.id, door });
  const upTo = Number(after.split('.')[1]);
  for (let last = 0; last < upTo;) {
    const page: readonly Entry[] = await session.store.read(session.id, { after: last, upTo, limit: PAGE });
    for (const entry of page) sdkMessagesView.entry(view, entry);
    last = page.at(-1)?.seq ?? upTo;
  }
  return view;
}
