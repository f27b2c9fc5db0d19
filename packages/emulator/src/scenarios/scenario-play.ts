import { status } from '../replies/builders.ts';
import type { Reply } from '../replies/reply.ts';
import type { MessagesRequest } from '../request/messages-request.ts';
import { newestPrompt, newestResults } from '../request/newest-message.ts';
import type { ReadReply, ReadScenario } from './read-scenario.ts';
import { mismatches } from './request-match.ts';

type Step = ReadReply & {
  /** Requests that fitted everything but `nth`. */
  seen: number;
  given: number;
};

/** A scenario being played: which of its replies have been given. */
export class ScenarioPlay {
  readonly #steps: readonly Step[];
  readonly #otherwise: ReadScenario['otherwise'];

  constructor({ replies, otherwise }: Pick<ReadScenario, 'replies' | 'otherwise'>) {
    this.#steps = replies.map((reply) => ({ ...reply, seen: 0, given: 0 }));
    this.#otherwise = otherwise;
  }

  /** The reply to a request; undefined leaves it to directives and the simulated assistant. */
  next(request: MessagesRequest): Reply | undefined {
    // Every condition sees every request, so that `nth` counts the same whatever stands before it.
    const fitting = this.#steps.filter((step) => step.when !== undefined && fits(step, step.when, request));
    const step =
      fitting.find(hasLeft) ?? this.#steps.find((candidate) => candidate.when === undefined && hasLeft(candidate));
    if (step !== undefined) {
      step.given += 1;
      return step.reply;
    }
    if (this.#otherwise === 'simulate') return undefined;
    return this.#otherwise === 'refuse' ? status(400, { message: noneFits(request) }) : this.#otherwise;
  }

  /** How many replies have not been given as often as they say; those of `times: 'always'` do not count. */
  get left(): number {
    return this.#steps.filter((step) => step.times !== Infinity && hasLeft(step)).length;
  }
}

function fits(step: Step, when: NonNullable<ReadReply['when']>, request: MessagesRequest): boolean {
  if (typeof when === 'function') return when(request);
  if (mismatches(when, request).length > 0) return false;
  step.seen += 1;
  return when.nth === undefined || when.nth === step.seen;
}

function hasLeft(step: Step): boolean {
  return step.given < step.times;
}

function noneFits({ messages, model }: MessagesRequest): string {
  const prompt = newestPrompt(messages);
  const results = newestResults(messages).map(({ name }) => name);
  const asked = prompt === undefined ? `results of ${results.join(', ') || 'nothing'}` : JSON.stringify(prompt);
  return `emulator: no reply of the scenario fits this request (${model}, ${asked})`;
}
