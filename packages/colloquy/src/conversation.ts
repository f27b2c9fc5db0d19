import { engineFor } from '#engines';
import type { EngineSession } from './engines/engine.ts';
import { PendingResponse } from './engines/pending-response.ts';
import { ResultErrors } from './engines/result-error.ts';
import { checkUserMessage, promptOf } from './engines/user-message.ts';
import { AbortError } from './errors.ts';
import { abortErrorOf, atBorder } from './helpers/abort-error.ts';
import { BatchIterator, pulled } from './helpers/batch-iterator.ts';
import { randomUuid } from './helpers/random-uuid.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import { type SDKMessage, type SDKResultMessage, textOf } from './messages.ts';
import type { Options } from './options/options.ts';
import { validateOptions } from './options/validate.ts';
import { AnswerText } from './views/answer-text.ts';
import { Dialogue, type DialogueMessage } from './views/dialogue.ts';

/** Deltas that wait for a slow reader one by one; beyond, they are joined. */
const MAX_WAITING_DELTAS = 1000;

/** What a conversation has used so far, over all its models; `costUSD` is at list price. */
export type ConversationUsage = {
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens: number;
  cacheCreationInputTokens: number;
  costUSD: number;
};

type AskOptions = { signal?: AbortSignal | undefined };

/** One conversation: prompts in, text out. The session behind it is opened with the first prompt. */
export class Conversation {
  readonly #options: Options;
  #dialogue = new Dialogue();
  #isFork = false;
  #id: string | undefined;
  #session: Promise<EngineSession> | undefined;
  #lastResult: SDKResultMessage | undefined;
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError for options that cannot work. */
  constructor(options: Options = {}) {
    validateOptions(options);
    const { sessionId, resume, continue: newest, forkSession } = options;
    const isNew = forkSession === true || (resume === undefined && newest !== true);
    this.#id = sessionId ?? (isNew ? randomUuid() : resume);
    this.#options = isNew ? { ...options, sessionId: this.#id } : { ...options };
  }

  /** The session's UUID; `undefined` only before the first prompt of a conversation that continues the newest session. */
  get id(): string | undefined {
    return this.#id;
  }

  /** What was said so far, oldest first. The part from before this object is there from the first answer on. */
  get history(): readonly DialogueMessage[] {
    return this.#dialogue.messages;
  }

  /** Tokens and cost of the session up to the newest result; of an earlier session that was resumed, its part counts. */
  get usage(): ConversationUsage {
    const models = Object.values(this.#lastResult?.modelUsage ?? {});
    const sum = (count: (model: (typeof models)[number]) => number): number =>
      models.reduce((total, model) => total + count(model), 0);
    return {
      inputTokens: sum(({ inputTokens }) => inputTokens),
      outputTokens: sum(({ outputTokens }) => outputTokens),
      cacheReadInputTokens: sum(({ cacheReadInputTokens }) => cacheReadInputTokens),
      cacheCreationInputTokens: sum(({ cacheCreationInputTokens }) => cacheCreationInputTokens),
      costUSD: this.#lastResult?.total_cost_usd ?? 0,
    };
  }

  /**
   * Asks, and resolves with the text of the final answer. Prompts asked meanwhile wait for their turn. An abort of the signal
   * interrupts the turn, or lets it not begin.
   * @throws APIError | APIConnectionError if the model could not be asked; TimeoutError for `timeoutMs`; LimitExceededError for `maxTurns` and `maxBudgetUsd`;
   * AbortError if it was interrupted, aborted or closed; ConfigurationError for an empty prompt; SessionNotFoundError | SessionBusyError.
   */
  async ask(prompt: string, o: AskOptions = {}): Promise<string> {
    const exchange = new Exchange(prompt);
    return this.#hold(exchange, o.signal);
  }

  /**
   * Asks, and gives the text as it is written: of each answer in the turn, further ones as new paragraphs. A slow loop gets longer
   * pieces and misses nothing. Leaving the loop leaves the turn running; an abort of the signal interrupts it. Throws as `ask` does,
   * after the text that there was.
   */
  askStream(prompt: string, o: AskOptions = {}): AsyncGenerator<string, void, undefined> {
    const pieces = new Pieces();
    let started = false;
    return new BatchIterator(
      pulled({
        pull: () => {
          if (!started) {
            started = true;
            const text = new AnswerText();
            const exchange = new Exchange(prompt, (message) => pieces.add(text.add(message)));
            this.#hold(exchange, o.signal).then(
              () => pieces.end(),
              (error: unknown) => pieces.end({ error }),
            );
          }
          return pieces.next();
        },
        close: () => {},
      }),
    );
  }

