import { ConfigurationError, LimitExceededError } from '../../errors.ts';
import { BatchIterator } from '../../helpers/batch-iterator.ts';
import { BatchReader, NOTHING } from '../../helpers/batch-reader.ts';
import { Wakeup } from '../../log/wakeup.ts';
import type { SDKMessage } from '../../messages.ts';
import type { ReadOptions } from '../engine.ts';

/** Stream events that wait for one reader; a slower one loses them. */
const MAX_FRAGMENTS = 2_000;
/** Characters of messages that wait for one reader. There is no store to read them from again, so a slower one is told that it is too slow. */
const MAX_WAITING_CHARS = 128 * 1024 * 1024;

export type FeedKind = 'message' | 'fragment' | 'lifecycle';

/** A message as it came, which each reader gets a copy of its own of. */
type Held = { kind: FeedKind; text: string; take(): SDKMessage };

/** Hands the messages of one session to any number of readers, each at its own pace. Nobody who publishes ever waits for a reader. */
export class MessageFeed {
  readonly #readers = new Set<FeedReader>();
  readonly #sessionId: string;
  #closed = false;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** Whether anybody wants stream events. */
  get wantsFragments(): boolean {
    return [...this.#readers].some((reader) => reader.wants('fragment'));
  }

  /** Tells a message, whose text is what it was read from. */
  publish(kind: FeedKind, text: string, message: SDKMessage): void {
    let first: SDKMessage | undefined = message;
    const take = (): SDKMessage => {
      // A message is made for each reader: what one changes in it is nothing to the others.
      const own = first ?? copyOf(text);
      first = undefined;
      return own;
    };
    const held = { kind, text, take };
    for (const reader of this.#readers) if (reader.wants(kind)) reader.add(held);
  }

  /** Ends those who read right now with an error, after what is ready. */
  fail(error: Error): void {
    for (const reader of this.#readers) reader.end({ error });
    this.#readers.clear();
  }

  /** Ends all readers once they have been told what is ready; later ones find nothing. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** A new reader, from now on. */
  batches(o: ReadOptions = {}): BatchReader<SDKMessage> {
    return this.#open(o);
  }

  messages(o: ReadOptions = {}): AsyncIterable<SDKMessage> {
    return new BatchIterator(this.#open(o));
  }

  #open(o: ReadOptions): FeedReader {
    if (o.after !== undefined) {
      throw new ConfigurationError('Claude Code keeps no places to read on from; leave out `after`');
    }
    const reader = new FeedReader(o, { sessionId: this.#sessionId, detach: () => this.#readers.delete(reader) });
    if (this.#closed) reader.end();
    else if (o.signal?.aborted !== true) this.#readers.add(reader);
    return reader;
  }
}

function copyOf(text: string): SDKMessage {
  // The same text was read as a message when it came.
  return JSON.parse(text) as SDKMessage;
}

class FeedReader extends BatchReader<SDKMessage> {
  readonly #wanted: ReadonlySet<FeedKind>;
  readonly #host: { sessionId: string; detach(): void };
  readonly #signal: AbortSignal | undefined;
  readonly #wakeup = new Wakeup();
  #waiting: Held[] = [];
  #fragments = 0;
  #chars = 0;
  #ended: { error?: Error } | undefined;

  constructor(o: ReadOptions, host: { sessionId: string; detach(): void }) {
    super();
    this.#wanted = new Set<FeedKind>([
      'message',
      ...(o.partial === true ? ['fragment' as const] : []),
      ...(o.lifecycle === true ? ['lifecycle' as const] : []),
    ]);
    this.#host = host;
    this.#signal = o.signal;
    if (o.signal?.aborted === true) this.end();
    else o.signal?.addEventListener('abort', this.#leave, { once: true });
  }

  wants(kind: FeedKind): boolean {
    return this.#wanted.has(kind);
  }

  add(held: Held): void {
    if (held.kind === 'fragment') {
      if (this.#fragments >= MAX_FRAGMENTS) this.#dropFragments();
      this.#fragments += 1;
    } else {
      this.#chars += held.text.length;
      if (this.#chars > MAX_WAITING_CHARS) return this.#tooSlow();
    }
    this.#waiting.push(held);
    this.#wakeup.wake();
  }

  /** Nothing more comes. */
  end(outcome: { error?: Error } = {}): void {
    this.#ended ??= outcome;
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#wakeup.wake();
  }

  wait(): Promise<void> {
    return this.#wakeup.wait();
  }

  protected takeReady(): readonly SDKMessage[] | undefined {
    if (this.#waiting.length === 0) {
      if (this.#ended === undefined) return NOTHING;
      const { error } = this.#ended;
      this.#ended = {};
      if (error !== undefined) throw error;
      return undefined;
    }
    const ready = this.#waiting;
    this.#waiting = [];
    this.#fragments = 0;
    this.#chars = 0;
    return ready.map((held) => held.take());
  }

  protected release(): void {
    this.#leave();
  }

  readonly #leave = (): void => {
    this.#waiting = [];
    this.#host.detach();
    this.end();
  };

  #dropFragments(): void {
    this.#waiting = this.#waiting.filter(({ kind }) => kind !== 'fragment');
    this.#fragments = 0;
  }

  #tooSlow(): void {
    this.#leave();
    this.#ended = {
      error: new LimitExceededError(
        `A reader of session ${this.#host.sessionId} has left more than ${MAX_WAITING_CHARS / 1024 / 1024} MB unread; read faster, or leave the loop`,
      ),
    };
  }
}
