import { isRecord } from '../helpers/is-record.ts';
import type { Json } from '../log/entries.ts';
import type { ToolOutcome } from '../tools/tool.ts';

/** Image types that the Messages API takes. */
const IMAGE_TYPES: ReadonlySet<unknown> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The Model Context Protocol's result of a tool call as blocks of a tool_result. Blocks without text are left out, because the
 * API refuses them; what it has no block for is told as text.
 * @throws Error for what is no such result.
 */
export function toToolOutcome(result: unknown): ToolOutcome {
  if (!isRecord(result)) throw new Error('The tool gave no result: its handler must return { content: […] }');
  const { content = [], isError, structuredContent } = result;
  if (!Array.isArray(content)) throw new Error('The tool gave a result whose `content` is no array');
  const blocks = content.flatMap(toBlocks);
  return {
    content: blocks.length === 0 ? emptyContent(structuredContent) : isError === true ? plainly(blocks) : blocks,
    isError: isError === true,
    ...(structuredContent === undefined ? {} : { structured: structuredContent }),
  };
}

/** What went wrong is told as text where it is text, as by every other tool. */
function plainly(blocks: Json[]): string | Json[] {
  const texts = blocks.map((block) =>
    isRecord(block) && typeof block['text'] === 'string' ? block['text'] : undefined,
  );
  return texts.includes(undefined) ? blocks : texts.join('\n');
}

function toBlocks(item: unknown): Json[] {
  if (!isRecord(item)) throw new Error('The tool gave a result with content that is no object');
  switch (item['type']) {
    case 'text':
      return text(item['text']);
    case 'image':
      return image(item['data'], item['mimeType']);
    case 'resource':
      return resource(item['resource']);
    default:
      return text(JSON.stringify(item));
  }
}

function text(value: unknown): Json[] {
  if (typeof value !== 'string') throw new Error('The tool gave a result with text that is no string');
  return value.trim() === '' ? [] : [{ type: 'text', text: value }];
}

function image(data: unknown, mimeType: unknown): Json[] {
  if (typeof data !== 'string' || data === '') throw new Error('The tool gave a result with an image without data');
  // The API takes no image that is none, and then nothing else of the request either.
  if (!BASE64.test(data)) throw new Error('The tool gave a result with an image whose data is not base64');
  if (!IMAGE_TYPES.has(mimeType)) return text(`[An image of type ${String(mimeType)}, which cannot be shown]`);
  return [{ type: 'image', source: { type: 'base64', media_type: mimeType, data } }];
}

function resource(value: unknown): Json[] {
  const { uri, mimeType, text: content } = isRecord(value) ? value : {};
  if (typeof content === 'string') return text(`[${String(uri)}]\n${content}`);
  return text(`[Resource ${String(uri)}${typeof mimeType === 'string' ? ` of type ${mimeType}` : ''}, without text]`);
}

function emptyContent(structured: unknown): string {
  return structured === undefined ? '[The tool succeeded and returned nothing.]' : JSON.stringify(structured);
}
