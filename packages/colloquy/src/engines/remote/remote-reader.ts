import { BatchReader, NOTHING } from '../../helpers/batch-reader.ts';
import { Wakeup } from '../../log/wakeup.ts';
import type { SDKMessage } from '../../messages.ts';
import type { ReadOptions } from '../engine.ts';
import type { Told } from './follow-messages.ts';
import type { Audience } from './sort-message.ts';

/** Stream events that wait for one reader; a slower one loses them. */
const MAX_FRAGMENTS = 2_000;
/** Characters that wait for one reader; a slower one reads on over a connection of its own, which waits for it. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;

/** A message of the shared connection, which each reader gets a copy of its own of. */
export type SharedItem = { id: string | undefined; audience: Audience; chars: number; take(): SDKMessage };

export type ReaderHost = {
  /** Where the shared connection stands. */
  id: string;
  /** A connection of the reader's own. */
  follow(after: string, partial: boolean, signal: AbortSignal): AsyncGenerator<readonly Told[], void, void>;
  audienceOf(message: SDKMessage): Audience;
  /** The shared connection has nothing more for it. */
  detach(): void;
};

/** One reader of a remote session, at its own pace: of the shared connection as long as it keeps up, else of one of its own. */
export class RemoteReader extends BatchReader<SDKMessage> {
  readonly #wanted: ReadonlySet<Audience>;
  readonly #partial: boolean;
  readonly #host: ReaderHost;
  readonly #signal: AbortSignal | undefined;
  /** For its own connection. */
  #left: AbortController | undefined;
  #isLeft = false;
  readonly #wakeup = new Wakeup();
  #waiting: SharedItem[] = [];
  #fragments = 0;
  #chars = 0;
  /** The id of the last frame that it was told, or that came before it began. */
  #id: string;
  #own: AsyncGenerator<readonly Told[], void, void> | undefined;
  #isAlone = false;
  /** What its own connection has told, and the reading of more. */
  #alone: readonly SDKMessage[] = NOTHING;
  #reading: Promise<void> | undefined;
  #ended: { failure?: { error: unknown } } | undefined;

  constructor(o: ReadOptions, host: ReaderHost) {
    super();
    this.#partial = o.partial === true;
    this.#wanted = new Set<Audience>([
      'everyone',
      ...(this.#partial ? ['partial' as const] : []),
      ...(o.lifecycle === true ? ['lifecycle' as const] : []),
    ]);
    this.#host = host;
    this.#id = host.id;
    this.#signal = o.signal;
    if (o.signal?.aborted === true) this.end();
    else o.signal?.addEventListener('abort', this.#leave, { once: true });
  }

  /** Reads on from a place over a connection of its own, which is opened with the next pull. */
  goAlone(after: string): void {
    this.#id = after;
    this.#isAlone = true;
    this.#drop();
    this.#host.detach();
  }

  add(item: SharedItem): void {
    if (!this.#wanted.has(item.audience)) return;
    if (item.audience === 'partial') {
      if (this.#fragments >= MAX_FRAGMENTS) this.#dropFragments();
      this.#fragments += 1;
    }
    this.#chars += item.chars;
    this.#waiting.push(item);
    if (this.#chars > MAX_WAITING_CHARS) this.goAlone(this.#id);
    this.#wakeup.wake();
  }

  /** Nothing more comes: after what is ready, or with an error after it. */
  end(outcome: { failure?: { error: unknown } } = {}): void {
    this.#ended ??= outcome;
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#wakeup.wake();
  }

  wait(): Promise<void> {
    return this.#isAlone ? (this.#reading ??= this.#readAlone()) : this.#wakeup.wait();
  }

  protected takeReady(): readonly SDKMessage[] | undefined {
    if (this.#isLeft) return undefined;
    if (this.#waiting.length > 0) return this.#takeWaiting();
    if (this.#isAlone) {
      const told = this.#alone;
      this.#alone = NOTHING;
      return told;
    }
    if (this.#ended === undefined) return NOTHING;
    const { failure } = this.#ended;
    this.#ended = {};
    if (failure !== undefined) throw failure.error;
    return undefined;
  }

  protected release(): void {
    this.#leave();
  }

  #takeWaiting(): SDKMessage[] {
    const ready = this.#waiting;
    this.#id = ready.findLast(({ id }) => id !== undefined)?.id ?? this.#id;
    this.#drop();
    return ready.map((item) => item.take());
  }

  /** Reads the next messages of its own connection, perhaps none; it is left at its end. Waits that overlap share one reading. */
  async #readAlone(): Promise<void> {
    this.#left ??= new AbortController();
    this.#own ??= this.#host.follow(this.#id, this.#partial, this.#left.signal);
    const next = await this.#own.next().finally(() => (this.#reading = undefined));
    if (next.done === true) return this.#leave();
    this.#alone = next.value
      .map(({ message }) => message)
      .filter((message) => this.#wanted.has(this.#host.audienceOf(message)));
  }

  readonly #leave = (): void => {
    this.#drop();
    this.#host.detach();
    this.#isLeft = true;
    this.#left?.abort();
    this.end();
    void this.#own?.return().catch(() => {});
  };

  #drop(): void {
    this.#waiting = [];
    this.#fragments = 0;
    this.#chars = 0;
  }

  #dropFragments(): void {
    this.#waiting = this.#waiting.filter(({ audience }) => audience !== 'partial');
    this.#fragments = 0;
    this.#chars = this.#waiting.reduce((sum, { chars }) => sum + chars, 0);
  }
}
