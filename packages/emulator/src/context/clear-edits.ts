import { Prompt, type PromptEdits } from '../prompt/prompt.ts';
import { blocksOf, isRecord, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import type { ContextEdit } from './check-context-management.ts';

/** What an edit did, as `context_management.applied_edits` tells. */
export type AppliedEdit = { type: string; cleared_input_tokens: number; [count: string]: unknown };

const CLEARED = '[cleared by context management]';
const DEFAULT_TRIGGER = { type: 'input_tokens', value: 100_000 };
const DEFAULT_KEPT_USES = 3;
const DEFAULT_KEPT_TURNS = 1;

type Step = { edits: PromptEdits; counts: Record<string, number> };

/** Applies the edits that clear, one after another, to what the model is to see. */
export function applyClearEdits(
  request: MessagesRequest,
  edits: readonly ContextEdit[],
  start: { prompt: Prompt; edits: PromptEdits },
): { prompt: Prompt; applied: readonly AppliedEdit[] } {
  let { prompt, edits: made } = start;
  const applied: AppliedEdit[] = [];
  for (const edit of edits) {
    const step = stepOf(request, edit, prompt, made);
    if (step === undefined) continue;
    const next = new Prompt(request, step.edits);
    const cleared = prompt.tokens - next.tokens;
    if (cleared < valueOf(edit.clear_at_least, 0)) continue;
    applied.push({ type: edit.type, ...step.counts, cleared_input_tokens: cleared });
    prompt = next;
    made = step.edits;
  }
  return { prompt, applied };
}

function stepOf(request: MessagesRequest, edit: ContextEdit, prompt: Prompt, made: PromptEdits): Step | undefined {
  switch (edit.type) {
    case 'clear_thinking_20251015':
      return clearThinking(request, edit, made);
    case 'clear_tool_uses_20250919':
      return clearToolUses(request, edit, prompt, made);
    default:
      return undefined;
  }
}

/** All but the newest turns lose their thinking. */
function clearThinking(request: MessagesRequest, { keep }: ContextEdit, made: PromptEdits): Step | undefined {
  if (keep === 'all' || (isRecord(keep) && keep.type === 'all')) return undefined;
  const turns = [...request.messages.entries()].flatMap(([at, { content }]) => {
    const places = [...blocksOf(content).entries()].filter(
      ([, { type }]) => type === 'thinking' || type === 'redacted_thinking',
    );
    return places.length === 0 ? [] : [places.map(([index]) => `${at}.${index}`)];
  });
  const old = turns.slice(0, Math.max(0, turns.length - valueOf(keep, DEFAULT_KEPT_TURNS)));
  if (old.length === 0) return undefined;
  return {
    edits: { ...made, leftOut: new Set([...made.leftOut, ...old.flat()]) },
    counts: { cleared_thinking_turns: old.length },
  };
}

type Use = { name: string; call: string; callBlock: RequestBlock; result: string; resultBlock: RequestBlock };

/** All but the newest results of tools make room, once the prompt has grown beyond the trigger. */
function clearToolUses(
  request: MessagesRequest,
  edit: ContextEdit,
  prompt: Prompt,
  made: PromptEdits,
): Step | undefined {
  const uses = toolUsesIn(request);
  const trigger = isRecord(edit.trigger) ? edit.trigger : DEFAULT_TRIGGER;
  if ((trigger.type === 'tool_uses' ? uses.length : prompt.tokens) <= Number(trigger.value)) return undefined;
  const excluded: readonly unknown[] = Array.isArray(edit.exclude_tools) ? edit.exclude_tools : [];
  const old = uses
    .slice(0, Math.max(0, uses.length - valueOf(edit.keep, DEFAULT_KEPT_USES)))
    .filter(({ name, result }) => !excluded.includes(name) && !made.leftOut.has(result));
  if (old.length === 0) return undefined;
  const replaced = new Map(made.replaced);
  for (const { name, call, callBlock, result, resultBlock } of old) {
    replaced.set(result, { ...resultBlock, content: CLEARED });
    if (clearsInputs(edit, name)) replaced.set(call, { ...callBlock, input: {} });
  }
  return { edits: { ...made, replaced }, counts: { cleared_tool_uses: old.length } };
}

function clearsInputs({ clear_tool_inputs: which }: ContextEdit, name: string): boolean {
  return which === true || (Array.isArray(which) && which.includes(name));
}

/** The calls that have a result, in order. */
function toolUsesIn({ messages }: MessagesRequest): Use[] {
  const calls = new Map<string, Pick<Use, 'name' | 'call' | 'callBlock'>>();
  const uses: Use[] = [];
  for (const [at, { content }] of messages.entries()) {
    for (const [index, block] of blocksOf(content).entries()) {
      const place = `${at}.${index}`;
      if (block.type === 'tool_use')
        calls.set(String(block.id), { name: String(block.name), call: place, callBlock: block });
      const call = block.type === 'tool_result' ? calls.get(String(block.tool_use_id)) : undefined;
      if (call !== undefined) uses.push({ ...call, result: place, resultBlock: block });
    }
  }
  return uses;
}

function valueOf(measure: unknown, otherwise: number): number {
  return isRecord(measure) && typeof measure.value === 'number' ? measure.value : otherwise;
}
