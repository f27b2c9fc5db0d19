import type { CacheMissReason } from '../cache/fingerprints.ts';
import { uncached, type CacheUse, type InputUsage } from '../cache/prompt-cache.ts';
import type { AppliedEdit } from '../context/clear-edits.ts';
import { summaryTokens, tokensAfterCompaction, withCompaction } from '../context/plan-compaction.ts';
import type { Ids } from '../exchange/ids.ts';
import { tokensOfBytes } from '../prompt/block-bytes.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { rememberPaused } from '../request/paused-answers.ts';
import { checkPromises } from './check-promises.ts';
import { BlockPlanner, type PlannedBlock } from './plan-blocks.ts';
import type { MessageReply } from './reply.ts';
import type { ServerToolCounts } from './server-tools.ts';
import { wholeBlock } from './whole-block.ts';

/** A message ready to be sent: all decided, nothing framed yet. */
export type PlannedMessage = {
  id: string;
  model: string;
  blocks: readonly PlannedBlock[];
  stopReason: string;
  stopSequence: string | null;
  stopDetails: MessageReply['stopDetails'] | null;
  usage: PlannedUsage;
  /** Why the cached prefix of the request before could not be gone on with, if the request wants to know. */
  cacheMissReason: CacheMissReason | undefined;
  inputTransformations: CheckedRequest['inputTransformations'];
  /** What `context_management` cleared, if the request has it. */
  appliedEdits: readonly AppliedEdit[] | undefined;
};

export type PlannedUsage = {
  input: InputUsage;
  /** The summary that was made first; it is billed beside the rest. */
  compaction?: { input: InputUsage; outputTokens: number; pauses: boolean } | undefined;
  /** Results of the API's own tools, which the model reads in the course of the answer. */
  laterInputTokens: number;
  outputTokens: number;
  thinkingTokens: number;
  /** Undefined when none was used. */
  serverTools: ServerToolCounts | undefined;
  serviceTier: 'standard' | 'batch';
  speed: string | null;
};

/** What is known of an answer besides the reply and the request. */
export type PlanOptions = {
  ids: Ids;
  /** What the cache did for the request; default: nothing. */
  cached?: Pick<CacheUse, 'usage' | 'missReason'> | undefined;
  /** Told of the types of raw blocks, so that they are taken back. */
  sentTypes?: Set<string> | undefined;
  /** Default `standard`. */
  serviceTier?: PlannedUsage['serviceTier'] | undefined;
};

/**
 * Decides ids, signatures, usage, and where `max_tokens`, the context window or a stop sequence ends the message.
 * @throws Refusal when the reply says what the API would not have said to this request.
 */
export function planMessage(reply: MessageReply, checked: CheckedRequest, o: PlanOptions): PlannedMessage {
  const whole = withCompaction(reply, checked);
  checkPromises(whole, checked);
  const { request } = checked;
  const planner = new BlockPlanner(checked, o.ids);
  for (const block of whole.blocks) if (!planner.add(block)) break;
  const { blocks, stopped, budget } = planner;
  for (const block of blocks) if (block.type === 'block') o.sentTypes?.add(block.block.type);
  const stopReason = stopReasonOf(whole, planner);
  if (stopReason === 'pause_turn') rememberPaused(checked.sent.digestWithAnswer(blocks.map(wholeBlock)));
  return {
    id: o.ids.next('msg', request.messages.length),
    model: request.model,
    blocks,
    stopReason,
    stopSequence: stopped ?? null,
    stopDetails: whole.stopDetails ?? null,
    usage: {
      ...inputOf(checked, o.cached?.usage ?? uncached(checked.inputTokens)),
      laterInputTokens: tokensOfBytes(planner.laterInputBytes),
      outputTokens: tokensOfBytes(budget.spentBytes),
      thinkingTokens: tokensOfBytes(planner.thinkingBytes),
      serverTools: planner.serverTools,
      serviceTier: o.serviceTier ?? 'standard',
      speed: request.speed ?? null,
    },
    cacheMissReason: o.cached?.missReason,
    inputTransformations: checked.inputTransformations,
    appliedEdits: checked.context?.applied,
  };
}

/** An answer behind a compaction reads the summary only; one that pauses there reads nothing more. */
function inputOf(checked: CheckedRequest, input: InputUsage): Pick<PlannedUsage, 'input' | 'compaction'> {
  const { compaction, request } = checked;
  if (compaction?.type !== 'triggered') return { input };
  return {
    input: uncached(compaction.pauses ? 0 : tokensAfterCompaction(checked)),
    compaction: { input, outputTokens: summaryTokens(request), pauses: compaction.pauses },
  };
}

function stopReasonOf(reply: MessageReply, { blocks, stopped, budget }: BlockPlanner): string {
  if (budget.isExceeded) return budget.reason;
  if (stopped !== undefined) return 'stop_sequence';
  return reply.stopReason ?? (blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn');
}
