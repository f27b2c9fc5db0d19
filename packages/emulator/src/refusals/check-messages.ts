import { isRecord } from '../request/messages-request.ts';
import { beginsWithSummary } from '../context/compaction-block.ts';
import type { Model } from '../models/model-table.ts';
import { checkBlock } from './check-blocks.ts';
import { checkExtra, type CheckedApi } from './check-fields.ts';
import { ImageTally } from './check-source.ts';
import { checkSystemFields, isEffortOnly } from './check-system-fields.ts';
import { refuse } from './refusal.ts';

type Rules = { api: CheckedApi; model: Model; images: ImageTally };

/** The messages one by one, and the order of their roles. */
export function checkMessages(messages: unknown, { api, model }: { api: CheckedApi; model: Model }): void {
  if (!Array.isArray(messages)) refuse('messages: Field required');
  const rules = { api, model, images: new ImageTally(model.maxInputTokens) };
  let before: { role: unknown; content: unknown } | undefined;
  for (const [index, message] of messages.entries()) {
    const place = `messages.${index}`;
    if (!isRecord(message)) refuse(`${place}: Input should be an object`);
    const { role, content } = message;
    if (role === 'system') checkSystemFields(message, { place, betas: rules.api.betas });
    else checkExtra(message, ['role', 'content'], place);
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      refuse(`${place}.role: Input should be 'user', 'assistant' or 'system'`);
    if (index === 0 && role !== 'user' && !(role === 'assistant' && beginsWithSummary([{ content }])))
      refuse('messages: first message must use the "user" role');
    const last = index === messages.length - 1;
    if (role !== 'system' || !isEffortOnly(message)) checkContent(content, { role, place, last, rules });
    if (role === 'system') checkSystemPlace(place, { before, next: messages[index + 1], rules });
    before = { role, content };
  }
}

function checkContent(
  content: unknown,
  o: { role: 'user' | 'assistant' | 'system'; place: string; last: boolean; rules: Rules },
): void {
  const { role, place, last, rules } = o;
  if (typeof content === 'string') {
    if (content.trim() === '') refuse(`${place}: ${role} messages must have non-empty content`);
    return;
  }
  if (!Array.isArray(content)) refuse(`${place}.content: Input should be a string or a list of blocks`);
  if (content.length === 0 && !(role === 'assistant' && last)) {
    refuse(`${place}: all messages must have non-empty content except for the optional final assistant message`);
  }
  const { images, api } = rules;
  for (const [index, block] of content.entries())
    checkBlock(block, { ...api, role, place: `${place}.content.${index}`, images });
}

/** A system message follows a user message, or an answer that waits for the API's own tools, and is last or answered. */
function checkSystemPlace(
  place: string,
  o: { before: { role: unknown; content: unknown } | undefined; next: unknown; rules: Rules },
): void {
  if (!o.rules.model.systemMessages) refuse(`${place}.role: ${o.rules.model.id} does not support 'system' messages`);
  const follows = o.before?.role === 'user' || (o.before?.role === 'assistant' && endsInServerTool(o.before.content));
  if (!follows) refuse(`${place}: a system message must follow a user message`);
  if (isRecord(o.next) && o.next.role !== 'assistant')
    refuse(`${place}: a system message must be last or followed by an assistant message`);
}

function endsInServerTool(content: unknown): boolean {
  const end: unknown = Array.isArray(content) ? content.at(-1) : undefined;
  if (!isRecord(end) || typeof end.type !== 'string') return false;
  return end.type === 'server_tool_use' || (end.type.endsWith('_tool_result') && end.type !== 'tool_result');
}
