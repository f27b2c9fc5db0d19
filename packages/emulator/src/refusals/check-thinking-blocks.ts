import { findModel, type Model } from '../models/model-table.ts';
import { readsThinkingOf } from '../models/reads-thinking.ts';
import type { Prompt } from '../prompt/prompt.ts';
import { blocksOf, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import { readSignature, REDACTED, type SignedThinking } from '../request/thinking-signature.ts';
import { refuse } from './refusal.ts';

/** What the API did to a thinking block before the model saw it, as `input_transformations` tells. */
export type InputTransformation = {
  type: 'thinking_dropped' | 'thinking_mismatch_allowed';
  path: string;
  reason: 'model_binding_mismatch' | 'prefix_binding_mismatch';
};

/** What becomes of a block whose conversation has changed. */
export type MismatchBehavior = 'error' | 'drop_block' | 'allow';

export type CheckedThinking = {
  /** Blocks that the model does not see, each as `at.index`. */
  leftOut: ReadonlySet<string>;
  transformations: readonly InputTransformation[];
};

/**
 * Replayed thinking: a signature must be one of ours, for that very text. A block that the model cannot read is left out. On
 * models with preserved thinking the conversation before a block must be what it was when the block was made.
 * @see docs/internals/facts/messages-api.md, section 7
 */
export function checkThinkingBlocks(
  request: MessagesRequest,
  o: { model: Model; sent: Prompt; onMismatch: MismatchBehavior },
): CheckedThinking {
  const leftOut = new Set<string>();
  const transformations: InputTransformation[] = [];
  for (const [at, message] of request.messages.entries()) {
    if (message.role !== 'assistant' || typeof message.content === 'string') continue;
    // Neighbours of a block that is dropped for its conversation go with it.
    let isDropping = false;
    for (const [index, block] of blocksOf(message.content).entries()) {
      if (!isThinking(block)) {
        isDropping = false;
        continue;
      }
      const path = `messages.${at}.content.${index}`;
      const mismatch = findMismatch(block, { path, at, index, request, ...o });
      if (mismatch === 'prefix_binding_mismatch' && !isDropping && o.onMismatch === 'error') refuseMismatch(path);
      isDropping ||= mismatch === 'prefix_binding_mismatch' && o.onMismatch === 'drop_block';
      const isDropped = isDropping || mismatch === 'model_binding_mismatch';
      if (isDropped) leftOut.add(`${at}.${index}`);
      if (isDropped || mismatch !== undefined) {
        const type = isDropped ? 'thinking_dropped' : 'thinking_mismatch_allowed';
        transformations.push({ type, path, reason: mismatch ?? 'prefix_binding_mismatch' });
      }
    }
  }
  return { leftOut, transformations };
}

type Where = { path: string; at: number; index: number; request: MessagesRequest; model: Model; sent: Prompt };

function findMismatch(block: RequestBlock, where: Where): InputTransformation['reason'] | undefined {
  const { model, path } = where;
  const signed = signedBy(block);
  if (signed === undefined) {
    if (block.type === 'thinking') refuse(`${path}: Invalid \`signature\` in \`thinking\` block`);
    refuse(`${path}: Invalid \`data\` in \`redacted_thinking\` block`);
  }
  if (!readsThinkingOf(signed.model, model)) return 'model_binding_mismatch';
  const isBound = model.preservesThinking && findModel(signed.model)?.preservesThinking === true;
  return isBound && !followsItsConversation(signed, where) ? 'prefix_binding_mismatch' : undefined;
}

function signedBy(block: RequestBlock): SignedThinking | undefined {
  return block.type === 'thinking'
    ? readSignature(String(block.thinking), String(block.signature))
    : readSignature(REDACTED, String(block.data));
}

/** An answer that went on after a pause may stand in one message with what came before, so it may begin amid the message. */
function followsItsConversation(signed: SignedThinking, { at, index, request, sent }: Where): boolean {
  let first = at;
  while (request.messages[first - 1]?.role === 'assistant') first -= 1;
  const last = sent.countBefore(at) + index;
  for (let count = sent.countBefore(first); count <= last; count += 1)
    if (sent.digestUpTo(count) === signed.prefix) return true;
  return false;
}

function refuseMismatch(path: string): never {
  refuse(
    `${path}: this \`thinking\` block does not fit the conversation before it: system, tools and earlier messages must be ` +
      'sent back unchanged, or the thinking blocks left out',
  );
}

function isThinking({ type }: RequestBlock): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}
