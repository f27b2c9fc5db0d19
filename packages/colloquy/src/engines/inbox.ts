import { NothingPendingError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';
import { BatchIterator, type BatchSource, pulled } from '../helpers/batch-iterator.ts';
import type { BatchReader } from '../helpers/batch-reader.ts';
import { LateMap } from '../helpers/late-map.ts';
import type { SDKMessage, SDKUserMessage } from '../messages.ts';
import { MergedReader } from './merged-reader.ts';
import type { NamedSession } from './named-sessions.ts';
import { PendingResponse } from './pending-response.ts';
import { withoutLifecycle } from './without-lifecycle.ts';

/** Responses that wait to be received; the oldest falls away when there are more, so that a client which never receives does not grow. */
const MAX_PENDING = 1000;

/** A prompt whose response nobody has begun to receive. */
export type Expected = {
  /** As given to `query()`. */
  name: string;
  response: PendingResponse;
  to: NamedSession | undefined;
  /** For a loop over all messages that begins later: it must not miss this response. */
  unheard: BatchReader<SDKMessage> | undefined;
};

/** What a client has still to receive, and the loops that receive it. */
export class Inbox {
  readonly #partial: boolean;
  readonly #abort: AbortSignal | undefined;
  readonly #named: (name: string) => NamedSession | undefined;
  readonly #expected: Expected[] = [];
  /** Each with what lets go of its signal. */
  readonly #loops = new LateMap<MergedReader<SDKMessage>, () => void>();

  /** `abort` ends every loop at once; `named` finds an open session by label or UUID. */
  constructor(o: {
    partial: boolean;
    abort: AbortSignal | undefined;
    named: (name: string) => NamedSession | undefined;
  }) {
    this.#partial = o.partial;
    this.#abort = o.abort;
    this.#named = o.named;
  }

  /** A prompt is on its way. */
  expect(name: string, message: SDKUserMessage): Expected {
    const expected: Expected = { name, response: new PendingResponse(message), to: undefined, unheard: undefined };
    this.#expected.push(expected);
    if (this.#expected.length > MAX_PENDING) this.#forget(this.#expected[0]);
    return expected;
  }

  /** Sends it. Resolves when it is accepted; nothing is expected if that was so before, and its turn has ended. */
  async send(expected: Expected, to: NamedSession): Promise<void> {
    expected.to = to;
    if (this.#loops.size === 0 && this.#expected.includes(expected)) expected.unheard = this.#reader(to);
    if (!(await expected.response.send(to.session, { partial: this.#partial }))) this.#forget(expected);
  }

  /** It could not be sent. */
  fail(expected: Expected, error: unknown): void {
    this.#forget(expected);
    expected.response.fail(error);
  }

  /** Prompts that were withdrawn have no response to wait for. */
  withdrawn(uuids: readonly string[]): void {
    for (const expected of this.#expected.filter(({ response }) => uuids.includes(response.uuid)))
      this.#forget(expected);
  }

  /** A session was opened: loops over all messages hear it from its beginning. */
  opened(session: NamedSession): void {
    for (const loop of this.#loops.keys()) loop.add(labelled(this.#reader(session), session.label));
  }

  /**
   * The response to the oldest prompt, of one session or of any. Which one that is, is settled at the first pull;
   * with none that pull rejects with `NothingPendingError`.
   */
  response(sessionName: string | undefined, ownSignal: AbortSignal | undefined): BatchIterator<SDKMessage> {
    const signal = this.#withAbort(ownSignal);
    let claimed: BatchSource<SDKMessage> | undefined;
    const source = (): BatchSource<SDKMessage> => (claimed ??= this.#claim(sessionName, signal));
    return new BatchIterator({
      take: () => source().take(),
      wait: () => source().wait(),
      close: () => claimed?.close(),
    });
  }

  /** Everything the sessions tell: from the oldest prompt on whose response nobody has begun to receive, else from now on. */
  everything(sessions: readonly NamedSession[], ownSignal: AbortSignal | undefined): BatchIterator<SDKMessage> {
    const signal = this.#withAbort(ownSignal);
    const loop = new MergedReader<SDKMessage>();
    const onAbort = (): void => loop.end({ error: abortErrorOf(signal) });
    for (const session of sessions) loop.add(labelled(this.#unheard(session) ?? this.#reader(session), session.label));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const letGo = (): void => signal?.removeEventListener('abort', onAbort);
    this.#loops.set(loop, letGo);
    return new BatchIterator(
      pulled({
        pull: () => loop.pull(),
        close: () => {
          letGo();
          this.#loops.delete(loop);
          loop.close();
        },
      }),
    );
  }

  /** Nothing more will come: loops over all messages end, and nothing is expected. */
  close(): void {
    for (const [loop, letGo] of this.#loops) {
      letGo();
      loop.end();
    }
    while (this.#expected.length > 0) this.#forget(this.#expected[0]);
  }

  #withAbort(signal: AbortSignal | undefined): AbortSignal | undefined {
    return signal === undefined || this.#abort === undefined
      ? (signal ?? this.#abort)
      : AbortSignal.any([signal, this.#abort]);
  }

  #claim(sessionName: string | undefined, signal: AbortSignal | undefined): BatchSource<SDKMessage> {
    const session = sessionName === undefined ? undefined : this.#named(sessionName);
    const expected = this.#expected.find(
      ({ name, to }) => sessionName === undefined || name === sessionName || (to !== undefined && to === session),
    );
    if (expected === undefined) {
      const where = sessionName === undefined ? '' : ` in session ${sessionName}`;
      throw new NothingPendingError(
        `There is no prompt${where} whose response is still to be received; send one with query() first`,
      );
    }
    this.#expected.splice(this.#expected.indexOf(expected), 1);
    expected.unheard?.close();
    return expected.response.receive(signal, (messages) => withLabel(messages, expected.to?.label));
  }

  /** The reader kept at the session's oldest prompt; those of its later prompts are not needed then. */
  #unheard(session: NamedSession): BatchReader<SDKMessage> | undefined {
    const [first, ...rest] = this.#expected.filter(({ to, unheard }) => to === session && unheard !== undefined);
    const reader = first?.unheard;
    if (first !== undefined) first.unheard = undefined;
    for (const expected of rest) {
      expected.unheard?.close();
      expected.unheard = undefined;
    }
    return reader;
  }

  #reader(to: NamedSession): BatchReader<SDKMessage> {
    return to.session.batches({ partial: this.#partial, lifecycle: true });
  }

  #forget(expected: Expected | undefined): void {
    const index = expected === undefined ? -1 : this.#expected.indexOf(expected);
    if (index < 0) return;
    this.#expected.splice(index, 1);
    expected?.unheard?.close();
    expected?.response.close();
  }
}

/** A reader without what is told only to us, its messages marked with the session's label. */
function labelled(
  reader: BatchReader<SDKMessage>,
  label: string | undefined,
): { next(): Promise<readonly SDKMessage[] | undefined>; close(): void } {
  return {
    next: async () => {
      const next = await reader.next();
      return next.done === true ? undefined : withLabel(withoutLifecycle(next.value), label);
    },
    close: () => reader.close(),
  };
}

function withLabel(batch: readonly SDKMessage[], label: string | undefined): readonly SDKMessage[] {
  // In place: messages are made for each reader, and thousands of copies a second would be felt.
  if (label !== undefined) for (const message of batch) message.session_label = label;
  return batch;
}
