import { delay } from '../helpers/delay.ts';
import { letOthersRun } from '../helpers/let-others-run.ts';
import type { NewEntry } from '../log/entries.ts';
import { MessageAccumulator } from '../messages-api/accumulate-message.ts';
import type { FinishedBlock } from '../messages-api/open-block.ts';
import type { StreamEvent, Usage } from '../messages-api/types.ts';
import { isRetryable, retryDelayMs } from '../messages-api/retry-policy.ts';
import { canBePlainer, hasSuspects, hasThinking } from '../views/leave-out.ts';
import { requestBody } from '../views/to-model-request.ts';
import type { ModelErrorFacts } from '../views/to-sdk-messages.ts';
import { contextOf } from './context.ts';
import { describeModelError, isRefusal, speaksOfThinking } from './model-error.ts';
import { type PlannedRequest, planRequest, segmentFact } from './plan-request.ts';
import { note, type TurnStop, type TurnWorld } from './turn-world.ts';
import { usageSoFar } from './usage-so-far.ts';

/** Far fewer than a session holds for its readers: one that keeps up loses none, even if the network delivers thousands in one piece. */
const EVENTS_AT_ONCE = 2_048;

/** What came of asking the model. The answer itself is in the log. */
export type Asked =
  | { kind: 'answered' }
  | { kind: 'stopped' }
  /** What is left of the budget does not pay for another answer. */
  | { kind: 'too_expensive' }
  | { kind: 'failed'; error: ModelErrorFacts };

/** Makes the next model request, again after errors that may pass, and appends its blocks as they finish. */
export async function askModel(world: TurnWorld, stop: TurnStop): Promise<Asked> {
  const mended = new Set<Mending>();
  for (let attempt = 1; ; attempt += 1) {
    const plan = await planRequest(world, stop, attempt);
    using reserved = plan?.reserved;
    if (stop.signal.aborted) return { kind: 'stopped' };
    if (plan === undefined) return { kind: 'too_expensive' };
    await note(world, ...plan.facts);
    const stream = new ModelStream(world, plan);
    try {
      await stream.read(stop.signal);
      return { kind: 'answered' };
    } catch (error) {
      if (stop.cause !== undefined) {
        if (stop.cause.why !== 'left') await stream.abort();
        return { kind: 'stopped' };
      }
      const mending = mendingFor(world, error, mended);
      if (mending !== undefined) {
        mended.add(mending);
        const facts = describeModelError(error, attempt, world.limits.maxRetries, 0);
        await note(world, stream.errorFact(facts, 'retrying'), ...mendingFacts(world, plan, mending));
        continue;
      }
      // What an earlier request was refused for may be in this one too: it is left out, and that changes the request.
      const changes = isRefusal(error) && hasSuspects(world.history);
      const again = changes || (isRetryable(error) && attempt <= world.limits.maxRetries);
      const delayMs = again && !changes ? retryDelayMs(error, attempt) : 0;
      const facts = describeModelError(error, attempt, world.limits.maxRetries, delayMs);
      if (!again) {
        await note(world, stream.errorFact(facts, isRetryable(error) ? 'exhausted' : 'terminal'));
        return { kind: 'failed', error: facts };
      }
      await note(world, stream.errorFact(facts, 'retrying'));
      reserved?.[Symbol.dispose]();
      if (!(await waited(delayMs, stop))) return { kind: 'stopped' };
    }
  }
}

/** Why the history is sent in another form: without thinking that was bound to another prefix, or its newest answer plain. */
type Mending = 'prefix' | 'plain';

/** What may help after a request was refused for what it sent back: the API spoke of thinking, or the newest answer is not plain. */
function mendingFor(world: TurnWorld, error: unknown, mended: ReadonlySet<Mending>): Mending | undefined {
  if (!mended.has('prefix') && speaksOfThinking(error) && hasThinking(world.history)) return 'prefix';
  return !mended.has('plain') && isRefusal(error) && canBePlainer(world.history) ? 'plain' : undefined;
}

function mendingFacts(world: TurnWorld, { head }: PlannedRequest, mending: Mending): NewEntry[] {
  const segment = segmentFact(world, head, mending);
  // An answer that paused is gone on with only as it was.
  const isPaused = world.history.messages.at(-1)?.role === 'assistant';
  if (mending !== 'plain' || !isPaused) return [segment];
  return [contextOf('continue', 'A part of your answer was lost. Go on from where it ends.'), segment];
}

async function waited(delayMs: number, stop: TurnStop): Promise<boolean> {
  try {
    await delay(delayMs, { signal: stop.signal });
    return true;
  } catch (error) {
    if (stop.cause !== undefined) return false;
    throw error;
  }
}

/** A call whose answer was cut or refused may be half of what the model meant: it is settled without being run. */
function cutCall(toolUseId: string): NewEntry {
  const content =
    'The answer ended before this call was complete, so it was not run. Make the call again if it is still needed.';
  return { kind: 'tool_result', toolUseId, content, isError: true, outcome: 'denied' };
}

/** An event that belongs to no block. */
const isOfAnswer = ({ type }: StreamEvent): boolean =>
  type === 'message_delta' || type === 'message_stop' || type === 'ping';

