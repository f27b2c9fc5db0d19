import { checkExtra } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';
import { blocksOf, isRecord, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import { isCompaction, isSigned, sealMismatch } from './compaction-block.ts';

/**
 * Compaction blocks that are sent back, and the request for one. Returns where the newest one stands that cuts off what was
 * before it; a signed one stands first, so that there is nothing.
 */
export function checkCompaction(request: MessagesRequest): { at: number; index: number } | undefined {
  const found = compactionsIn(request);
  const signed = found.filter(({ block }) => isSigned(block));
  if (signed.length > 1)
    refused('compaction_block_ambiguous', 'there can be one compaction block only: send the last one');
  for (const { block, at, index } of found) checkBlock(block, { at, index });
  if (request.compaction !== undefined && request.compaction !== null) checkCompactionRequest(request);
  const last = found.findLast(({ block }) => !isSigned(block));
  return last && { at: last.at, index: last.index };
}

type Found = { block: RequestBlock & { content: string }; at: number; index: number };

function compactionsIn({ messages }: MessagesRequest): Found[] {
  const found: Found[] = [];
  for (const [at, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    for (let index = 0; index < content.length; index += 1) {
      const block = content[index];
      if (block?.type !== 'compaction') continue;
      if (block.content === '') refuse(`messages.${at}.content.${index}.compaction.content: must not be empty`);
      if (isCompaction(block)) found.push({ block, at, index });
    }
  }
  return found;
}

function checkBlock(block: Found['block'], { at, index }: { at: number; index: number }): void {
  const place = `messages.${at}.content.${index}`;
  const mismatch = sealMismatch(block);
  if (!isSigned(block)) {
    if (mismatch !== undefined) refuse(`${place}: Invalid \`encrypted_content\` in \`compaction\` block`);
    return;
  }
  if (at > 0 || index > 0)
    refused('compaction_block_misplaced', `${place}: the compaction block must be the first block of the conversation`);
  if (mismatch === 'signature')
    refused('compaction_signature_invalid', `${place}: Invalid \`signature\` in \`compaction\` block`);
  if (mismatch === 'content')
    refused('compaction_content_mismatch', `${place}: the content is not what the \`signature\` was made for`);
  const changes = block.tool_changes;
  if (changes !== undefined && changes !== null && (!Array.isArray(changes) || changes.length > 0))
    refused('compaction_tool_changes_mismatch', `${place}: \`tool_changes\` must be sent back as they were returned`);
}

function checkCompactionRequest({ compaction, messages }: MessagesRequest): void {
  if (!isRecord(compaction)) refuse('compaction: Input should be an object');
  checkExtra(compaction, ['type', 'instructions'], 'compaction');
  if (compaction.type !== 'summarize') refuse("compaction.type: Input should be 'summarize'");
  const rest = messages.flatMap(({ role, content }) =>
    role === 'system' ? [] : blocksOf(content).filter((block) => !isCompaction(block)),
  );
  if (rest.length === 0) refused('compaction_nothing_to_summarize', 'messages: there is nothing to sum up');
  const last = messages.at(-1);
  if (last?.role === 'assistant' && blocksOf(last.content).some(({ type }) => type === 'tool_use'))
    refused('compaction_incomplete_turn', 'messages: the last turn is not finished');
}

function refused(error_code: string, message: string): never {
  refuse(message, { details: { error_code } });
}
