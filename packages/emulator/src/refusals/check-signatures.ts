import type { Model } from '../models/model-table.ts';
import { blocksOf, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import { PrefixDigest, readSignature } from '../request/thinking-signature.ts';
import { refuse } from './refusal.ts';

/**
 * Replayed thinking: a signature must be one of ours, for that very text. On models with preserved thinking the
 * conversation before it must also be what it was. A block that another model made is not read, as with the API.
 */
export function checkSignatures(request: MessagesRequest, model: Model): void {
  if (!request.messages.some((message) => blocksOf(message.content).some(isThinking))) return;
  const prefix = new PrefixDigest(request);
  for (const [at, message] of request.messages.entries()) {
    for (const [index, block] of blocksOf(message.content).entries()) {
      if (!isThinking(block)) continue;
      const place = `messages.${at}.content.${index}`;
      const signed = readSignature(String(block.thinking), String(block.signature));
      if (signed === undefined) refuse(`${place}: Invalid \`signature\` in \`thinking\` block`);
      if (model.preservesThinking && signed.model === model.id && signed.prefix !== prefix.digest()) {
        refuse(
          `${place}: this \`thinking\` block does not fit the conversation before it: system, tools and earlier messages must be ` +
            'sent back unchanged, or the thinking blocks left out',
        );
      }
    }
    prefix.add(message);
  }
}

function isThinking(block: RequestBlock): boolean {
  return block.type === 'thinking';
}
