import { blocksOf, type MessagesRequest, type RequestBlock } from './messages-request.ts';

export const BYTES_PER_TOKEN = 4;

/** Tokens by the emulator's rule: UTF-8 bytes divided by four, rounded up. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** Input tokens of a request: all of its tools, system text and messages; cache markers do not count. */
export function countInputTokens(request: Pick<MessagesRequest, 'messages' | 'system' | 'tools'>): number {
  let bytes = 0;
  for (const tool of request.tools ?? []) bytes += bytesOf(tool);
  for (const block of blocksOf(request.system ?? [])) bytes += bytesOfBlock(block);
  for (const message of request.messages) for (const block of blocksOf(message.content)) bytes += bytesOfBlock(block);
  return tokensOfBytes(bytes);
}

function bytesOfBlock(block: RequestBlock): number {
  return block.type === 'text' && typeof block.text === 'string' ? Buffer.byteLength(block.text) : bytesOf(block);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(
    JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner)),
  );
}
