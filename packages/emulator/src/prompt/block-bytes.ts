import { isRecord, type RequestBlock } from '../request/messages-request.ts';

export const BYTES_PER_TOKEN = 4;
/** What an image weighs, and so does each 100 KB of a PDF that has begun: 1,500 tokens, as the API's do about. */
const PICTURE_BYTES = 1500 * BYTES_PER_TOKEN;
const PDF_CHARS_PER_PICTURE = 100 * 1024;

/** Tokens by the emulator's rule: UTF-8 bytes divided by four, rounded up. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * Bytes of a block as the model reads it: the text of a text block, name and input of a call, content of a result, a fixed
 * weight for pictures, and the JSON of anything else. Ids, signatures and cache markers weigh nothing.
 */
export function bytesOfBlock(block: RequestBlock): number {
  switch (block.type) {
    case 'text':
      return byteLengthOf(block.text);
    case 'thinking':
      return byteLengthOf(block.thinking);
    case 'tool_use':
    case 'server_tool_use':
      return byteLengthOf(block.name) + bytesOfJson(block.input);
    case 'tool_result':
      return bytesOfContent(block.content);
    case 'compaction':
      return byteLengthOf(block.content);
    case 'image':
      return PICTURE_BYTES;
    case 'document':
      return bytesOfDocument(block);
    default:
      return block.type.endsWith('_tool_result') ? bytesOfContent(block.content) : bytesOfJson(block);
  }
}

/** Bytes of a value's JSON, cache markers left out. */
export function bytesOfJson(value: unknown): number {
  const json = JSON.stringify(value);
  if (json === undefined) return 0;
  return Buffer.byteLength(json.includes('"cache_control"') ? JSON.stringify(value, withoutMarkers) : json);
}

function bytesOfContent(content: unknown): number {
  if (typeof content === 'string') return Buffer.byteLength(content);
  if (!Array.isArray(content)) return content === undefined ? 0 : bytesOfJson(content);
  let bytes = 0;
  for (const part of content) bytes += isBlock(part) ? bytesOfBlock(part) : bytesOfJson(part);
  return bytes;
}

function bytesOfDocument(block: RequestBlock): number {
  const source = isRecord(block.source) ? block.source : {};
  const about = byteLengthOf(block.title) + byteLengthOf(block.context);
  switch (source.type) {
    case 'text':
      return about + byteLengthOf(source.data);
    case 'content':
      return about + bytesOfContent(source.content);
    case 'base64':
      return about + PICTURE_BYTES * Math.ceil(String(source.data).length / PDF_CHARS_PER_PICTURE);
    default:
      return about + PICTURE_BYTES;
  }
}

function byteLengthOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}

function isBlock(value: unknown): value is RequestBlock {
  return isRecord(value) && typeof value.type === 'string';
}

function withoutMarkers(key: string, value: unknown): unknown {
  return key === 'cache_control' ? undefined : value;
}
