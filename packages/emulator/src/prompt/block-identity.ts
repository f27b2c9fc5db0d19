import { isRecord, type RequestBlock } from '../request/messages-request.ts';

/**
 * Two blocks read the same exactly when these texts are equal. Cache markers, null fields and the order of fields do not
 * count; everything else does, the order of keys inside a tool's input and schema included.
 */
export function identityOf(role: string, block: RequestBlock): string {
  // The blocks that long conversations consist of are put together by hand, which is several times faster.
  const { type, text, tool_use_id: id, content, is_error: isError } = block;
  if (type === 'text' && hasOnly(block, TEXT)) return `${role} text ${String(text)}`;
  if (type === 'tool_result' && typeof content === 'string' && hasOnly(block, RESULT)) {
    return `${role} tool_result ${isError === true ? 'error' : 'ok'} ${String(id)} ${content}`;
  }
  if (type === 'tool_use' && hasOnly(block, CALL)) {
    return `${role} tool_use ${String(block.id)} ${String(block.name)} ${JSON.stringify(block.input)}`;
  }
  return `${role} ${canonical(block)}`;
}

const TEXT = new Set(['type', 'text', 'cache_control']);
const RESULT = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control']);
const CALL = new Set(['type', 'id', 'name', 'input', 'cache_control']);

function hasOnly(block: RequestBlock, fields: ReadonlySet<string>): boolean {
  for (const key in block) if (!fields.has(key) && block[key] !== null && block[key] !== undefined) return false;
  return true;
}

/** JSON with the fields of objects sorted, null fields and cache markers left out; inputs and schemas as they stand. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.keys(value)
    .filter((key) => key !== 'cache_control' && value[key] !== null && value[key] !== undefined)
    .toSorted()
    .map(
      (key) => `${JSON.stringify(key)}:${KEEPS_ORDER.has(key) ? JSON.stringify(value[key]) : canonical(value[key])}`,
    );
  return `{${fields.join()}}`;
}

const KEEPS_ORDER = new Set(['input', 'input_schema']);
