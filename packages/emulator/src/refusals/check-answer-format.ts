import type { Prompt } from '../prompt/prompt.ts';
import { formatOf } from '../replies/answer-format.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { refuse } from './refusal.ts';

const PLACE = 'output_config.format.schema';

/** A schema that answers are to fit: closed objects only, and no citations beside it, for which JSON has no place. */
export function checkAnswerFormat(request: MessagesRequest, prompt: Prompt): void {
  const schema = formatOf(request);
  if (schema === undefined) return;
  if (prompt.has.citations) refuse('output_config.format: cannot be used when citations are enabled');
  checkClosed(schema, PLACE, new Set());
}

function checkClosed(value: unknown, place: string, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isRecord(value) && value.type === 'object' && value.additionalProperties !== false)
    refuse(`${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  for (const [key, inner] of Object.entries(value)) {
    // What properties are called, and what values are allowed, are no schemas.
    if (key === 'enum' || key === 'const' || key === 'default' || key === 'required') continue;
    if (key === 'properties' || key === '$defs' || key === 'definitions') {
      for (const [name, schema] of Object.entries(isRecord(inner) ? inner : {}))
        checkClosed(schema, `${place}.${key}.${name}`, seen);
    } else {
      checkClosed(inner, `${place}.${key}`, seen);
    }
  }
}
