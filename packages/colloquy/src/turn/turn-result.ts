import type { NewEntry } from '../log/entries.ts';
import { toCheckpoint } from '../log/checkpoint.ts';
import type { OpenTurn } from '../log/fold.ts';
import { toldUsage, type Totals } from '../log/totals.ts';
import type { ToolUseBlock } from '../messages-api/types.ts';
import type { SDKResultError, TerminalReason } from '../messages.ts';
import type { SDKMessageOrigin } from '../system-messages.ts';
import type { ResultFacts } from '../views/to-sdk-messages.ts';
import type { TurnWorld } from './turn-world.ts';

/** How a turn ended. `unseen`: before its prompts were told to the model, and they are not told later. */
export type Ending =
  | {
      kind: 'success';
      terminal: TerminalReason;
      result: string;
      isError?: boolean | undefined;
      apiStatus?: number | null | undefined;
      unseen?: true | undefined;
    }
  | {
      kind: 'error';
      subtype: ErrorSubtype;
      terminal: TerminalReason;
      errors: string[];
      timedOut?: true | undefined;
      unseen?: true | undefined;
    }
  /** A hook put the call off. */
  | { kind: 'deferred'; call: ToolUseBlock }
  /** The prompt was blocked by a hook: it is dropped from the history. */
  | { kind: 'blocked'; reason: string };

type ErrorSubtype = SDKResultError['subtype'];

/** Ends the open turn: durable, with everything before it, before the result is told. */
export async function endTurn(world: TurnWorld, ending: Ending, ...facts: NewEntry[]): Promise<void> {
  const turn = world.state.turn;
  if (turn === undefined) return;
  const result = resultFacts(world, turn, ending, Date.now());
  // What was blocked is dropped from the history.
  const reason = reasonOf(ending);
  await world.log.append([...facts, { kind: 'turn_end', turn: turn.id, reason, result }], {
    sync: 'now',
    checkpoint: toCheckpoint(world.state),
  });
}

function offeredBy(provider: string | undefined, byModel: Totals['byModel']): Totals['byModel'] {
  if (provider === undefined) return byModel;
  return Object.fromEntries(Object.entries(byModel).map(([model, usage]) => [model, { ...usage, provider }]));
}

function reasonOf(ending: Ending): string {
  switch (ending.kind) {
    case 'blocked':
      return 'blocked';
    case 'deferred':
      return 'tool_deferred';
    default:
      return ending.unseen === true ? 'blocked' : ending.terminal;
  }
}

function resultFacts(world: TurnWorld, turn: OpenTurn, ending: Ending, nowMs: number): ResultFacts {
  const { state, run } = world;
  const uuids = turn.prompts.map(({ uuid }) => uuid);
  // An origin is null, or an object with a kind: checked when the prompt was accepted.
  const origin = turn.prompts[0]?.origin as SDKMessageOrigin | null | undefined;
  const worked = turn.requests > 0;
  const common = {
    type: 'result' as const,
    duration_ms: Math.max(0, nowMs - Date.parse(turn.startedAt)),
    duration_api_ms: Math.round(turn.apiMs),
    num_turns: worked ? 1 + turn.toolResults + turn.synthetic : 0,
    stop_reason: turn.stopReason,
    total_cost_usd: state.totals.costUsd,
    usage: toldUsage(turn.usage),
    modelUsage: offeredBy(run.provider, state.totals.byModel),
    permission_denials: turn.denials,
    queued_turn_count: state.queue.length,
    ...(world.thread === 'main' ? { result_index: run.results++ } : {}),
    ...(uuids[0] === undefined ? {} : { user_message_uuid: uuids[0], user_message_uuids: uuids }),
    ...(origin ? { origin } : {}),
  };
  switch (ending.kind) {
    case 'success':
      return {
        ...common,
        subtype: 'success',
        is_error: ending.isError ?? false,
        result: ending.result,
        // A turn that asked nobody anything ends without a reason.
        ...(worked || ending.terminal !== 'completed' ? { terminal_reason: ending.terminal } : {}),
        ...(ending.terminal === 'tool_deferred_unavailable' ? { stop_reason: ending.terminal } : {}),
        ...(worked ? { api_error_status: ending.apiStatus ?? null } : {}),
        // As of the text that stands in for an answer.
        ...(ending.terminal === 'api_error' ? { stop_reason: 'stop_sequence' } : {}),
        ...(turn.output === undefined ? {} : { structured_output: turn.output.value }),
        ...(turn.ttftMs === undefined ? {} : { ttft_ms: turn.ttftMs }),
      };
    case 'error':
      return {
        ...common,
        subtype: ending.subtype,
        is_error: true,
        errors: ending.errors,
        terminal_reason: ending.terminal,
        ...(ending.timedOut === true ? { colloquy_timed_out: true as const } : {}),
      };
    case 'deferred': {
      const { id, name, input } = ending.call;
      return {
        ...common,
        subtype: 'success',
        is_error: false,
        result: turn.text,
        stop_reason: 'tool_deferred',
        terminal_reason: 'tool_deferred',
        // What is no object never gets as far as a hook.
        deferred_tool_use: { id, name, input: input as Record<string, unknown> },
      };
    }
    case 'blocked':
      return { ...common, subtype: 'success', is_error: false, result: ending.reason };
    default:
      return ending satisfies never;
  }
}
