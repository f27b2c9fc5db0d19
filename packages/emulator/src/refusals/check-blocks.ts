import { isRecord } from '../request/messages-request.ts';
import { checkBlockTypes } from './check-block-types.ts';
import { checkExtra, type ApiVersion } from './check-fields.ts';
import { checkSource, type FileLookup, type ImageTally } from './check-source.ts';
import { isToolName } from './check-tools.ts';
import { refuse } from './refusal.ts';

type Role = 'user' | 'assistant' | 'system';
type Where = {
  role: Role;
  place: string;
  version: ApiVersion;
  images: ImageTally;
  files?: FileLookup | undefined;
  /** Besides the API's own. */
  sentTypes?: ReadonlySet<string> | undefined;
};

/** Fields of the block types that people and models write; those of the API's own tools pass unchecked. */
const FIELDS: Record<string, readonly string[]> = {
  text: ['type', 'text', 'citations', 'cache_control'],
  image: ['type', 'source', 'transformations', 'cache_control'],
  document: ['type', 'source', 'title', 'context', 'citations', 'cache_control'],
  search_result: ['type', 'source', 'title', 'content', 'citations', 'cache_control'],
  tool_reference: ['type', 'tool_name', 'cache_control'],
  tool_use: ['type', 'id', 'name', 'input', 'caller', 'toolset_name', 'cache_control'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
};
const USER = ['text', 'image', 'document', 'search_result', 'tool_result', 'container_upload'];
const ASSISTANT = [
  'text',
  'tool_use',
  'thinking',
  'redacted_thinking',
  'server_tool_use',
  'container_upload',
  'compaction',
];
const IN_RESULT = ['text', 'image', 'document', 'search_result', 'tool_reference'];
const TOOL_USE_ID = /^[a-zA-Z0-9_-]+$/;

/** One block of a message's content. */
export function checkBlock(block: unknown, where: Where): void {
  const { place } = where;
  const type = typeOf(block, place);
  if (!isAllowed(type, where))
    refuse(`${place}.type: a '${type}' block is not allowed in a message of role ${where.role}`);
  checkInside(block, type, where);
}

function typeOf(block: unknown, place: string): string {
  if (!isRecord(block)) refuse(`${place}: Input should be an object`);
  return typeof block.type === 'string' ? block.type : refuse(`${place}.type: Field required`);
}

function isAllowed(type: string, { role, version, sentTypes }: Where): boolean {
  if (role === 'system') return type === 'text';
  if (role === 'user') return USER.includes(type);
  return (
    ASSISTANT.includes(type) ||
    (type.endsWith('_tool_result') && type !== 'tool_result') ||
    (type === 'document' && version === '2023-06-01') ||
    sentTypes?.has(type) === true
  );
}

function checkInside(block: unknown, type: string, where: Where): void {
  const { place } = where;
  if (!isRecord(block)) return;
  const fields = FIELDS[type];
  if (fields) checkExtra(block, fields, `${place}.${type}`);
  checkBlockTypes(block, type, place);
  switch (type) {
    case 'text':
      return checkText(block, where);
    case 'image':
    case 'document':
      checkSource(block, { ...where, kind: type, files: where.files });
      return checkContentOf(block.source, where);
    case 'tool_use':
      return checkToolUse(block, place);
    case 'tool_result':
      return checkToolResult(block, where);
    case 'thinking':
      if (typeof block.thinking !== 'string') refuse(`${place}.thinking.thinking: Field required`);
      if (typeof block.signature !== 'string') refuse(`${place}.thinking.signature: Field required`);
      return;
    case 'redacted_thinking':
      if (typeof block.data !== 'string' || block.data === '')
        refuse(`${place}.redacted_thinking.data: Field required`);
      return;
    default:
      return;
  }
}

/** A document may consist of texts and images. */
function checkContentOf(source: unknown, where: Where): void {
  if (!isRecord(source) || !Array.isArray(source.content)) return;
  for (const [index, part] of source.content.entries()) {
    const place = `${where.place}.document.source.content.${index}`;
    const type = typeOf(part, place);
    if (type !== 'text' && type !== 'image') refuse(`${place}.type: a '${type}' block is not allowed in a document`);
    checkInside(part, type, { ...where, place });
  }
}

function checkText(block: Record<string, unknown>, { role, place, version }: Where): void {
  if (typeof block.text !== 'string') refuse(`${place}.text.text: Field required`);
  if (block.text === '') {
    if (block.cache_control) refuse(`${place}.text: cache_control cannot be set for empty text blocks`);
    refuse(`${place}.text: text content blocks must be non-empty`);
  }
  if (block.text.trim() === '') refuse(`${place}.text: text content blocks must contain non-whitespace text`);
  if (role === 'user' && version === '2026-10-21' && Array.isArray(block.citations) && block.citations.length > 0) {
    refuse(`${place}.text.citations: not permitted in a user message`);
  }
}

function checkToolUse(block: Record<string, unknown>, place: string): void {
  if (typeof block.id !== 'string' || !TOOL_USE_ID.test(block.id))
    refuse(`${place}.tool_use.id: String should match pattern '${TOOL_USE_ID.source}'`);
  if (!isToolName(block.name)) refuse(`${place}.tool_use.name: not a valid tool name`);
  if (!isRecord(block.input)) refuse(`${place}.tool_use.input: Input should be an object`);
}

function checkToolResult(block: Record<string, unknown>, where: Where): void {
  const { place } = where;
  if (typeof block.tool_use_id !== 'string') refuse(`${place}.tool_result.tool_use_id: Field required`);
  if (block.is_error !== undefined && block.is_error !== null && typeof block.is_error !== 'boolean') {
    refuse(`${place}.tool_result.is_error: Input should be a valid boolean`);
  }
  const { content } = block;
  if (content === undefined || typeof content === 'string') return;
  if (!Array.isArray(content)) refuse(`${place}.tool_result.content: Input should be a string or a list of blocks`);
  for (const [index, part] of content.entries()) {
    const inner = `${place}.tool_result.content.${index}`;
    const type = typeOf(part, inner);
    if (!IN_RESULT.includes(type)) refuse(`${inner}.type: a '${type}' block is not allowed in a tool_result`);
    if (block.is_error === true && type !== 'text')
      refuse(`${place}.tool_result: all content must be type "text" if is_error is true`);
    checkInside(part, type, { ...where, place: inner });
  }
}
