import { AbortError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';
import type { BatchSource } from '../helpers/batch-iterator.ts';
import { type BatchReader, NOTHING } from '../helpers/batch-reader.ts';
import { randomUuid } from '../helpers/random-uuid.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { SDKMessage, SDKUserMessage } from '../messages.ts';
import type { EngineSession } from './engine.ts';
import { ResponseFilter } from './response-filter.ts';

/** The response to one prompt, which may be received once, now or later: its reader is open from before the prompt was sent. */
export class PendingResponse {
  readonly uuid: string;
  readonly #message: SDKUserMessage;
  readonly #sent: Promise<BatchReader<SDKMessage>>;
  #onReader: (reader: BatchReader<SDKMessage>) => void = () => {};
  #onFailure: (error: unknown) => void = () => {};
  #opened: BatchReader<SDKMessage> | undefined;
  /** Why it has no response. */
  #failure: { error: unknown } | undefined;
  #closed = false;

  constructor(message: SDKUserMessage) {
    this.uuid = message.uuid ?? randomUuid();
    this.#message = { ...message, uuid: this.uuid };
    this.#sent = new Promise((resolve, reject) => {
      this.#onReader = resolve;
      this.#onFailure = reject;
    });
    // A failure is told to whoever sends; it may be that nobody receives.
    this.#sent.catch(() => {});
  }

  /** Resolves when the session has accepted the prompt: false if it had done so before, and no response will come any longer. */
  async send(session: Pick<EngineSession, 'batches' | 'send'>, o: { partial: boolean }): Promise<boolean> {
    const reader = session.batches({ partial: o.partial, lifecycle: true });
    if (this.#closed) reader.close();
    this.#opened = reader;
    this.#onReader(reader);
    try {
      const { settled } = await session.send(this.#message);
      if (settled !== true) return true;
      this.fail(new AbortError('The prompt was accepted before, and its turn has ended'));
      reader.close();
      return false;
    } catch (error) {
      this.fail(error);
      reader.close();
      throw error;
    }
  }

  /** There will be no response: whoever receives is told why. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#onFailure(error);
  }

  /** Nobody will receive the response. */
  close(): void {
    this.#closed = true;
    this.#sent.then(
      (reader) => reader.close(),
      () => {},
    );
  }

  /** The messages of the response as `show` has them, up to and including its result. An abort of the signal ends it with `AbortError`. */
  receive(
    signal?: AbortSignal,
    show: (messages: readonly SDKMessage[]) => readonly SDKMessage[] = (messages) => messages,
  ): BatchSource<SDKMessage> {
    const filter = new ResponseFilter(this.uuid);
    const onAbort = (): void => this.close();
    const throwIfAborted = (): void => {
      if (signal?.aborted === true) throw abortErrorOf(signal);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return {
      take: () => {
        while (!filter.done) {
          throwIfAborted();
          const batch = this.#opened === undefined ? NOTHING : this.#opened.take();
          if (batch === undefined) throw this.#noResponse();
          if (batch.length === 0) return NOTHING;
          const picked = filter.pick(batch);
          if (picked.length > 0) return show(picked);
        }
        return undefined;
      },
      wait: () => this.#opened?.wait() ?? this.#untilSent(signal),
      close: () => {
        signal?.removeEventListener('abort', onAbort);
        this.close();
      },
    };
  }

  #noResponse(): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    return new AbortError('The session was closed before the response was complete');
  }

  /** Resolves when the prompt is on its way to its session, or the signal aborts. @throws why it could not be sent */
  async #untilSent(signal: AbortSignal | undefined): Promise<void> {
    try {
      await untilAborted(this.#sent, signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}
