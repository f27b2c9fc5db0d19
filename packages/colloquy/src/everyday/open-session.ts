import { engineFor } from '#engines';
import type { Controls, EngineSession } from '../engines/engine.ts';
import { PendingResponse } from '../engines/pending-response.ts';
import { ResultErrors } from '../engines/result-error.ts';
import { checkUserMessage, promptOf } from '../engines/user-message.ts';
import { withoutLifecycle } from '../engines/without-lifecycle.ts';
import { AbortError } from '../errors.ts';
import { BatchIterator } from '../helpers/batch-iterator.ts';
import type { BatchReader } from '../helpers/batch-reader.ts';
import type { SDKMessage, SDKUserMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import type { PermissionModeInput } from '../options/permissions.ts';
import { validateOptions, validatePermissionMode } from '../options/validate.ts';

/** One open session: prompts in, the messages of each response out. */
export interface OpenSession extends AsyncDisposable {
  /** Its UUID: `resume` goes on with it later. */
  readonly id: string;
  /** Prompts that have no result yet, whether or not anybody reads. */
  readonly pendingPrompts: number;
  /**
   * Asks at once, and gives the messages of the response, up to its result; prompts are answered in the order of the calls. Leaving the
   * loop, and an abort of the signal, leave the turn running. Throws like `query()`, after the result.
   * @throws ConfigurationError at once, for what is no prompt; AbortError in the loop when the signal aborts or the session is closed
   */
  query(
    prompt: string | SDKUserMessage,
    o?: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<SDKMessage, void, undefined>;
  /** Ends the running turn with a result. Prompts that wait stay, unless `cancelQueued`. */
  interrupt(o?: { cancelQueued?: boolean | undefined }): Promise<Controls['interrupt']['result']>;
  setModel(model?: string): Promise<void>;
  setPermissionMode(mode: PermissionModeInput): Promise<void>;
  /** Ends the turn in flight and all loops. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens one session, new or resumed, and holds it until it is closed.
 * ```ts
 * await using session = await openSession({ model: 'haiku' });
 * for await (const message of session.query('Hello')) console.log(textOf(message));
 * ```
 * @throws ConfigurationError | SessionNotFoundError | SessionBusyError
 */
export async function openSession(options: Options = {}): Promise<OpenSession> {
  return openWatchedSession(options, () => {});
}

/** The same, for managers: `onSettled` is called whenever a prompt has its result, or will have none. */
export async function openWatchedSession(options: Options, onSettled: () => void): Promise<OpenSession> {
  validateOptions(options);
  const session = await engineFor(options).open(options);
  return new HeldSession(session, options, onSettled);
}

class HeldSession implements OpenSession {
  readonly #session: EngineSession;
  readonly #options: Options;
  readonly #onSettled: () => void;
  readonly #pending = new Set<string>();
  readonly #watcher: BatchReader<SDKMessage>;
  /** Prompts go to the session one after the other, in the order of the calls. */
  #sent: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(session: EngineSession, options: Options, onSettled: () => void) {
    this.#session = session;
    this.#options = options;
    this.#onSettled = onSettled;
    this.#watcher = session.batches({ lifecycle: true });
    // When the session fails, whoever asks is told.
    this.#watch().catch(() => {});
  }

  get id(): string {
    return this.#session.id;
  }

  get pendingPrompts(): number {
    return this.#pending.size;
  }

  query(
    prompt: string | SDKUserMessage,
    o: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SDKMessage, void, undefined> {
    const message = typeof prompt === 'string' ? promptOf(prompt) : prompt;
    checkUserMessage(message);
    const response = new PendingResponse(message);
    const source = response.receive(o.signal);
    this.#send(response);
    const errors = new ResultErrors();
    let failure: Error | undefined;
    return new BatchIterator({
      take: () => {
        for (;;) {
          const batch = source.take();
          if (batch === undefined && failure !== undefined) throw failure;
          if (batch === undefined || batch.length === 0) return batch;
          for (const one of batch) failure = errors.errorOf(one) ?? failure;
          const shown = withoutLifecycle(batch);
          if (shown.length > 0) return shown;
        }
      },
      wait: () => source.wait(),
      close: () => source.close(),
    });
  }

  interrupt(o: { cancelQueued?: boolean | undefined } = {}): Promise<Controls['interrupt']['result']> {
    return this.#session.control('interrupt', { cancelQueued: o.cancelQueued });
  }

  async setModel(model?: string): Promise<void> {
    await this.#session.control('setModel', { model });
  }

  async setPermissionMode(mode: PermissionModeInput): Promise<void> {
    validatePermissionMode(mode, this.#options);
    await this.#session.control('setPermissionMode', { mode });
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(response: PendingResponse): void {
    const { uuid } = response;
    this.#pending.add(uuid);
    const send = async (): Promise<void> => {
      if (this.#closed !== undefined) throw new AbortError('The session is closed');
      const accepted = await response.send(this.#session, { partial: this.#options.includePartialMessages === true });
      if (!accepted) this.#settle([uuid]);
    };
    this.#sent = this.#sent.then(send).catch((error: unknown) => {
      response.fail(error);
      this.#settle([uuid]);
    });
  }

  async #watch(): Promise<void> {
    for await (const batch of this.#watcher) {
      for (const message of batch) {
        if (message.type === 'result') this.#settle(message.user_message_uuids ?? []);
        if (message.type === 'command_lifecycle' && message.state === 'cancelled') this.#settle([message.command_uuid]);
      }
    }
  }

  #settle(uuids: readonly string[]): void {
    const before = this.#pending.size;
    for (const uuid of uuids) this.#pending.delete(uuid);
    if (this.#pending.size < before) this.#onSettled();
  }

  async #shutDown(): Promise<void> {
    this.#watcher.close();
    await this.#session[Symbol.asyncDispose]();
  }
}
