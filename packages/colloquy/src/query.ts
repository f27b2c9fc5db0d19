import { BackgroundAgents } from './engines/background-agents.ts';
import { AskableIterator, type ClaudeCodeQuestions } from './engines/claude-code-questions.ts';
import { engineFor } from '#engines';
import type { Controls, EngineSession, McpServerStatus, RewindFilesResult, ServerInfo } from './engines/engine.ts';
import { ResultErrors } from './engines/result-error.ts';
import { UnnamedPrompts } from './engines/unnamed-prompts.ts';
import { checkUserMessage, forEachMessage, promptOf } from './engines/user-message.ts';
import { withoutLifecycle } from './engines/without-lifecycle.ts';
import { AbortError } from './errors.ts';
import { abortErrorOf, atBorder } from './helpers/abort-error.ts';
import type { BatchSource } from './helpers/batch-iterator.ts';
import { type BatchReader, NOTHING } from './helpers/batch-reader.ts';
import { randomUuid } from './helpers/random-uuid.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import type { SDKMessage, SDKUserMessage } from './messages.ts';
import type { Options } from './options/options.ts';
import type { PermissionModeInput } from './options/permissions.ts';
import { validateOptions } from './options/validate.ts';

/**
 * The messages of a query, and its controls. The iteration ends after the result of the last prompt, or throws after it if that result
 * `is_error`; leaving it early, or `close()`, ends the session. Controls are refused with AbortError once it has ended.
 */
export interface Query extends AsyncGenerator<SDKMessage, void, undefined>, ClaudeCodeQuestions {
  /** Ends the running turn with a result. Gives the uuids of the prompts that still wait, and of those withdrawn by `cancelQueued`. */
  interrupt(o?: { cancelQueued?: boolean | undefined }): Promise<Controls['interrupt']['result']>;
  /** Counts from the next tool call on. @throws ConfigurationError */
  setPermissionMode(mode: PermissionModeInput): Promise<void>;
  /** Counts from the next request on; without a model nothing changes, as in the official SDK. @throws ConfigurationError */
  setModel(model?: string): Promise<void>;
  /** Sends further prompts; resolves when the iterable has ended and all are accepted. The query then ends after their results too. */
  streamInput(messages: AsyncIterable<SDKUserMessage>): Promise<void>;
  initializationResult(): Promise<ServerInfo>;
  supportedCommands(): Promise<ServerInfo['commands']>;
  supportedModels(): Promise<ServerInfo['models']>;
  supportedAgents(): Promise<ServerInfo['agents']>;
  mcpServerStatus(): Promise<McpServerStatus[]>;
  accountInfo(): Promise<ServerInfo['account']>;
  /** Ends work in the background. One that is not known, or has ended, is no error. */
  stopTask(taskId: string): Promise<void>;
  /** Lets the command of a call, or every one that runs, go on in the background. False if none runs. */
  backgroundTasks(toolUseId?: string): Promise<boolean>;
  /**
   * Sets the files that tools have changed back to what they were when a prompt was taken; with `dryRun` only says what would change.
   * Needs `enableFileCheckpointing`. @throws ConfigurationError for a prompt that no turn has taken.
   */
  rewindFiles(userMessageId: string, o?: { dryRun?: boolean | undefined }): Promise<RewindFilesResult>;

  /** Ends the session and the iteration at once. */
  close(): void;
}

/**
 * Asks in a session of its own and gives the messages. A string is one prompt; an iterable may go on as long as it likes, and
 * the session stays open until it has ended and all its prompts have their results. Work begins at once, not with the first pull.
 *
 * The iteration throws, after the result: APIError or APIConnectionError if the model could not be asked, AbortError if the last turn
 * was interrupted, TimeoutError for `timeoutMs`, LimitExceededError for `maxTurns` and `maxBudgetUsd`. It throws SessionNotFoundError
 * or SessionBusyError if the session cannot be opened, and AbortError, with nothing more told, when `abortController` aborts.
 * @throws ConfigurationError at once, for options or a prompt that cannot work.
 */
export function query({
  prompt,
  options = {},
}: {
  prompt: string | AsyncIterable<SDKUserMessage>;
  options?: Options | undefined;
}): Query {
  return queryIn(prompt, options, () => engineFor(options).open(options));
}

/** Like `query()`, in a session that is opened in another way. @throws ConfigurationError, before it is opened */
export function queryIn(
  prompt: string | AsyncIterable<SDKUserMessage>,
  options: Options,
  openSession: () => Promise<EngineSession>,
): Query {
  validateOptions(options);
  if (typeof prompt === 'string') checkUserMessage(promptOf(prompt));
  return new RunningQuery(new QueryRun(prompt, options, openSession));
}

