import type { ToolUseBlock } from '../messages-api/types.ts';
import type { SDKPermissionDenial } from '../messages.ts';
import type { Entry, Json, Seq } from './entries.ts';

/** A tool use of the newest answer, and how far it is. */
export type CallState = {
  block: ToolUseBlock;
  /** The `tool_intent`, once it may have had an effect. */
  intent: Seq | undefined;
  /** The `permission_request`, while it waits for an answer. */
  asked: Seq | undefined;
  /** What was asked about: an answer counts for that alone. */
  askedHash: string | undefined;
  answered: (Entry & { kind: 'permission_answer' }) | undefined;
  /** It runs elsewhere, with this input, and the turn waits for its result. */
  external?: { input: Json } | undefined;
  /** The result that came from there. */
  supplied?: (Entry & { kind: 'external_result' }) | undefined;
  /** The permission chain has spoken. A call that was cut, or made no sense, is done without that. */
  decided: boolean;
  done: boolean;
  /** What the model is told of it. */
  result?: Json;
  /** A hook put it off in an earlier turn. */
  deferred?: true | undefined;
};

/** The calls of a turn, and what they mean for it. */
type TurnCalls = {
  calls: CallState[];
  denials: SDKPermissionDenial[];
  stopAsked: 'interrupt' | 'preempted' | undefined;
  toolResults: number;
};

/** A call of which nothing is known but that the model made it. */
export function newCall(block: ToolUseBlock): CallState {
  return {
    block,
    intent: undefined,
    asked: undefined,
    askedHash: undefined,
    answered: undefined,
    decided: false,
    done: false,
  };
}

/** Folds an entry about one call into its turn, in place; others change nothing. */
export function foldCallEntry(turn: TurnCalls, entry: Entry): void {
  switch (entry.kind) {
    case 'permission_answer': {
      const call = turn.calls.find((open) => open.asked === entry.request);
      if (call !== undefined) call.answered = entry;
      return;
    }
    case 'external_result': {
      // It may come before the turn has got to the call.
      const call = turn.calls.find(({ block }) => block.id === entry.toolUseId);
      if (call !== undefined) call.supplied ??= entry;
      return;
    }
    case 'permission_request':
    case 'tool_intent':
    case 'tool_decision':
    case 'tool_result': {
      const call = turn.calls.find(({ block }) => block.id === entry.toolUseId);
      if (call !== undefined) foldCall(turn, call, entry);
      return;
    }
    default:
  }
}

function foldCall(
  turn: TurnCalls,
  call: CallState,
  entry: Entry & { kind: 'permission_request' | 'tool_intent' | 'tool_decision' | 'tool_result' },
): void {
  switch (entry.kind) {
    case 'permission_request':
      call.asked = entry.seq;
      call.askedHash = entry.callHash;
      call.answered = undefined;
      return;
    case 'tool_intent':
      if (entry.external === true) call.external = { input: entry.input };
      else call.intent = entry.seq;
      return;
    case 'tool_decision':
      call.decided = true;
      if (entry.decision.interrupt === true) turn.stopAsked ??= 'interrupt';
      if (entry.decision.behavior === 'deny') {
        turn.denials.push({
          tool_name: call.block.name,
          tool_use_id: call.block.id,
          // The accumulator refuses tool inputs that are not objects.
          tool_input: call.block.input as Record<string, unknown>,
        });
      }
      return;
    case 'tool_result':
      call.done = true;
      call.result = entry.content;
      turn.toolResults += 1;
      return;
    default:
      entry satisfies never;
  }
}
