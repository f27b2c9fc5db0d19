import { checkExtra } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';

const CLEAR_BETA = 'context-management-2025-06-27';
const COMPACT_BETA = 'compact-2026-01-12';
const MIN_COMPACTION_TOKENS = 50_000;

/** Which fields an edit takes, and the beta that brings it. */
const EDITS: Readonly<Record<string, { beta: string; fields: readonly string[] }>> = {
  clear_thinking_20251015: { beta: CLEAR_BETA, fields: ['type', 'keep'] },
  clear_tool_uses_20250919: {
    beta: CLEAR_BETA,
    fields: ['type', 'trigger', 'keep', 'clear_at_least', 'clear_tool_inputs', 'exclude_tools'],
  },
  compact_20260112: { beta: COMPACT_BETA, fields: ['type', 'trigger', 'instructions', 'pause_after_compaction'] },
};

/** An edit of the context that has passed the check. */
export type ContextEdit = { type: string; [field: string]: unknown };

/** The edits of `context_management`. @throws Refusal when one is not as the API takes it. */
export function checkContextManagement(request: MessagesRequest, betas: readonly string[]): readonly ContextEdit[] {
  const management = request.context_management;
  if (management === undefined || management === null) return [];
  if (!isRecord(management)) refuse('context_management: Input should be an object');
  checkExtra(management, ['edits'], 'context_management');
  const edits: unknown = management.edits ?? [];
  if (!Array.isArray(edits)) refuse('context_management.edits: Input should be a list');
  if (request.compaction !== undefined && request.compaction !== null)
    refuse('compaction: cannot be combined with context_management');
  return edits.map((edit: unknown, index) => checkEdit(edit, index, { betas, edits }));
}

function checkEdit(
  edit: unknown,
  index: number,
  o: { betas: readonly string[]; edits: readonly unknown[] },
): ContextEdit {
  const place = `context_management.edits.${index}`;
  if (!isRecord(edit)) refuse(`${place}: Input should be an object`);
  const { type } = edit;
  const known = typeof type === 'string' && Object.hasOwn(EDITS, type) ? EDITS[type] : undefined;
  if (typeof type !== 'string' || known === undefined || !o.betas.includes(known.beta))
    refuse(`${place}.type: Input should be one of ${namesFor(o.betas)}`);
  checkExtra(edit, known.fields, place);
  if (o.edits.findIndex((other) => isRecord(other) && other.type === type) !== index)
    refuse(`${place}: there can be one edit of type ${type} only`);
  if (type === 'clear_thinking_20251015' && index > 0)
    refuse(`${place}: clear_thinking_20251015 must be the first edit`);
  checkMeasure(
    edit.trigger,
    `${place}.trigger`,
    type === 'compact_20260112' ? ['input_tokens'] : ['input_tokens', 'tool_uses'],
  );
  checkMeasure(edit.clear_at_least, `${place}.clear_at_least`, ['input_tokens']);
  if (edit.keep !== 'all')
    checkMeasure(
      edit.keep,
      `${place}.keep`,
      type === 'clear_thinking_20251015' ? ['thinking_turns', 'all'] : ['tool_uses'],
    );
  if (type === 'compact_20260112' && isRecord(edit.trigger) && Number(edit.trigger.value) < MIN_COMPACTION_TOKENS)
    refuse(`${place}.trigger.value: Input should be greater than or equal to ${MIN_COMPACTION_TOKENS}`);
  return { ...edit, type };
}

function namesFor(betas: readonly string[]): string {
  const names = Object.keys(EDITS).filter((name) => betas.includes(EDITS[name]?.beta ?? ''));
  return names.join(', ');
}

/** Such as `{ type: 'input_tokens', value: 30000 }`. */
function checkMeasure(measure: unknown, place: string, types: readonly string[]): void {
  if (measure === undefined || measure === null) return;
  if (!isRecord(measure) || typeof measure.type !== 'string' || !types.includes(measure.type))
    refuse(`${place}.type: Input should be one of ${types.join(', ')}`);
  if (measure.type === 'all') return;
  if (!Number.isInteger(measure.value) || Number(measure.value) < 0)
    refuse(`${place}.value: Input should be a whole number`);
}
