import { AbortError } from '../errors.ts';
import { BatchIterator, pulled } from '../helpers/batch-iterator.ts';
import type { ChatAnswer } from './chat-answer.ts';
import type { StreamChunk } from './stream-chunk.ts';

type Run<T> = AsyncGenerator<readonly StreamChunk[], ChatAnswer<T>, void>;

/**
 * An answer as it comes. Loop over it for its chunks, or await it for the whole answer; a loop that was left half-way has none. The
 * request is made with the first of these. Leaving the loop drops the connection.
 */
export class AnswerStream<T = unknown> extends BatchIterator<StreamChunk> implements PromiseLike<ChatAnswer<T>> {
  #answer: { value: ChatAnswer<T> } | undefined;
  #whole: Promise<ChatAnswer<T>> | undefined;

  /** `start` is called once, with a signal that aborts when the loop is left. */
  constructor(start: (left: AbortSignal) => Run<T>) {
    const left = new AbortController();
    let run: Run<T> | undefined;
    super(
      pulled({
        pull: async () => {
          const next = await (run ??= start(left.signal)).next();
          if (next.done !== true) return next.value;
          this.#answer = { value: next.value };
          return undefined;
        },
        close: async () => {
          left.abort(new AbortError('The answer was left before it was whole'));
          // What it returns is of no use to anybody any more.
          await run?.return(undefined as never);
        },
      }),
    );
  }

  /** The whole answer; what of it has not been looped over is read first. */
  answer(): Promise<ChatAnswer<T>> {
    return (this.#whole ??= this.#readToEnd());
  }

  // Both ways of using it are short this way, and a call that nobody loops over is not forgotten.
  // oxlint-disable-next-line unicorn/no-thenable
  then<R = ChatAnswer<T>, E = never>(
    onFulfilled?: ((answer: ChatAnswer<T>) => R | PromiseLike<R>) | null,
    onRejected?: ((error: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.answer().then(onFulfilled, onRejected);
  }

  async #readToEnd(): Promise<ChatAnswer<T>> {
    while ((await this.next()).done !== true);
    if (this.#answer !== undefined) return this.#answer.value;
    throw new AbortError('The loop over this answer was left, or failed, before the answer was whole');
  }
}
