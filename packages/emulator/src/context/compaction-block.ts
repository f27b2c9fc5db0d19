import { isRecord, type RequestBlock } from '../request/messages-request.ts';
import { sealOf } from '../request/seal.ts';

/**
 * The block of `compact_20260112`: wherever it stands, what was before it is no longer shown.
 * @param summary undefined for a compaction that failed.
 */
export function compactionBlock(summary: string | undefined): RequestBlock {
  const encrypted_content = summary === undefined ? null : sealOf('compaction', summary);
  return { type: 'compaction', content: summary ?? null, encrypted_content };
}

/** The block of a `compaction` request: it is sent back first, in place of the messages that it sums up. */
export function signedCompactionBlock(summary: string | undefined): RequestBlock {
  const signature = summary === undefined ? null : signatureOf(summary);
  return { type: 'compaction', content: summary ?? null, encrypted_content: null, signature, tool_changes: [] };
}

/** A compaction that sums something up; a failed one has no content, and no effect. */
export function isCompaction(block: unknown): block is RequestBlock & { content: string } {
  return isRecord(block) && block.type === 'compaction' && typeof block.content === 'string';
}

export function isSigned(block: RequestBlock): boolean {
  return typeof block.signature === 'string';
}

/** What is wrong with the seal of a block that was sent back. */
export function sealMismatch(block: RequestBlock & { content: string }): 'signature' | 'content' | undefined {
  if (!isSigned(block)) return block.encrypted_content === sealOf('compaction', block.content) ? undefined : 'content';
  const [digest = '', mac] = String(block.signature).split('.');
  if (mac !== sealOf('compaction', 'signature', digest)) return 'signature';
  return digest === sealOf('compaction', 'signed', block.content) ? undefined : 'content';
}

/** The signature tells apart a text that was changed and a signature that was never given. */
function signatureOf(summary: string): string {
  const digest = sealOf('compaction', 'signed', summary);
  return `${digest}.${sealOf('compaction', 'signature', digest)}`;
}

/** Whether a conversation begins with a signed summary of one before it. */
export function beginsWithSummary(messages: readonly { content: unknown }[]): boolean {
  const content: unknown = messages[0]?.content;
  const [first]: readonly unknown[] = Array.isArray(content) ? content : [];
  return isCompaction(first) && isSigned(first);
}
