import { isRecord } from '../helpers/is-record.ts';
import { pullUntil } from '../helpers/pull-until.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import { checkStreamEvent } from '../messages-api/parse-stream-event.ts';
import { AnswerStream } from './answer-stream.ts';
import type { ChatAnswer } from './chat-answer.ts';
import { messagesOf } from './chat-messages.ts';
import { boolean, CALL_CHECKS, checkOptions, CONNECTION_CHECKS, over, REQUEST_CHECKS } from './check-options.ts';
import type { ConnectionOptions } from './connection.ts';
import { ModelCaller } from './model-caller.ts';
import { countedExtras, openRequest } from './open-request.ts';
import type { RequestFields } from './request-fields.ts';
import { requestJson } from './request-json.ts';
import type { CallOptions, ChatPrompt, RequestOptions } from './request-options.ts';
import { ChunkReader, type StreamChunk } from './stream-chunk.ts';
import type { DirectUsage } from './usage.ts';

type Caching = {
  /** Mark the end of each request for the prompt cache, so that a longer one that begins like it is read from there. Default false. */
  promptCaching?: boolean | undefined;
};

/** What one call does differently. */
export type ChatOverrides<T = unknown> = RequestOptions<T> & CallOptions & Caching;

export type ChatClientOptions = ConnectionOptions & RequestOptions & Omit<CallOptions, 'signal'> & Caching;

const OVERRIDE_CHECKS = { ...REQUEST_CHECKS, ...CALL_CHECKS, promptCaching: boolean };
const { signal: _, ...DEFAULT_CHECKS } = { ...CONNECTION_CHECKS, ...OVERRIDE_CHECKS };

/**
 * The Messages API without an agent loop: prompts or whole conversations in, answers out. It keeps no history, and runs no tools.
 * Calls may be made side by side.
 */
export class ChatClient implements AsyncDisposable {
  readonly #defaults: ChatClientOptions;
  readonly #caller: ModelCaller;

  /** @throws ConfigurationError for options that cannot work, a missing credential and a token of a Claude subscription among them */
  constructor(options: ChatClientOptions = {}) {
    checkOptions(options, DEFAULT_CHECKS);
    this.#defaults = { ...options };
    this.#caller = new ModelCaller(options);
  }

  /** Tokens and cost of all calls so far. */
  get usage(): DirectUsage {
    return this.#caller.usage;
  }

  /**
   * Asks, and resolves with the whole answer. A refusal and an answer that was cut are answers too: see `stopReason`.
   * @throws APIError | APIConnectionError | TimeoutError once nothing is left to try; AbortError when the signal aborts or the client is
   * closed; ConfigurationError for what the model would refuse; APIError of type `invalid_output` when it is not of the form of
   * `outputSchema`
   */
  async chat<T = unknown>(prompt: ChatPrompt, overrides: ChatOverrides<T> = {}): Promise<ChatAnswer<T>> {
    const settings = this.#settings(overrides);
    return this.#answer(prompt, settings, { tells: settings.onText !== undefined }).answer();
  }

  /**
   * Asks, and gives the answer as it comes. It is asked for again only until something has been told. Throws as `chat` does, after the
   * chunks that there were.
   */
  stream<T = unknown>(prompt: ChatPrompt, overrides: ChatOverrides<T> = {}): AnswerStream<T> {
    return this.#answer(prompt, this.#settings(overrides), { tells: true });
  }

  /**
   * The whole answer of a stream: of a prompt, telling `onText` meanwhile, or of chunks that come from elsewhere, such as a `stream()`
   * that was passed through other hands. Throws as `chat` does; APIError of type `invalid_stream` when the chunks end too early.
   */
  async collect<T = unknown>(
    source: ChatPrompt | AsyncIterable<StreamChunk>,
    overrides: ChatOverrides<T> = {},
  ): Promise<ChatAnswer<T>> {
    if (!isIterable(source)) return this.stream(source, overrides).answer();
    const settings = this.#settings(overrides);
    const { read } = await openRequest<T>(settings, this.#caller);
    // A stream of ours keeps its answer itself, what was looped over before included.
    const reader = source instanceof AnswerStream ? undefined : new ChunkReader(undefined);
    await this.#caller.within(settings, async (signal) => {
      for await (const chunk of pullUntil(source, signal)) {
        const { textDelta } = reader?.read(checkStreamEvent(isRecord(chunk) ? chunk.data : chunk, undefined)) ?? chunk;
        if (textDelta) settings.onText?.(textDelta);
      }
    });
    if (reader !== undefined) return read({ message: reader.message(), requestId: undefined });
    // Only a stream of ours has no reader. Without a schema of this call its answer is of its own, which T stands for.
    const answer = await (source as AnswerStream<T>).answer();
    return overrides.outputSchema === undefined ? answer : read(answer);
  }

  /** Input tokens that a call would have, as the API estimates them. Throws as `chat` does. */
  async countTokens(prompt: ChatPrompt, overrides: ChatOverrides = {}): Promise<number> {
    const settings = this.#settings(overrides);
    const { fields } = await openRequest(settings, this.#caller);
    const extras = countedExtras(fields.extras);
    const body = bodyOf({ ...fields, extras }, prompt, settings, {});
    return this.#caller.count(body, settings);
  }

  /** Calls under way reject with AbortError. Safe to call twice. */
  close(): Promise<void> {
    return this.#caller.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answer<T>(prompt: ChatPrompt, settings: ChatOverrides<T>, { tells }: { tells: boolean }): AnswerStream<T> {
    const caller = this.#caller;
    return new AnswerStream<T>(async function* (left) {
      const { fields, read } = await openRequest<T>(settings, caller);
      const body = (stream: boolean): string =>
        bodyOf(fields, prompt, settings, { max_tokens: fields.maxTokens, ...(stream ? { stream } : {}) });
      const whole = yield* caller.read({ model: fields.model, body, call: settings, tells, left });
      return read(whole);
    });
  }

  #settings<T>(overrides: ChatOverrides<T>): ChatOverrides<T> {
    checkOptions(overrides, OVERRIDE_CHECKS);
    return over(this.#defaults, overrides) as ChatOverrides<T>;
  }
}

function isIterable(source: ChatPrompt | AsyncIterable<StreamChunk>): source is AsyncIterable<StreamChunk> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}

function bodyOf(
  { model, system, tools, extras }: RequestFields,
  prompt: ChatPrompt,
  { promptCaching = false }: Caching,
  head: Record<string, unknown>,
): string {
  const request = {
    model,
    ...head,
    ...(promptCaching ? { cache_control: { type: 'ephemeral' } } : {}),
    ...extras,
    ...(system.length === 0 ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
    messages: messagesOf(prompt, model),
  };
  return requestJson(() => wellFormedJson(request));
}
