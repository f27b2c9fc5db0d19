import { BatchIterator } from '../../helpers/batch-iterator.ts';
import type { BatchReader } from '../../helpers/batch-reader.ts';
import type { SDKMessage } from '../../messages.ts';
import type { ReadOptions } from '../engine.ts';
import { followMessages, type Told } from './follow-messages.ts';
import { RemoteReader, type SharedItem } from './remote-reader.ts';
import type { ServerClient } from './server-client.ts';
import { type Audience, audienceOf, type OwnSide } from './sort-message.ts';

export type FeedOptions = OwnSide & {
  session: string;
  /** Where the session stood when it was opened. */
  after: string;
  /** Whether stream events are fetched. */
  partial: boolean;
  /** Told every message, before any reader. Must not throw. */
  onMessage: (message: SDKMessage) => void;
  onConnected: () => void;
};

/**
 * One connection to a session's stream, from its opening to its end, for all readers in this program: browsers have few connections.
 * It is read as fast as it comes; a reader that falls behind goes on over a connection of its own, which waits for it.
 */
export class RemoteFeed {
  readonly #client: ServerClient;
  readonly #o: FeedOptions;
  readonly #over = new AbortController();
  readonly #readers = new Set<RemoteReader>();
  /** The id of the newest frame. */
  #id: string;
  #isRunning = false;

  constructor(client: ServerClient, o: FeedOptions) {
    this.#client = client;
    this.#o = o;
    this.#id = o.after;
  }

  /** The id of the newest frame that was told here. */
  get id(): string {
    return this.#id;
  }

  /** Connects, if it is not connected: it was not yet, or the server was lost for a while. */
  start(): void {
    if (this.#over.signal.aborted || this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().finally(() => (this.#isRunning = false));
  }

  batches(o: ReadOptions = {}): BatchReader<SDKMessage> {
    return this.#open(o);
  }

  messages(o: ReadOptions = {}): AsyncIterable<SDKMessage> {
    return new BatchIterator(this.#open(o));
  }

  /** Ends all readers, after what is ready. */
  close(): void {
    this.#over.abort();
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** Ends those who read right now with an error, after what is ready. */
  fail(error: unknown): void {
    for (const reader of this.#readers) reader.end({ failure: { error } });
    this.#readers.clear();
  }

  #open(o: ReadOptions): RemoteReader {
    const reader: RemoteReader = new RemoteReader(o, {
      id: this.#id,
      follow: (after, partial, signal) =>
        followMessages(this.#client, {
          session: this.#o.session,
          after,
          partial,
          isPaced: true,
          signal: AbortSignal.any([signal, this.#over.signal]),
        }),
      audienceOf: (message) => audienceOf(message, this.#o),
      detach: () => this.#readers.delete(reader),
    });
    if (this.#over.signal.aborted) reader.end();
    else if (o.signal?.aborted !== true) {
      // One with a place of its own, or that wants what is not fetched for all, begins on its own.
      if (o.after !== undefined || (o.partial === true && !this.#o.partial)) reader.goAlone(o.after ?? this.#id);
      else this.#readers.add(reader);
      this.start();
    }
    return reader;
  }

  async #run(): Promise<void> {
    const { session, partial, onConnected } = this.#o;
    const { signal } = this.#over;
    try {
      const told = followMessages(this.#client, {
        session,
        after: this.#id,
        partial,
        isPaced: false,
        signal,
        onConnected,
      });
      for await (const batch of told) for (const item of batch) this.#tell(item);
    } catch (error) {
      this.fail(error);
    }
  }

  #tell(told: Told): void {
    if (told.id !== undefined) this.#id = told.id;
    this.#o.onMessage(told.message);
    const audience = audienceOf(told.message, this.#o);
    if (audience === 'nobody') return;
    const item = toShared(told, audience, this.#readers.size);
    for (const reader of this.#readers) reader.add(item);
  }
}

/** What one reader changes in a message is nothing to the others. The last of them, most often the only one, gets it as it came. */
function toShared({ id, chars, message }: Told, audience: Audience, readers: number): SharedItem {
  let left = readers;
  const take = (): SDKMessage => {
    left -= 1;
    return left === 0 ? message : structuredClone(message);
  };
  return { id, audience, chars, take };
}
