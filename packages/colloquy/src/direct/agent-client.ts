import { loadBuiltInRunner, loadSmallModel } from '#node-parts';
import { absolutePath } from '#surroundings';
import { AbortError, ConfigurationError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';
import { randomUuid } from '../helpers/random-uuid.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { ContentBlockParam, ToolResultBlockParam, ToolUseBlock } from '../messages-api/types.ts';
import { checkSandbox } from '../options/check-sandbox.ts';
import type { SandboxSettings } from '../options/sandbox.ts';
import { requestBody } from '../views/to-model-request.ts';
import { type Ahead, AgentHistory } from './agent-history.ts';
import { type AgentTools, checkToolNames, offeredTools, openAgentTools, type ToolChoices } from './agent-tools.ts';
import { AnswerStream } from './answer-stream.ts';
import type { BuiltInRunner } from './built-in-runner.ts';
import type { ChatAnswer } from './chat-answer.ts';
import {
  boolean,
  CALL_CHECKS,
  checkOptions,
  CONNECTION_CHECKS,
  over,
  record,
  REQUEST_CHECKS,
  text,
  texts,
} from './check-options.ts';
import type { ConnectionOptions } from './connection.ts';
import { ModelCaller } from './model-caller.ts';
import { countedExtras, type OpenedRequest, openRequest } from './open-request.ts';
import { modelOf, type RequestFields } from './request-fields.ts';
import { requestJson } from './request-json.ts';
import type { CallOptions, ChatMessage, RequestOptions, ToolResult } from './request-options.ts';
import type { StreamChunk } from './stream-chunk.ts';
import type { DirectUsage } from './usage.ts';

type Requests<T = unknown> = Omit<RequestOptions<T>, 'system' | 'tools'>;

export type ClaudeAgentClientOptions = ConnectionOptions &
  Requests &
  Omit<CallOptions, 'signal' | 'onText'> & {
    /** What the model is told of its part. Default: nothing, or where it works if built-in tools are offered. */
    systemPrompt?: string | undefined;
    /** Comes after it. */
    appendSystemPrompt?: string | undefined;
    /** Built-in tools by name (`Read`, `Bash` …), and the program's own as the API takes them. Default: none. */
    tools?: ToolChoices['tools'];
    /** Of `tools` only these, by name. Default: all. */
    allowedTools?: readonly string[] | undefined;
    /** Of `tools` not these. */
    disallowedTools?: readonly string[] | undefined;
    /** A name for the conversation, for your own books. Default: a new UUID. */
    sessionId?: string | undefined;
    /** Where built-in tools work. Default: the process's. They reach nothing else but `additionalDirectories`. */
    cwd?: string | undefined;
    additionalDirectories?: readonly string[] | undefined;
    /** Where commands of Bash run, as for `query()`. Default: in the sandbox where one works, else without one. */
    sandbox?: SandboxSettings | undefined;
    /** Place cache markers so that each request is read from the prompt cache up to the one before. Default true. */
    promptCaching?: boolean | undefined;
    /** What was said before, to go on with a conversation that was kept. */
    messages?: readonly ChatMessage[] | undefined;
  };

/** What one message does differently. Model, system prompt and tools stay: a change would lose the cache, and bind thinking anew. */
export type SendOptions<T = unknown> = Pick<
  Requests<T>,
  'maxTokens' | 'stopSequences' | 'outputSchema' | 'extraBody' | 'toolChoice'
> &
  CallOptions & {
    /** A result for each call of the newest answer, in any order: `{ tool_use_id, content, is_error? }`. */
    toolResults?: readonly ToolResult[] | undefined;
  };

type Prompt = string | readonly ContentBlockParam[];

const { maxTokens, stopSequences, outputSchema, extraBody, toolChoice } = REQUEST_CHECKS;
const arrayOf = (value: unknown): string | undefined => (Array.isArray(value) ? undefined : 'an array');
const SEND_CHECKS = {
  ...CALL_CHECKS,
  maxTokens,
  stopSequences,
  outputSchema,
  extraBody,
  toolChoice,
  toolResults: arrayOf,
};
const { system: _system, ...OWN_REQUEST_CHECKS } = REQUEST_CHECKS;
const { signal: _signal, onText: _onText, ...OWN_CALL_CHECKS } = CALL_CHECKS;
const OPTION_CHECKS = {
  ...CONNECTION_CHECKS,
  ...OWN_REQUEST_CHECKS,
  ...OWN_CALL_CHECKS,
  additionalDirectories: texts,
  allowedTools: texts,
  appendSystemPrompt: text,
  cwd: text,
  disallowedTools: texts,
  messages: arrayOf,
  promptCaching: boolean,
  sandbox: checkSandbox,
  sessionId: text,
  systemPrompt: text,
  tools: offeredTools,
};

/**
 * A conversation with a model that may call tools, and the loop is yours: it keeps the messages, you run the calls of an answer and give
 * their results with the next message. A turn is kept only when its answer is whole, so a call that has failed can be made again.
 */
export class ClaudeAgentClient implements AsyncDisposable {
  readonly sessionId: string;
  readonly #options: ClaudeAgentClientOptions;
  readonly #caller: ModelCaller;
  readonly #history: AgentHistory;
  // The model is told of it, and what it was told must not change.
  readonly #cwd: string;
  readonly #closing = new AbortController();
  #tools: Promise<AgentTools> | undefined;
  #runner: Promise<BuiltInRunner> | undefined;
  #answering = false;
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError for options that cannot work, a missing credential and a token of a Claude subscription among them */
  constructor(options: ClaudeAgentClientOptions = {}) {
    checkOptions(options, OPTION_CHECKS);
    checkToolNames(options);
    this.#options = { ...options };
    this.#caller = new ModelCaller(options);
    this.#cwd = absolutePath(options.cwd ?? '.');
    this.#history = new AgentHistory(options.messages ?? [], modelOf(options, this.#caller.env));
    this.sessionId = options.sessionId ?? randomUuid();
  }

  /** What was said so far, oldest first, as the API takes it. Plain data: keep it, and give it as `messages` to go on later. */
  get messages(): readonly ChatMessage[] {
    return [...this.#history.messages];
  }

  /** Calls of the newest answer that wait for their results. */
  get openCalls(): readonly ToolUseBlock[] {
    return this.#history.openCalls;
  }

  /** Tokens and cost so far; `savedUSD` is what the prompt cache has spared. */
  get usage(): DirectUsage {
    return this.#caller.usage;
  }

  /**
   * Sends a prompt, or the results of calls, or results and a prompt; loop over what it gives for chunks as they come, or await it for
   * the whole answer. Without either it goes on after an answer that has paused (`stopReason: 'pause_turn'`). Nothing is sent before that.
   * @throws as `sendMessage`, when it is looped over or awaited
   */
  sendMessageStream<T = unknown>(prompt?: Prompt, options: SendOptions<T> = {}): AnswerStream<T> {
    return this.#send(prompt, this.#settings(options), true);
  }

  /**
   * The same, for the whole answer.
   * @throws APIError | APIConnectionError | TimeoutError once nothing is left to try; AbortError when the signal aborts or the client is
   * closed; ConfigurationError when a call has no result, a result no call, while another answer is under way, and for what the model
   * would refuse; APIError of type `invalid_output` when the answer, which is kept, is not of the form of `outputSchema`
   */
  async sendMessage<T = unknown>(prompt?: Prompt, options: SendOptions<T> = {}): Promise<ChatAnswer<T>> {
    const settings = this.#settings(options);
    return this.#send(prompt, settings, settings.onText !== undefined).answer();
  }

  /**
   * Input tokens of the conversation with this message, as the API estimates them; without one, of the conversation as it stands.
   * Throws as `sendMessage` does.
   */
  async countTokens(prompt?: Prompt, options: SendOptions = {}): Promise<number> {
    const settings = this.#settings(options);
    const { fields } = await this.#open(settings);
    const { toolResults } = settings;
    const sent =
      prompt === undefined && toolResults === undefined
        ? this.#history.next
        : this.#history.ahead(prompt, toolResults ?? []).sent;
    return this.#caller.count(this.#body({ ...fields, extras: countedExtras(fields.extras) }, sent, 'count'), settings);
  }

  /**
   * Runs a call of a built-in tool in `cwd`, and gives its result for `toolResults`. Nobody is asked: look at the call first. A tool that
   * fails gives a result that says so.
   * @throws ConfigurationError when the call is not of a built-in tool that is offered; AbortError when the signal aborts or the client is
   * closed
   */
  async runTool(
    call: ToolUseBlock,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<ToolResultBlockParam> {
    if (record(call) !== undefined || text(call.id) !== undefined)
      throw new ConfigurationError('A call to run is a `tool_use` block of an answer, with its `id` and `name`');
    const { builtIn } = await this.#openTools();
    const tool = builtIn.find(({ name }) => name === call.name);
    if (tool === undefined) {
      const names = builtIn.map(({ name }) => name).join(', ');
      throw new ConfigurationError(
        `${call.name} is no built-in tool that this client offers (${names === '' ? 'there are none' : names}); run it yourself`,
      );
    }
    const either = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    if (either.aborted) throw abortErrorOf(either);
    const runner = await (this.#runner ??= this.#openRunner());
    try {
      return await runner.run(tool, call, either);
    } catch (error) {
      throw either.aborted ? abortErrorOf(either) : error;
    }
  }

  /** Calls under way reject with AbortError; what tools have started is ended. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closed ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send<T>(prompt: Prompt | undefined, settings: SendOptions<T>, tells: boolean): AnswerStream<T> {
    return new AnswerStream<T>((left) => this.#turn(prompt, settings, { tells, left }));
  }

  async *#turn<T>(
    prompt: Prompt | undefined,
    settings: SendOptions<T>,
    { tells, left }: { tells: boolean; left: AbortSignal },
  ): AsyncGenerator<readonly StreamChunk[], ChatAnswer<T>, void> {
    using _turn = this.#begin();
    const { fields, read } = await this.#open<T>(settings);
    const ahead = this.#history.ahead(prompt, settings.toolResults ?? []);
    const body = (stream: boolean): string => this.#body(fields, ahead.sent, stream ? 'stream' : 'create');
    const whole = yield* this.#caller.read({ model: fields.model, body, call: settings, tells, left });
    this.#history.take(ahead, whole.message);
    return await read(whole);
  }

  #begin(): Disposable {
    if (this.#answering) {
      throw new ConfigurationError(
        'Another answer of this client is under way; wait for it, or leave its loop, before the next message',
      );
    }
    this.#answering = true;
    return { [Symbol.dispose]: () => void (this.#answering = false) };
  }

  #settings<T>(options: SendOptions<T>): SendOptions<T> {
    checkOptions(options, SEND_CHECKS);
    const { messages: _messages, ...defaults } = this.#options;
    return over(defaults, options) as SendOptions<T>;
  }

  async #open<T>(settings: SendOptions<T>): Promise<OpenedRequest<T>> {
    const { definitions, builtIn } = await this.#openTools();
    const { systemPrompt, appendSystemPrompt } = this.#options;
    const place = builtIn.length === 0 ? undefined : `Working directory: ${this.#cwd}`;
    const system = [systemPrompt, appendSystemPrompt, place].filter((part) => part !== undefined);
    const request = {
      ...(settings as RequestOptions<T>),
      tools: definitions,
      system: system.map((part) => ({ type: 'text' as const, text: part })),
    };
    return openRequest<T>(request, this.#caller);
  }

  #openTools(): Promise<AgentTools> {
    return (this.#tools ??= openAgentTools(this.#options));
  }

  #body(fields: RequestFields, sent: Ahead['sent'], use: 'stream' | 'create' | 'count'): string {
    return requestJson(() => {
      const head = { ...fields, system: fields.system.map(wellFormedJson), tools: fields.tools.map(wellFormedJson) };
      if (this.#options.promptCaching !== false) return requestBody(sent, head, use);
      return requestBody(sent, head, use, { marks: false });
    });
  }

  async #openRunner(): Promise<BuiltInRunner> {
    const [{ BuiltInRunner: Runner }, { askSmallModel, searchWeb }] = await Promise.all([
      loadBuiltInRunner(),
      loadSmallModel(),
    ]);
    const { additionalDirectories = [], sandbox } = this.#options;
    return new Runner({
      sessionId: this.sessionId,
      cwd: this.#cwd,
      additionalDirectories,
      env: this.#caller.env,
      sandbox,
      askSmallModel: (request, signal) => askSmallModel(this.#caller, request, signal),
      searchWeb: (request, signal) => searchWeb(this.#caller, request, signal),
    });
  }

  async #shutDown(): Promise<void> {
    this.#closing.abort(new AbortError('The client is closed'));
    const runner = await this.#runner?.catch(() => undefined);
    await Promise.all([this.#caller.close(), runner?.close()]);
  }
}
