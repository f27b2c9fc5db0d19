import type { CacheMissReason } from '../cache/fingerprints.ts';
import { uncached, type CacheUse, type InputUsage } from '../cache/prompt-cache.ts';
import type { Ids } from '../exchange/ids.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { BYTES_PER_TOKEN, tokensOfBytes } from '../prompt/block-bytes.ts';
import { signThinking } from '../request/thinking-signature.ts';
import { cutJson } from './cut-deltas.ts';
import type { MessageReply, RawData, ReplyBlock } from './reply.ts';

/** A message ready to be sent: all decided, nothing framed yet. */
export type PlannedMessage = {
  id: string;
  model: string;
  blocks: readonly PlannedBlock[];
  stopReason: string;
  stopDetails: MessageReply['stopDetails'] | null;
  usage: PlannedUsage;
  /** Why the cached prefix of the request before could not be gone on with, if the request wants to know. */
  cacheMissReason: CacheMissReason | undefined;
  inputTransformations: CheckedRequest['inputTransformations'];
};

export type PlannedBlock =
  | { type: 'text'; deltas: readonly string[] }
  | { type: 'thinking'; deltas: readonly string[]; signature: string }
  | { type: 'tool_use'; id: string; name: string; deltas: readonly string[] }
  | { type: 'block'; block: RawData; start: RawData; rawDeltas: readonly RawData[]; deltas: readonly string[] };

export type PlannedUsage = {
  input: InputUsage;
  outputTokens: number;
  thinkingTokens: number;
  serviceTier: 'standard' | 'batch';
  speed: string | null;
};

/** What is known of an answer besides the reply and the request. */
export type PlanOptions = {
  ids: Ids;
  /** What the cache did for the request; default: nothing. */
  cached?: Pick<CacheUse, 'usage' | 'missReason'> | undefined;
  /** Default `standard`. */
  serviceTier?: PlannedUsage['serviceTier'] | undefined;
};

/** Decides ids, signatures, usage, and where `max_tokens` ends the message. */
export function planMessage(reply: MessageReply, checked: CheckedRequest, o: PlanOptions): PlannedMessage {
  const { request } = checked;
  const { ids } = o;
  const salt = request.messages.length;
  const budget = { bytes: request.max_tokens * BYTES_PER_TOKEN, spent: 0, exceeded: request.max_tokens === 0 };
  const blocks: PlannedBlock[] = [];
  let thinkingBytes = 0;
  for (const block of reply.blocks) {
    if (budget.exceeded) break;
    if (block.type === 'thinking' && !thinks(checked)) continue;
    const before = budget.spent;
    const deltas = withinBudget(saidIn(block), budget);
    if (block.type === 'thinking') thinkingBytes += budget.spent - before;
    // A block of which nothing fits never begins; one that is empty by itself is kept.
    if (budget.exceeded && deltas.length === 0) break;
    blocks.push(finish(block, deltas, checked, block.type === 'tool_use' ? (block.id ?? ids.next('toolu', salt)) : ''));
  }
  const usage: PlannedUsage = {
    input: o.cached?.usage ?? uncached(checked.inputTokens),
    outputTokens: tokensOfBytes(budget.spent),
    thinkingTokens: tokensOfBytes(thinkingBytes),
    serviceTier: o.serviceTier ?? 'standard',
    speed: request.speed ?? null,
  };
  const stopReason = budget.exceeded
    ? 'max_tokens'
    : (reply.stopReason ?? (blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn'));
  return {
    id: ids.next('msg', salt),
    model: request.model,
    blocks,
    stopReason,
    stopDetails: reply.stopDetails ?? null,
    usage,
    cacheMissReason: o.cached?.missReason,
    inputTransformations: checked.inputTransformations,
  };
}

function finish(block: ReplyBlock, deltas: readonly string[], checked: CheckedRequest, id: string): PlannedBlock {
  switch (block.type) {
    case 'text':
      return { type: 'text', deltas };
    case 'thinking': {
      const shown = displays(checked) ? deltas : [];
      return { type: 'thinking', deltas: shown, signature: sign(shown.join(''), checked) };
    }
    case 'tool_use':
      return { type: 'tool_use', id, name: block.name, deltas };
    case 'block':
      return {
        type: 'block',
        block: block.block,
        start: block.start ?? block.block,
        rawDeltas: block.deltas ?? [],
        deltas,
      };
    default:
      return block satisfies never;
  }
}

/** What counts against `max_tokens`; a raw block is sent whole or not at all. */
function saidIn(block: ReplyBlock): readonly string[] {
  switch (block.type) {
    case 'tool_use':
      return cutJson(jsonOf(block));
    case 'block':
      return [JSON.stringify(block.block)];
    default:
      return block.deltas;
  }
}

function jsonOf(block: ReplyBlock & { type: 'tool_use' }): string {
  return typeof block.input === 'string' ? block.input : JSON.stringify(block.input);
}

/** The deltas that fit into what is left of the budget; the last one is cut between characters. */
function withinBudget(
  deltas: readonly string[],
  budget: { bytes: number; spent: number; exceeded: boolean },
): readonly string[] {
  const all = Buffer.byteLength(deltas.join(''));
  if (budget.spent + all <= budget.bytes) {
    budget.spent += all;
    return deltas;
  }
  for (const [index, delta] of deltas.entries()) {
    const bytes = Buffer.byteLength(delta);
    if (budget.spent + bytes > budget.bytes) {
      const rest = firstBytes(delta, budget.bytes - budget.spent);
      budget.spent = budget.bytes;
      budget.exceeded = true;
      return [...deltas.slice(0, index), ...(rest === '' ? [] : [rest])];
    }
    budget.spent += bytes;
  }
  return deltas;
}

function firstBytes(text: string, bytes: number): string {
  let kept = '';
  let spent = 0;
  for (const character of text) {
    spent += Buffer.byteLength(character);
    if (spent > bytes) break;
    kept += character;
  }
  return kept;
}

function thinks({ request, model }: CheckedRequest): boolean {
  return request.thinking === undefined ? model.thinksByDefault : request.thinking.type !== 'disabled';
}

function displays({ request, model }: CheckedRequest): boolean {
  return (request.thinking?.display ?? model.display) !== 'omitted';
}

function sign(thinking: string, { sent, model }: CheckedRequest): string {
  return signThinking(thinking, { model: model.id, prefix: sent.digestUpTo(sent.chains.messages.length) });
}