/** One attempt: reads the stream, appends each block as it ends, and the response when it is whole. */
class ModelStream {
  readonly #world: TurnWorld;
  readonly #plan: PlannedRequest;
  readonly #answer = new MessageAccumulator();
  readonly #startedMs = performance.now();
  #ttftMs: number | undefined;
  #requestId: string | undefined;
  #blocks = 0;
  #told = 0;
  /** The response is in the log. */
  #isNoted = false;

  constructor(world: TurnWorld, plan: PlannedRequest) {
    this.#world = world;
    this.#plan = plan;
  }

  async read(signal: AbortSignal): Promise<void> {
    const { feed } = this.#world.log;
    const body = requestBody(this.#world.history, this.#plan.head);
    const { events, requestId } = await this.#world.client.stream(body, { signal });
    this.#requestId = requestId;
    for await (const batch of events) {
      for (let at = 0; at < batch.length; at += 1) {
        const event = batch[at];
        if (event === undefined || event.type === 'ping') continue;
        this.#ttftMs ??= Math.round(performance.now() - this.#startedMs);
        // What came in one piece with the last block's end has been added with it.
        const finished = this.#answer.done ? undefined : this.#answer.add(event);
        // The block goes before its `content_block_stop`, as in the official order. What was cut at the token limit is left out.
        if (finished !== undefined && finished.incomplete !== true)
          await this.#appendBlock(finished, batch.slice(at + 1));
        feed.fragment(this.#world.thread, this.#plan.request, event);
        this.#told += 1;
        if (this.#told % EVENTS_AT_ONCE === 0) await letOthersRun();
      }
    }
    if (!this.#isNoted) await note(this.#world, this.#responseFact(), ...this.#cutCalls().map(cutCall));
  }

  /** Calls that were told before it was known that the answer would be cut. */
  #cutCalls(): string[] {
    const cut = this.#answer.cutToolUses;
    const told = this.#world.state.turn?.request?.blocks ?? [];
    return told.flatMap(({ block }) => (block.type === 'tool_use' && cut.has(block.id) ? [block.id] : []));
  }

  /** Closes an answer that was cut from outside: the text so far is kept, and told as aborted. */
  async abort(): Promise<void> {
    if (this.#isNoted) return;
    const cut = this.#answer.partial().map(({ index, block }): NewEntry => ({
      kind: 'model_block',
      request: this.#plan.request,
      index,
      block,
      cut: true,
      ...(this.#blocks === 0 ? { start: this.#start() } : {}),
    }));
    await note(this.#world, ...cut, { ...this.#responseFact(), usage: this.#usageSoFar(), aborted: true });
  }

  errorFact(error: ModelErrorFacts, next: 'retrying' | 'exhausted' | 'terminal'): NewEntry {
    const discards = this.#world.state.turn?.request?.blocks.map(({ seq }) => seq) ?? [];
    const hasBegun = this.#answer.id !== '';
    const spent = hasBegun ? { spent: { model: this.#plan.head.model, usage: this.#usageSoFar() } } : {};
    return { kind: 'model_error', request: this.#plan.request, error: { ...error, ...spent }, next, discards };
  }

  #usageSoFar(): Usage {
    const told = this.#world.state.turn?.request?.blocks.map(({ block }) => block) ?? [];
    return usageSoFar(this.#answer.usage, [...told, ...this.#answer.partial().map(({ block }) => block)]);
  }

  /** With the end of the answer, where that is all that has come behind the block: most answers end so, and a commit less is felt. */
  async #appendBlock({ index, block }: FinishedBlock, behind: readonly StreamEvent[]): Promise<void> {
    const start = this.#blocks === 0 ? { start: this.#start() } : {};
    this.#blocks += 1;
    const fact: NewEntry = { kind: 'model_block', request: this.#plan.request, index, block, ...start };
    if (behind.at(-1)?.type !== 'message_stop' || !behind.every(isOfAnswer)) return note(this.#world, fact);
    for (const event of behind) this.#answer.add(event);
    // What becomes of calls that were cut goes with the response, and is told behind the whole answer.
    if (this.#answer.cutToolUses.size > 0) return note(this.#world, fact);
    await note(this.#world, fact, this.#responseFact());
    this.#isNoted = true;
  }

  #start(): { id: string; model: string; usage: unknown; ttftMs: number; requestId?: string } {
    const { id, model, usage } = this.#answer;
    const start = { id, model, usage, ttftMs: this.#ttftMs ?? 0 };
    return this.#requestId === undefined ? start : { ...start, requestId: this.#requestId };
  }

  #responseFact(): NewEntry & { kind: 'model_response' } {
    const { id, usage, stopReason, stopDetails } = this.#answer;
    return {
      kind: 'model_response',
      request: this.#plan.request,
      messageId: id,
      stopReason,
      stopDetails: stopDetails ?? null,
      usage,
      timings: {
        apiMs: Math.round(performance.now() - this.#startedMs),
        ttftMs: this.#ttftMs ?? null,
        model: this.#plan.head.model,
      },
    };
  }
}
