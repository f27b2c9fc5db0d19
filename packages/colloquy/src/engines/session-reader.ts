import type { SDKMessage } from '../messages.ts';
import type { EngineSession } from './engine.ts';

const END: Promise<IteratorReturnResult<undefined>> = Promise.resolve({ done: true, value: undefined });

/** A reader of one session that begins at its opening and can be left at any time, even while it waits. */
export class SessionReader {
  readonly #batches: AsyncIterator<readonly SDKMessage[]>;
  #isClosed = false;

  constructor(session: EngineSession, o: { partial: boolean }) {
    this.#batches = session.batches({ partial: o.partial, lifecycle: true })[Symbol.asyncIterator]();
  }

  /** The messages that are ready, waiting for the next if there are none; `undefined` once the reader or its session is closed. */
  async next(): Promise<readonly SDKMessage[] | undefined> {
    return this.batchIn(await this.pull());
  }

  /** The same in two steps, for those who wait anyway: what `batchIn` makes a batch of. */
  pull(): Promise<IteratorResult<readonly SDKMessage[], unknown>> {
    return this.#isClosed ? END : this.#batches.next();
  }

  batchIn(pulled: IteratorResult<readonly SDKMessage[], unknown>): readonly SDKMessage[] | undefined {
    return pulled.done === true || this.#isClosed ? undefined : pulled.value;
  }

  /** Ends the reader; a `next` that waits is answered with `undefined`. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // With every prompt: a signal to abort would cost more. What it answers matters to nobody.
    this.#batches.return?.().catch(() => {});
  }
}

/** The batch as programs see it. */
export function withoutLifecycle(batch: readonly SDKMessage[]): readonly SDKMessage[] {
  const has = batch.some(({ type }) => type === 'command_lifecycle');
  return has ? batch.filter(({ type }) => type !== 'command_lifecycle') : batch;
}
