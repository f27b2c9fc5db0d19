import { ColloquyError, LimitExceededError } from '../errors.ts';
import { delay } from '../helpers/delay.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Json } from '../log/entries.ts';
import { MessageAccumulator } from '../messages-api/accumulate-message.ts';
import { costUsd, modelInfo } from '../messages-api/models.ts';
import { isRetryable, retryDelayMs } from '../messages-api/retry-policy.ts';
import type { ApiMessage, ContentBlock, Usage } from '../messages-api/types.ts';
import type { SmallModelRequest, WebSearchRequest } from '../tools/tool.ts';
import { setAsideOf } from './set-aside.ts';
import type { TurnWorld } from './turn-world.ts';
import { usageSoFar } from './usage-so-far.ts';

/** A tool call is not held up for longer than its result is worth. */
const MAX_RETRIES = 2;
/** Answers in a row that may pause for the API's own tools. */
const MAX_PAUSES = 5;
/** Less than this is not worth asking for. */
const LEAST_OUTPUT_TOKENS = 256;
/** As in plan-request.ts: an estimate that errs on the dear side. */
const LEAST_BYTES_PER_TOKEN = 2;
/** What a search puts into the model's input, at most. */
const TOKENS_A_SEARCH = 20_000;

export type Spent = { model: string; usage: Usage };

/** The small model, as one tool call asks it. What it spent goes into the call's result; then it is disposed of. */
export class SmallModel implements Disposable {
  readonly spent: Spent[] = [];
  readonly #world: TurnWorld;
  readonly #signal: AbortSignal;
  readonly #reserved: Disposable[] = [];

  constructor(world: TurnWorld, signal: AbortSignal) {
    this.#world = world;
    this.#signal = signal;
  }

  async ask(request: SmallModelRequest): Promise<string> {
    const [answer] = await this.#converse(request, {});
    const text = answer?.content.map((block) => (block.type === 'text' ? block.text : '')).join('') ?? '';
    if (answer?.stop_reason === 'refusal' || text.trim() === '') throw new Error('The small model gave no answer.');
    return answer?.stop_reason === 'max_tokens' ? `${text}\n[The answer was cut at its token limit.]` : text;
  }

  async search(request: WebSearchRequest): Promise<Json[]> {
    const { allowedDomains, blockedDomains, maxSearches } = request;
    const tool = {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: maxSearches,
      ...(allowedDomains === undefined ? {} : { allowed_domains: allowedDomains }),
      ...(blockedDomains === undefined ? {} : { blocked_domains: blockedDomains }),
    };
    const answers = await this.#converse(request, { tools: [tool] }, maxSearches);
    return answers.flatMap(({ content }): Json[] => content);
  }

  /** What was spent is in the log now, or never will be. */
  [Symbol.dispose](): void {
    for (const held of this.#reserved.splice(0)) held[Symbol.dispose]();
  }

  /** The answer, in several pieces if it pauses for the API's own tools. */
  async #converse(request: SmallModelRequest, extras: Record<string, Json>, searches = 0): Promise<ApiMessage[]> {
    const answers: ApiMessage[] = [];
    do {
      const said = answers.flatMap(({ content }) => content);
      const messages = [
        { role: 'user', content: request.prompt },
        ...(said.length === 0 ? [] : [{ role: 'assistant', content: said }]),
      ];
      const answer = await this.#untilAnswered({ ...request, messages }, extras, searches);
      answers.push(answer);
    } while (answers.at(-1)?.stop_reason === 'pause_turn' && answers.length <= MAX_PAUSES);
    return answers;
  }

  async #untilAnswered(
    request: SmallModelRequest & { messages: Json[] },
    extras: Record<string, Json>,
    searches: number,
  ): Promise<ApiMessage> {
    const retries = Math.min(MAX_RETRIES, this.#world.limits.maxRetries);
    for (let attempt = 1; ; attempt += 1) {
      const maxTokens = this.#affordable(request, searches);
      try {
        return await this.#once(this.#body(request, maxTokens, extras));
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!(error instanceof ColloquyError) || !isRetryable(error) || attempt > retries) throw error;
        await delay(retryDelayMs(error, attempt), { signal: this.#signal });
      }
    }
  }

  #body(
    { system, messages }: { system: string; messages: Json[] },
    maxTokens: number,
    extras: Record<string, Json>,
  ): string {
    const model = this.#world.smallModel;
    const { thinking, defaultEffort } = modelInfo(model);
    const quiet = thinking.whenOmitted === 'on' && thinking.accepts.includes('disabled');
    return wellFormedJson({
      model,
      max_tokens: maxTokens,
      stream: true,
      ...(quiet ? { thinking: { type: 'disabled' } } : {}),
      ...(defaultEffort === undefined ? {} : { output_config: { effort: 'low' } }),
      system: [{ type: 'text', text: system }],
      ...extras,
      messages,
    });
  }

  async #once(body: string): Promise<ApiMessage> {
    const answer = new MessageAccumulator();
    const whole: ContentBlock[] = [];
    try {
      const { events } = await this.#world.client.stream(body, { signal: this.#signal });
      for await (const batch of events) {
        for (const event of batch) {
          const finished = answer.add(event);
          if (finished !== undefined) whole.push(finished.block);
        }
      }
      return answer.message();
    } finally {
      // What broke off is billed like any other answer.
      if (answer.id !== '') {
        const blocks = [...whole, ...answer.partial().map(({ block }) => block)];
        const usage = answer.done ? answer.usage : usageSoFar(answer.usage, blocks);
        this.spent.push({ model: this.#world.smallModel, usage });
      }
    }
  }

  /** The longest answer that the budget pays for; its price is set aside. @throws LimitExceededError */
  #affordable({ system, messages, maxTokens }: SmallModelRequest & { messages: Json[] }, searches: number): number {
    const { smallModel, log } = this.#world;
    const maxBudgetUsd = this.#world.budgetUsd();
    if (maxBudgetUsd === undefined) return maxTokens;
    const input = Math.ceil(Buffer.byteLength(JSON.stringify([system, messages])) / LEAST_BYTES_PER_TOKEN);
    const price = (output: number): number =>
      costUsd(smallModel, {
        input_tokens: input + searches * TOKENS_A_SEARCH,
        output_tokens: output,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        server_tool_use: { web_search_requests: searches },
      }) ?? 0;
    const left = maxBudgetUsd - this.#world.totals().costUsd - setAsideOf(log).usd;
    const perToken = (price(1_000_000) - price(0)) / 1_000_000;
    const tokens = perToken === 0 ? maxTokens : Math.min(maxTokens, Math.floor((left - price(0)) / perToken));
    if (tokens < Math.min(LEAST_OUTPUT_TOKENS, maxTokens)) {
      throw new LimitExceededError(
        `What is left of the budget (maxBudgetUsd) does not pay for a request to ${smallModel}.`,
      );
    }
    this.#reserved.push(setAsideOf(log).hold(price(tokens)));
    return tokens;
  }
}
