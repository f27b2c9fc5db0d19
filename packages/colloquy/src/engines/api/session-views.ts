import type { Entry, Seq } from '../../log/entries.ts';
import type { QueuedPrompt } from '../../log/fold.ts';
import type { Store } from '../../log/store.ts';
import { cloneMessagesState, type MessagesState, sdkMessagesView } from '../../views/to-sdk-messages.ts';

const PAGE = 1_000;

/** The log as messages, as far as it is folded: where readers begin. Those who were away for a short time need not fold all of it. */
export class SessionViews {
  readonly #session: { id: string; door: boolean; forwardSubagentText: boolean };
  readonly #now: MessagesState;
  /** As it was at a place from which it can be folded on: where the newest turn began, or an end that was kept as a checkpoint. */
  #base: { seq: Seq; view: MessagesState };

  /** `seq` and `queue` are of the checkpoint that the session is opened from, or of the log's beginning. */
  constructor(
    session: { id: string; door: boolean; forwardSubagentText: boolean },
    from: { seq: Seq; queue: readonly QueuedPrompt[] },
  ) {
    this.#session = session;
    this.#now = sdkMessagesView.init(session);
    for (const { seq, uuid } of from.queue) this.#now.door?.waiting.set(seq, uuid);
    this.#base = this.#asOf(from.seq);
  }

  fold(entry: Entry): void {
    sdkMessagesView.entry(this.#now, entry);
    if (entry.kind === 'turn_start' && entry.thread === 'main') this.#base = this.#asOf(entry.seq);
  }

  /** A reader's own copy, as of now. */
  now(door: boolean): MessagesState {
    return cloneMessagesState(this.#now, door);
  }

  /** A reader's own copy, as of an entry: what came before it is folded without being told again. */
  async at(store: Store, upTo: Seq, door: boolean): Promise<MessagesState> {
    const { seq, view } = this.#base;
    const isNear = seq <= upTo && (!door || view.door !== undefined);
    const copy = isNear ? cloneMessagesState(view, door) : sdkMessagesView.init({ ...this.#session, door });
    for (let last = isNear ? seq : 0; last < upTo;) {
      const page = await store.read(this.#session.id, { after: last, upTo, limit: PAGE });
      for (const entry of page) sdkMessagesView.entry(copy, entry);
      last = page.at(-1)?.seq ?? upTo;
    }
    return copy;
  }

  #asOf(seq: Seq): { seq: Seq; view: MessagesState } {
    return { seq, view: cloneMessagesState(this.#now, this.#now.door !== undefined) };
  }
}
