import type { NewEntry } from '../log/entries.ts';
import type { OpenRequest } from '../log/fold.ts';
import type { ModelErrorFacts } from '../views/to-sdk-messages.ts';
import type { TurnWorld } from './turn-world.ts';
import { usageSoFar } from './usage-so-far.ts';

/**
 * The first batch of a new owner: closes what the one before left open. An answer that was still coming is discarded; a call that
 * may have had an effect and has no result gets one that says so, and is not run again. The turn then goes on.
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
  if (facts.length > 0) await world.log.append(facts, { sync: 'now' });
}

function spentOn({ usage, blocks }: OpenRequest, model: string | undefined): Pick<ModelErrorFacts, 'spent'> {
  if (usage === undefined || model === undefined) return {};
  const told = blocks.map(({ block }) => block);
  return { spent: { model, usage: usageSoFar(usage, told) } };
}

const UNKNOWN =
  'The outcome of this call is unknown: the process that ran it has ended. It may have had its effect, in part or whole. ' +
  'It was not run again. Check what it has done before you repeat it.';