class RunningQuery extends AskableIterator implements Query {
  readonly #run: QueryRun;

  constructor(run: QueryRun) {
    super(run);
    this.#run = run;
    run.onAbort = () => this.discard();
  }

  async interrupt(o: { cancelQueued?: boolean | undefined } = {}): Promise<Controls['interrupt']['result']> {
    return this.#run.control('interrupt', { cancelQueued: o.cancelQueued });
  }

  async setPermissionMode(mode: PermissionModeInput): Promise<void> {
    await this.#run.control('setPermissionMode', { mode });
  }

  async setModel(model?: string): Promise<void> {
    if (model === undefined) return;
    await this.#run.control('setModel', { model });
  }

  streamInput(messages: AsyncIterable<SDKUserMessage>): Promise<void> {
    return this.#run.feed(messages);
  }

  initializationResult(): Promise<ServerInfo> {
    return this.#run.control('serverInfo', {});
  }

  async supportedCommands(): Promise<ServerInfo['commands']> {
    return (await this.initializationResult()).commands;
  }

  async supportedModels(): Promise<ServerInfo['models']> {
    return (await this.initializationResult()).models;
  }

  async supportedAgents(): Promise<ServerInfo['agents']> {
    return (await this.initializationResult()).agents;
  }

  mcpServerStatus(): Promise<McpServerStatus[]> {
    return this.#run.control('mcpServerStatus', {});
  }

  async accountInfo(): Promise<ServerInfo['account']> {
    return (await this.initializationResult()).account;
  }

  async stopTask(taskId: string): Promise<void> {
    await this.#run.control('stopTask', { taskId });
  }

