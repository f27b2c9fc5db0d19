import type { NewEntry } from '../log/entries.ts';
import type { OpenAgent } from '../log/agent-state.ts';
import type { OpenRequest } from '../log/fold.ts';
import { NO_USAGE } from '../log/totals.ts';
import type { ModelErrorFacts, ResultFacts } from '../views/to-sdk-messages.ts';
import type { TurnWorld } from './turn-world.ts';
import { usageSoFar } from './usage-so-far.ts';

/**
 * The first batch of a new owner: closes what the one before left open. An answer that was still coming is discarded; a call that
 * may have had an effect and has no result gets one that says so, and is not run again. Subagents have ended. The turn then goes on.
 */
export async function recoverTurn(world: TurnWorld): Promise<void> {
  const { turn } = world.state;
  if (turn === undefined) return;
  const facts: NewEntry[] = [];
  if (turn.request !== undefined) {
    const error: ModelErrorFacts = {
      message: 'The process that read this answer has ended.',
      status: null,
      error: 'unknown',
      attempt: turn.request.attempt,
      maxRetries: world.limits.maxRetries,
      retryDelayMs: 0,
      ...spentOn(turn.request, world.state.segment?.model),
    };
    const discards = turn.request.blocks.map(({ seq }) => seq);
    facts.push({ kind: 'model_error', request: turn.request.id, error, next: 'owner_lost', discards });
  }
  for (const { block, intent, done } of turn.calls) {
    if (done || intent === undefined) continue;
    facts.push({ kind: 'tool_result', toolUseId: block.id, content: UNKNOWN, isError: true, outcome: 'unknown' });
  }
  facts.unshift(...turn.agents.flatMap(endOfAgent));
  if (facts.length > 0) await world.log.append(facts, { sync: 'now' });
}

/** A subagent does not go on: its open calls and questions fall away, and whoever looks on is told that it has ended. */
function endOfAgent({ thread, calls }: OpenAgent): NewEntry[] {
  const closed = calls.map((toolUseId): NewEntry => ({
    kind: 'tool_result',
    thread,
    toolUseId,
    content: UNKNOWN,
    isError: true,
    outcome: 'unknown',
  }));
  return [...closed, { kind: 'turn_end', thread, turn: thread, reason: 'owner_lost', result: LOST_AGENT }];
}

const LOST_AGENT: ResultFacts = {
  type: 'result',
  subtype: 'error_during_execution',
  is_error: true,
  errors: ['The process that ran this agent has ended.'],
  duration_ms: 0,
  duration_api_ms: 0,
  num_turns: 0,
  stop_reason: null,
  total_cost_usd: 0,
  usage: NO_USAGE,
  modelUsage: {},
  permission_denials: [],
};

function spentOn({ usage, blocks }: OpenRequest, model: string | undefined): Pick<ModelErrorFacts, 'spent'> {
  if (usage === undefined || model === undefined) return {};
  const told = blocks.map(({ block }) => block);
  return { spent: { model, usage: usageSoFar(usage, told) } };
}

const UNKNOWN =
  'The outcome of this call is unknown: the process that ran it has ended. It may have had its effect, in part or whole. ' +
  'It was not run again. Check what it has done before you repeat it.';
