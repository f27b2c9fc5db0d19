import { MAX_TIMER_MS } from '../helpers/deadline.ts';
import type { NewEntry } from '../log/entries.ts';
import type { CallState } from '../log/call-state.ts';
import type { OpenTurn, QueuedPrompt } from '../log/fold.ts';
import { askModel } from './ask-model.ts';
import { contextOf } from './context.ts';
import { dispatchTools, settleInterrupted } from './dispatch-tools.ts';
import { afterBatch, stopFailure, stopHooks, submitPrompts } from './turn-hooks.ts';
import { isTaskNotification } from './tell-task.ts';
import { outputEnding, remindOfOutput } from './structured-output.ts';
import { type Ending, endTurn } from './turn-result.ts';
import { note, type StopCause, type TurnStop, type TurnWorld } from './turn-world.ts';

/** Answers in a row that may end at the token limit before the turn gives up on the rest. */
const MAX_CONTINUATIONS = 3;
/** Answers in a row that may pause for the API's own tools. */
const MAX_PAUSES = 10;

/**
 * Runs the open turn to its end: requests, tools, requests … as the log says they stand, so a turn that another owner left
 * behind is taken up where it was. `turn_end` always comes, unless the turn is to be left to the next owner.
 */
export async function runTurn(world: TurnWorld, stop: TurnStop): Promise<void> {
  const asked = world.state.turn?.stopAsked;
  if (asked !== undefined) stop.stop({ why: asked });
  const timer = startTimer(world, stop);
  try {
    const ending = await untilItEnds(world, stop);
    if (ending !== undefined) await endTurn(world, ending);
  } finally {
    clearTimeout(timer);
  }
}

/** Begins a turn with these prompts: durable with its first tool or its end. Returns false if a prompt is gone from the queue. */
export async function beginTurn(world: TurnWorld, turn: string, prompts: readonly QueuedPrompt[]): Promise<boolean> {
  const facts: NewEntry[] = [{ kind: 'turn_start', turn, init: world.init() }];
  const { environment } = world.prompt;
  // Before the turn, because a turn that is refused or blocked is dropped from the history.
  if (environment !== undefined && environment !== world.state.environment)
    facts.unshift(contextOf('environment', environment));
  for (const prompt of prompts) facts.push(taken(prompt, turn));
  const { news } = world.permissions;
  facts.push(...news.map((text) => contextOf('warning', text)));
  const appended = await world.log.append(facts, { sync: 'lazy' });
  if (appended.ok) news.length = 0;
  return appended.ok;
}

function taken(prompt: QueuedPrompt, turn: string): NewEntry {
  return { kind: 'prompt_taken', prompt: prompt.seq, turn, uuid: prompt.uuid, once: `take:${prompt.seq}` };
}

function startTimer(world: TurnWorld, stop: TurnStop): NodeJS.Timeout | undefined {
  const { timeoutMs } = world.limits;
  if (timeoutMs === undefined) return undefined;
  return setTimeout(() => stop.stop({ why: 'timeout', timeoutMs }), Math.min(timeoutMs, MAX_TIMER_MS));
}

async function untilItEnds(world: TurnWorld, stop: TurnStop): Promise<Ending | undefined> {
  const turn = world.state.turn;
  if (turn === undefined) return undefined;
  // A call that was put off may have its result already.
  if (turn.requests === 0 && turn.toolResults === 0) {
    if (world.hooks.has('UserPromptSubmit')) {
      await untilPromptsAreDurable(world, turn);
      const blocked = await submitPrompts(world, turn, stop);
      if (stop.cause !== undefined) return stopped(world, turn, stop.cause, { unseen: true });
      if (blocked !== undefined) return blocked;
    }
    const isSilent = turn.goesOn !== true && turn.prompts.every((prompt) => !prompt.startsTurn);
    if (world.thread === 'main' && isSilent) return { kind: 'success', terminal: 'completed', result: '' };
  }
  for (;;) {
    const open = unfinished(turn);
    if (stop.cause === undefined && open.length > 0) {
      // A call that was put off runs before the model is asked.
      if (turn.requests === 0) await untilPromptsAreDurable(world, turn);
      await dispatchTools(world, stop, open);
      if (stop.cause === undefined) await afterBatch(world, turn, stop);
      if (stop.cause === undefined) await takeJoiningPrompts(world, turn);
    }
    if (stop.cause !== undefined) return stopped(world, turn, stop.cause);
    const ending = (await afterOutput(world, turn, stop)) ?? (await afterAnswer(world, turn, stop));
    if (ending !== undefined) return ending;
    if (stop.signal.aborted) continue;
    if (world.limits.maxTurns !== undefined && turn.answers >= world.limits.maxTurns)
      return tooManyTurns(world.limits.maxTurns);
    const asked = await askModel(world, stop);
    switch (asked.kind) {
      case 'stopped':
        return stop.cause === undefined ? undefined : stopped(world, turn, stop.cause);
      case 'too_expensive':
        return overBudget(world);
      case 'failed':
        await stopFailure(world, turn, stop, asked.error);
        return {
          kind: 'success',
          terminal: 'api_error',
          isError: true,
          result: `API Error: ${asked.error.message}`,
          apiStatus: asked.error.status,
        };
      case 'answered':
        await untilPromptsAreDurable(world, turn);
        break;
      default:
        asked satisfies never;
    }
  }
}

const unfinished = (turn: OpenTurn): CallState[] => turn.calls.filter((call) => !call.done);

/** The model is asked while the prompts are still on their way to the disk. Hooks, callbacks and tools are not run for one that may get lost. */
async function untilPromptsAreDurable(world: TurnWorld, { prompts }: OpenTurn): Promise<void> {
  await world.log.durable(prompts.at(-1)?.seq ?? 0);
}