  async backgroundTasks(toolUseId?: string): Promise<boolean> {
    return (await this.#run.control('backgroundTasks', { toolUseId })).moved;
  }

  rewindFiles(userMessageId: string, o: { dryRun?: boolean | undefined } = {}): Promise<RewindFilesResult> {
    return this.#run.control('rewindFiles', { userMessageId, dryRun: o.dryRun });
  }

  protected async ask(subtype: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return (await this.#run.control('askClaudeCode', { subtype, fields })).response;
  }

  close(): void {
    // What fails while closing has nobody left to be told.
    this.return().catch(() => {});
  }
}

type Opened = { session: EngineSession; reader: BatchReader<SDKMessage> };

/** The session behind a query: prompts in, batches of messages out, until all prompts have their results. */
class QueryRun implements BatchSource<SDKMessage> {
  /** Called when what is ready must not be told any longer. */
  onAbort: () => void = () => {};
  readonly #abort: AbortSignal | undefined;
  readonly #opened: Promise<Opened>;
  /** Once it is open. */
  #open: Opened | undefined;
  /** A string prompt on its way: what is asked for right after `query()` comes after it. */
  readonly #first: Promise<void> | undefined;
  /** Aborted when the query has ended, for whatever reason. */
  readonly #over = new AbortController();
  /** Inputs that have not ended. */
  #inputs = 0;
  readonly #unanswered = new Set<string>();
  readonly #agents = new BackgroundAgents(() => {
    if (this.#isAnswered()) this.#stopReading();
  });
  readonly #results = new ResultErrors();
  readonly #unnamed = new UnnamedPrompts();
  #lastError: Error | undefined;
  #failure: { error: unknown } | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    prompt: string | AsyncIterable<SDKUserMessage>,
    options: Options,
    openSession: () => Promise<EngineSession>,
  ) {
    this.#abort = options.abortController?.signal;
    this.#abort?.addEventListener('abort', this.#onAbort, { once: true });
    this.#opened = openSession().then((session) => {
      const reader = session.batches({ partial: options.includePartialMessages === true, lifecycle: true });
      return (this.#open = { session, reader });
    });
    // The iteration tells what failed, here and below; it may be that nobody iterates.
    this.#opened.catch(() => {});
    const input = typeof prompt === 'string' ? this.#input(() => this.#send(asBlock(prompt))) : this.feed(prompt);
    const told = input.catch((error: unknown) => this.#fail(error));
    this.#first = typeof prompt === 'string' ? told : undefined;
    if (this.#abort?.aborted === true) this.#onAbort();
  }

  take(): readonly SDKMessage[] | undefined {
    for (;;) {
      this.#throwIfFailed();
      if (this.#isAnswered()) return this.#end();
      if (this.#open === undefined) return NOTHING;
      const { reader, session } = this.#open;
      const batch = reader.take();
      if (batch === undefined) throw new AbortError('The session was closed before all prompts had their results');
      if (batch.length === 0) return NOTHING;
      const shown = this.#shown(this.#follow(batch, session), session);
      if (shown.length > 0) return shown;
    }
  }

  wait(): Promise<unknown> {
    return this.#open?.reader.wait() ?? this.#ready();
  }

  /** Releases the session. Only an abort does not wait for that. */
  close(): Promise<void> {
    this.#abort?.removeEventListener('abort', this.#onAbort);
    this.#over.abort(new AbortError('The query has ended'));
    this.#agents.close();
    this.#closed ??= this.#release();
    if (this.#abort?.aborted !== true) return this.#closed;
    this.#closed.catch(() => {});
    return Promise.resolve();
  }

  /** Sends each message of the iterable; the query does not end before it. */
  feed(messages: AsyncIterable<SDKUserMessage>): Promise<void> {
    return this.#input(() => forEachMessage(messages, this.#over.signal, (message) => this.#send(message)));
  }

  async control<K extends keyof Controls>(name: K, args: Controls[K]['args']): Promise<Controls[K]['result']> {
    this.#over.signal.throwIfAborted();
    await this.#first;
    const { session } = await this.#ready();
    return session.control(name, args);
  }

  async #input(send: () => Promise<void>): Promise<void> {
    this.#over.signal.throwIfAborted();
    this.#inputs += 1;
    try {
      await send();
    } finally {
      this.#inputs -= 1;
      if (this.#isAnswered()) this.#stopReading();
    }
  }

  async #send(message: SDKUserMessage): Promise<void> {
    const { session } = await this.#ready();
    const uuid = message.uuid ?? randomUuid();
    if (message.uuid === undefined) this.#unnamed.add(uuid);
    this.#unanswered.add(uuid);
    try {
      const { settled } = await session.send({ ...message, uuid });
      // Sent before, under this uuid: it has no other result.
      if (settled === true) this.#unanswered.delete(uuid);
    } catch (error) {
      this.#unanswered.delete(uuid);
      throw error;
    }
  }

  /** What a program sees: of prompts that it has given no uuid, none. */
  #shown(batch: readonly SDKMessage[], session: EngineSession): readonly SDKMessage[] {
    for (const message of batch) this.#unnamed.hideIn(message);
    return session.tellsLifecycle === true
      ? batch.filter((message) => message.type !== 'command_lifecycle' || !this.#unnamed.has(message.command_uuid))
      : withoutLifecycle(batch);
  }

  /** Notes which prompts the messages answer; what comes after the last answer is cut off. */
  #follow(batch: readonly SDKMessage[], session: EngineSession): readonly SDKMessage[] {
    for (const [index, message] of batch.entries()) {
      if (message.type === 'stream_event') continue;
      if (session.waitsForAgents === true) this.#agents.follow(message);
      const error = this.#results.errorOf(message);
      if (message.type === 'command_lifecycle' && message.state === 'cancelled')
        this.#unanswered.delete(message.command_uuid);
      if (message.type !== 'result') continue;
      this.#lastError = error;
      for (const uuid of message.user_message_uuids ?? []) this.#unanswered.delete(uuid);
      if (this.#isAnswered()) return batch.slice(0, index + 1);
    }
    return batch;
  }

  #isAnswered(): boolean {
    return this.#inputs === 0 && this.#unanswered.size === 0 && !this.#agents.areAwaited;
  }

  #end(): undefined {
    this.#over.abort(new AbortError('The query has ended'));
    if (this.#lastError !== undefined) throw this.#lastError;
    return undefined;
  }

  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#failure ??= { error };
    this.#stopReading();
  }

  #throwIfFailed(): void {
    if (this.#abort?.aborted === true) throw abortErrorOf(this.#abort);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #ready(): Promise<Opened> {
    try {
      return await untilAborted(this.#opened, this.#abort);
    } catch (error) {
      throw atBorder(error, this.#abort);
    }
  }

  #stopReading(): void {
    this.#opened.then(
      ({ reader }) => reader.close(),
      () => {},
    );
  }

  async #release(): Promise<void> {
    const opened = await this.#opened.catch(() => undefined);
    opened?.reader.close();
    await opened?.session[Symbol.asyncDispose]();
  }

  readonly #onAbort = (): void => {
    this.onAbort();
    void this.close();
  };
}

/** A string prompt as the official SDK sends it: one block of text. */
function asBlock(text: string): SDKUserMessage {
  return { ...promptOf(text), message: { role: 'user', content: [{ type: 'text', text }] } };
}
