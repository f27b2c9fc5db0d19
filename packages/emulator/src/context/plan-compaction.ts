import { bytesOfBlock, tokensOfBytes } from '../prompt/block-bytes.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import type { MessagesRequest } from '../request/messages-request.ts';
import { turnSoFar } from '../request/turn-so-far.ts';
import { SIMULATED, shorten } from '../replies/sum-up-calls.ts';
import type { MessageReply, RawBlock } from '../replies/reply.ts';
import { compactionBlock, signedCompactionBlock } from './compaction-block.ts';

/** What the request wants to be summed up, and what follows. */
export type Compaction =
  /** Nothing but the block, for a request with `compaction`. */
  | { type: 'requested' }
  /** The prompt has outgrown the trigger of `compact_20260112`. */
  | { type: 'triggered'; pauses: boolean };

const MAX_TOLD_CHARS = 200;

export const NOTHING: MessageReply = { type: 'message', blocks: [] };

/** Whether the answer is a summary and nothing else yet, so that no reply is needed. */
export function pausesFirst({ compaction }: CheckedRequest): boolean {
  return compaction?.type === 'triggered' && compaction.pauses;
}

/** The reply with its compaction block: alone where the answer is or stops there, else before what is said. */
export function withCompaction(reply: MessageReply, { compaction, request }: CheckedRequest): MessageReply {
  switch (compaction?.type) {
    case undefined:
      return reply;
    case 'requested': {
      const said = reply.blocks.map((block) => (block.type === 'text' ? block.deltas.join('') : '')).join('');
      const block = signedCompactionBlock(said.trim() === '' ? undefined : said);
      return { ...reply, blocks: [toRaw(block, 'output')], stopReason: 'compaction' };
    }
    case 'triggered': {
      const block = toRaw(compactionBlock(summaryOf(request)), 'nothing');
      return compaction.pauses
        ? { type: 'message', blocks: [block], stopReason: 'compaction' }
        : { ...reply, blocks: [block, ...reply.blocks] };
    }
    default:
      return compaction satisfies never;
  }
}

/** What a simulated model remembers of a conversation: how long it was, and what it was about at first and at last. */
export function summaryOf(request: MessagesRequest): string {
  const { earlier, prompts } = turnSoFar(request.messages);
  const said = [...earlier, ...prompts];
  const told = [said[0], said.at(-1)].map((words) => JSON.stringify(shorten(words ?? '', MAX_TOLD_CHARS)));
  return `${SIMULATED} Summary of ${request.messages.length} messages. First the user said ${told[0]}, last ${told[1]}.`;
}

/** Tokens of the block's summary. */
export function summaryTokens(request: MessagesRequest): number {
  return tokensOfBytes(Buffer.byteLength(summaryOf(request)));
}

/** Input of the answer that goes on behind a compaction: tools and system prompt, and the summary. */
export function tokensAfterCompaction({ prompt, request }: CheckedRequest): number {
  const head = prompt.positions.findLast(({ level }) => level !== 'messages')?.bytesUpTo ?? 0;
  return tokensOfBytes(head + bytesOfBlock({ type: 'text', text: summaryOf(request) }));
}

function toRaw(block: ReturnType<typeof compactionBlock>, counts: 'output' | 'nothing'): RawBlock {
  const { content, encrypted_content, ...rest } = block;
  const start = { ...rest, content: null, encrypted_content: null };
  const deltas = [{ type: 'compaction_delta', content, encrypted_content }];
  return { type: 'block', block, start, deltas, counts };
}
