import { AbortError } from '../errors.ts';
import type { SDKMessage } from '../messages.ts';
import type { EngineSession } from './engine.ts';

/** Made once: a reader is closed with every prompt, and nobody is told why. */
const CLOSED = new AbortError('The reader was closed');

const END: Promise<IteratorReturnResult<undefined>> = Promise.resolve({ done: true, value: undefined });

/** A reader of one session that begins at its opening and can be left at any time, even while it waits. */
export class SessionReader {
  readonly #stop = new AbortController();
  readonly #batches: AsyncIterator<readonly SDKMessage[]>;

  constructor(session: EngineSession, o: { partial: boolean }) {
    this.#batches = session
      .batches({ partial: o.partial, lifecycle: true, signal: this.#stop.signal })
      [Symbol.asyncIterator]();
  }

  /** The messages that are ready, waiting for the next if there are none; `undefined` once the reader or its session is closed. */
  async next(): Promise<readonly SDKMessage[] | undefined> {
    return this.batchIn(await this.pull());
  }

  /** The same in two steps, for those who wait anyway: what `batchIn` makes a batch of. */
  pull(): Promise<IteratorResult<readonly SDKMessage[], unknown>> {
    return this.#stop.signal.aborted ? END : this.#batches.next();
  }

  batchIn(pulled: IteratorResult<readonly SDKMessage[], unknown>): readonly SDKMessage[] | undefined {
    return pulled.done === true || this.#stop.signal.aborted ? undefined : pulled.value;
  }

  /** Ends the reader; a `next` that waits is answered with `undefined`. Safe to call twice. */
  close(): void {
    this.#stop.abort(CLOSED);
  }
}

/** The batch as programs see it. */
export function withoutLifecycle(batch: readonly SDKMessage[]): readonly SDKMessage[] {
  const has = batch.some(({ type }) => type === 'command_lifecycle');
  return has ? batch.filter(({ type }) => type !== 'command_lifecycle') : batch;
}