/** What the end of the newest answer asks for, once its calls have their results: undefined goes on with another request. */
async function afterAnswer(world: TurnWorld, turn: OpenTurn, stop: TurnStop): Promise<Ending | undefined> {
  if (!turn.undecided || hasResults(turn)) return undefined;
  switch (turn.stopReason) {
    case 'pause_turn':
      return turn.paused > MAX_PAUSES ? { kind: 'success', terminal: 'completed', result: turn.text } : undefined;
    case 'max_tokens':
      if (turn.cutShort > MAX_CONTINUATIONS) return { kind: 'success', terminal: 'completed', result: turn.text };
      await note(
        world,
        contextOf('continue', 'Your answer was cut at the token limit. Continue exactly where it stopped.'),
      );
      return undefined;
    case 'refusal':
      return {
        kind: 'success',
        terminal: 'model_error',
        isError: true,
        result: turn.text === '' ? REFUSED : turn.text,
      };
    case 'model_context_window_exceeded':
      return {
        kind: 'error',
        subtype: 'error_during_execution',
        terminal: 'prompt_too_long',
        errors: [
          "The conversation no longer fits into the model's context window; start a new session, or fork from an earlier message",
        ],
      };
    default:
      if (await remindOfOutput(world, turn)) return undefined;
      return stopHooks(world, turn, stop, { kind: 'success', terminal: 'completed', result: turn.text });
  }
}

/** An answer in the form that the program asked for ends the turn; so do too many that do not fit. */
async function afterOutput(world: TurnWorld, turn: OpenTurn, stop: TurnStop): Promise<Ending | undefined> {
  const ending = outputEnding(turn);
  return ending?.kind === 'success' ? stopHooks(world, turn, stop, ending) : ending;
}

/** The answer's calls were made, so that the model is to be told their results. Calls that were cut do not count. */
function hasResults({ calls, stopReason }: OpenTurn): boolean {
  const cuts = stopReason !== null && CUTTING_REASONS.has(stopReason);
  return calls.some(({ decided }) => decided || !cuts);
}

const CUTTING_REASONS: ReadonlySet<string> = new Set(['max_tokens', 'refusal', 'model_context_window_exceeded']);

const REFUSED =
  'The model declined to answer this prompt. It has been left out of the conversation; rephrase it, or try another model.';

/** Prompts of priority `next`, and all without one when prompts are merged, join the turn with the tools' results. */
async function takeJoiningPrompts(world: TurnWorld, turn: OpenTurn): Promise<void> {
  // A hook that may block prompts looks at each before its own turn.
  const hooked = world.hooks.has('UserPromptSubmit');
  const joining = world.state.queue.filter(
    (prompt) =>
      prompt.startsTurn &&
      !(hooked && !isTaskNotification(prompt)) &&
      (prompt.priority === 'next' || (world.limits.mergePrompts && prompt.priority === 'later')),
  );
  for (const prompt of joining) await note(world, taken(prompt, turn.id));
}

function tooManyTurns(maxTurns: number): Ending {
  return {
    kind: 'error',
    subtype: 'error_max_turns',
    terminal: 'max_turns',
    errors: [`The turn reached its limit of ${maxTurns} model requests (maxTurns)`],
  };
}

function overBudget(world: TurnWorld): Ending {
  const spent = world.totals().costUsd.toFixed(4);
  return {
    kind: 'error',
    subtype: 'error_max_budget_usd',
    terminal: 'budget_exhausted',
    errors: [
      `The next answer could pass the budget of ${world.budgetUsd()} USD (maxBudgetUsd); ${spent} USD are spent`,
    ],
  };
}

/** The end of a turn that is stopped; `unseen`: before its prompts were let through, so that the model is not told them later. */
async function stopped(
  world: TurnWorld,
  turn: OpenTurn,
  cause: StopCause,
  o: { unseen?: true } = {},
): Promise<Ending | undefined> {
  if (cause.why === 'left') return undefined;
  if (cause.why === 'deferred') return { kind: 'deferred', call: cause.call };
  if (cause.why === 'unavailable')
    return { kind: 'success', terminal: 'tool_deferred_unavailable', isError: true, result: cause.problem };
  // An answer that was cut has no stop reason: its calls have not begun.
  const terminal = turn.calls.length > 0 && turn.stopReason !== null ? 'aborted_tools' : 'aborted_streaming';
  // What such a turn has done is dropped: a call that was put off before it stays open.
  if (o.unseen === undefined) await settleInterrupted(world, unfinished(turn));
  const told =
    terminal === 'aborted_tools' ? '[Request interrupted by user for tool use]' : '[Request interrupted by user]';
  const failed = (...errors: string[]): Ending => ({
    kind: 'error',
    subtype: 'error_during_execution',
    terminal,
    errors,
    ...o,
  });
  switch (cause.why) {
    case 'interrupt':
    case 'denied':
      await note(world, contextOf('interrupt', told));
      return failed(told);
    case 'preempted':
      return { kind: 'success', terminal, result: turn.text, ...o };
    case 'timeout':
      return {
        kind: 'error',
        subtype: 'error_during_execution',
        terminal,
        errors: [`The turn took longer than ${cause.timeoutMs} ms (timeoutMs) and was stopped`],
        timedOut: true,
        ...o,
      };
    case 'hook':
      return { kind: 'success', terminal: 'hook_stopped', result: '', ...o };
    case 'closed':
      return failed('The session was closed while the turn ran');
    default:
      return cause satisfies never;
  }
}