  /** Ends the running turn; whoever waits for its answer gets AbortError. Prompts that wait are asked next. */
  async interrupt(): Promise<void> {
    await (await this.#session)?.control('interrupt', {});
  }

  /** Another conversation with the same history, which goes its own way from here. */
  async fork(): Promise<Conversation> {
    const { id } = await this.#open();
    const { continue: _continue, title: _title, ...options } = this.#options;
    const fork = new Conversation({ ...options, resume: id, forkSession: true, sessionId: randomUuid() });
    fork.#isFork = true;
    fork.#dialogue = this.#dialogue.copy();
    await fork.#open();
    fork.#lastResult = this.#lastResult;
    return fork;
  }

  /** Stops the turn in flight and releases the session. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closed ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs an exchange to its end, and waits for it as long as the signal allows. */
  async #hold(exchange: Exchange, signal: AbortSignal | undefined): Promise<string> {
    const isAborted = (): boolean => signal?.aborted === true;
    if (isAborted()) throw abortErrorOf(signal);
    const running = this.#run(exchange);
    try {
      return await untilAborted(running, signal);
    } catch (error) {
      // The turn goes on to its end without us: its result belongs to the history.
      running.catch(() => {});
      if (isAborted()) exchange.abandon();
      throw atBorder(error, signal);
    }
  }

  async #run(exchange: Exchange): Promise<string> {
    const session = await this.#open();
    const result = await exchange.run(session, this.#dialogue, (latest) => (this.#lastResult = latest));
    return textOf(result);
  }

  #open(): Promise<EngineSession> {
    if (this.#closed !== undefined) return Promise.reject(new AbortError('The conversation is closed'));
    // A failure is not kept: the next prompt tries again.
    return (this.#session ??= this.#openSession().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    }));
  }

  async #openSession(): Promise<EngineSession> {
    const engine = engineFor(this.#options);
    // Whether anybody wants the text as it is written is known only later.
    const session = await engine.open({ ...this.#options, includePartialMessages: true });
    this.#id = session.id;
    const { resume, continue: newest } = this.#options;
    if (!this.#isFork && (resume !== undefined || newest === true)) {
      const history = (await session.saidBefore?.()) ?? (await engine.sessions.messages(session.id));
      for (const message of history) this.#dialogue.add(message);
    }
    return session;
  }

  async #shutDown(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}

/** One prompt and its response. */
class Exchange {
  readonly #response: PendingResponse;
  readonly #prompt: ReturnType<typeof promptOf>;
  readonly #hear: (message: SDKMessage) => void;
  readonly #partial: boolean;
  readonly #errors = new ResultErrors();
  #session: EngineSession | undefined;
  #running = false;
  #abandoned = false;

  /** `hear` is told every message, stream events too; without it nobody asks for those. */
  constructor(prompt: string, hear?: (message: SDKMessage) => void) {
    this.#prompt = promptOf(prompt);
    checkUserMessage(this.#prompt);
    this.#response = new PendingResponse(this.#prompt);
    this.#hear = hear ?? (() => {});
    this.#partial = hear !== undefined;
  }

  /** Nobody waits for the answer any longer: the turn is interrupted, at once or as soon as it begins. */
  abandon(): void {
    this.#abandoned = true;
    this.#interruptIfRunning();
  }

  /** Sends the prompt and follows its turn to the result. */
  async run(
    session: EngineSession,
    dialogue: Dialogue,
    onResult: (result: SDKResultMessage) => void,
  ): Promise<SDKResultMessage> {
    if (this.#abandoned) throw new AbortError('The prompt was given up before it was sent');
    this.#session = session;
    await this.#response.send(session, { partial: this.#partial });
    const source = this.#response.receive();
    for (let batch = source.take(); batch !== undefined; batch = source.take()) {
      if (batch.length === 0) {
        await source.wait();
        continue;
      }
      if (!this.#running) dialogue.add(this.#prompt);
      this.#running = true;
      if (this.#abandoned) this.#interruptIfRunning();
      for (const message of batch) {
        dialogue.add(message);
        this.#hear(message);
        const error = this.#errors.errorOf(message);
        if (message.type !== 'result') continue;
        this.#running = false;
        await source.close();
        onResult(message);
        if (error !== undefined) throw error;
        return message;
      }
    }
    await source.close();
    throw new AbortError('The prompt was withdrawn before its turn began');
  }

  #interruptIfRunning(): void {
    if (!this.#running) return;
    // A session that is closed meanwhile has nothing left to interrupt.
    this.#session?.control('interrupt', {}).catch(() => {});
    this.#abandoned = false;
  }
}

/** Pieces of text between a writer that does not wait and a reader that may be slow. */
class Pieces {
  #waiting: string[] = [];
  #ended: { error?: unknown } | undefined;
  #wake: () => void = () => {};

  add(text: string): void {
    if (text === '') return;
    if (this.#waiting.length >= MAX_WAITING_DELTAS) this.#waiting = [this.#waiting.join('')];
    this.#waiting.push(text);
    this.#wake();
  }

  end(outcome: { error?: unknown } = {}): void {
    this.#ended = outcome;
    this.#wake();
  }

  async next(): Promise<readonly string[] | undefined> {
    while (this.#waiting.length === 0 && this.#ended === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const pieces = this.#waiting;
    this.#waiting = [];
    if (pieces.length > 0) return pieces;
    if (this.#ended !== undefined && 'error' in this.#ended) throw this.#ended.error;
    return undefined;
  }
}
