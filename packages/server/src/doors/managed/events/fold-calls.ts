import { AGENT_TOOL_NAMES, type Entry, type Json, WORKER_TOOLS } from 'colloquy/internal';
import { toEventId } from './event-id.ts';
import type { ContentBlock, EventBody, EventUpsert } from './event-types.ts';
import { type EventsState, type OpenCall, processed } from './events-state.ts';
import { addUsage } from './session-usage.ts';
import { settle, tell, wait } from './tell-event.ts';

/** What the model is told of a denial that says nothing. */
export const PLAIN_DENIAL = 'The user did not allow this call.';

/** The built-in tools. Of the calls that run elsewhere, theirs are a worker's, all others a client's. */
const BUILT_IN_TOOLS: ReadonlySet<string> = new Set(AGENT_TOOL_NAMES);

/** A call that the model has made; it is told once it is known what becomes of it. */
export function registerCall(state: EventsState, { seq, thread, block }: Entry & { kind: 'model_block' }): void {
  // Blocks are stored as the API sent them.
  const { type, id, name, input } = block as { type: string; id: string; name: string; input: Json };
  if (type !== 'tool_use') return;
  state.calls.set(id, {
    id: toEventId(state.session, seq),
    thread,
    name,
    input,
    isTold: false,
    external: undefined,
    isSupplied: false,
    asked: undefined,
    answered: undefined,
  });
}

/** Folds an entry about one call; others change nothing. */
export function foldCallEntry(state: EventsState, entry: Entry, out: EventUpsert[]): void {
  switch (entry.kind) {
    case 'permission_request': {
      const call = state.calls.get(entry.toolUseId);
      if (call === undefined) return;
      call.asked = entry.seq;
      tellCall(call, entry, { evaluated_permission: 'ask', evaluation: { type: 'always_ask' } }, out);
      return;
    }
    case 'permission_answer':
      foldAnswer(state, entry, out);
      return;
    case 'tool_decision':
      foldDecision(state, entry, out);
      return;
    case 'tool_intent': {
      const call = state.calls.get(entry.toolUseId);
      if (call === undefined) return;
      if (entry.external !== true) {
        if (call.thread === 'main') tellCall(call, entry, ALLOWED, out);
        return;
      }
      call.external = BUILT_IN_TOOLS.has(call.name) ? 'worker' : 'client';
      tellCall(call, entry, ALLOWED, out);
      return;
    }
    case 'external_result':
      foldSupplied(state, entry, out);
      return;
    case 'tool_result':
      foldResult(state, entry, out);
      return;
    default:
  }
}

/** The calls of a thread that has ended: what was said of them counts as heard. */
export function forgetCalls(state: EventsState, entry: Entry, out: EventUpsert[]): void {
  for (const [toolUseId, call] of state.calls) {
    if (entry.thread !== 'main' && call.thread !== entry.thread) continue;
    if (call.answered !== undefined) settle(state, call.answered, entry, out);
    state.calls.delete(toolUseId);
  }
}

const ALLOWED = { evaluated_permission: 'allow', evaluation: { type: 'always_allow' } } as const;

type Evaluated = { evaluated_permission?: 'allow' | 'ask' | 'deny'; evaluation?: Json };

function tellCall(call: OpenCall, entry: Entry, evaluated: Evaluated, out: EventUpsert[]): void {
  if (call.isTold) return;
  call.isTold = true;
  out.push({ event: processed(callBody(call, evaluated), call.id, entry.at), place: entry.seq });
}

function callBody({ name, input, external }: OpenCall, evaluated: Evaluated): EventBody {
  if (external === 'client') return { type: 'agent.custom_tool_use', name, input };
  const mcp = mcpName(name);
  if (mcp === undefined) return { type: 'agent.tool_use', name, input, ...evaluated };
  return { type: 'agent.mcp_tool_use', mcp_server_name: mcp.server, name: mcp.tool, input, ...evaluated };
}

function mcpName(name: string): { server: string; tool: string } | undefined {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server === undefined || tool === undefined ? undefined : { server, tool };
}

function foldAnswer(state: EventsState, entry: Entry & { kind: 'permission_answer' }, out: EventUpsert[]): void {
  const call = [...state.calls.values()].find(({ asked }) => asked === entry.request);
  // Nobody waits for it any longer.
  if (call === undefined) return;
  const { behavior, reason } = entry.decision;
  const isDenied = behavior !== 'allow';
  const deny = isDenied && reason !== PLAIN_DENIAL ? { deny_message: reason } : {};
  const result = isDenied ? 'deny' : 'allow';
  wait(state, entry, { type: 'user.tool_confirmation', tool_use_id: call.id, result, ...deny }, out);
  call.answered = entry.seq;
}

function foldDecision(state: EventsState, entry: Entry & { kind: 'tool_decision' }, out: EventUpsert[]): void {
  const call = state.calls.get(entry.toolUseId);
  if (call === undefined) return;
  if (call.answered !== undefined) settle(state, call.answered, entry, out);
  call.answered = undefined;
  // Of a subagent's calls only those are told that somebody has to answer.
  if (call.thread !== 'main') return;
  if (entry.decision.behavior !== 'allow') tellCall(call, entry, { evaluated_permission: 'deny' }, out);
  else if (isKnownTool(state, call.name)) tellCall(call, entry, ALLOWED, out);
}

/** Whether it is known without the next entry, which tells that a call runs elsewhere, what kind of event a call is. */
function isKnownTool({ isNative }: EventsState, name: string): boolean {
  return isNative ? !name.startsWith('mcp__') : BUILT_IN_TOOLS.has(name);
}

function foldSupplied(state: EventsState, entry: Entry & { kind: 'external_result' }, out: EventUpsert[]): void {
  const call = state.calls.get(entry.toolUseId);
  if (call === undefined || call.isSupplied) return;
  call.isSupplied = true;
  // It may come before the turn has got to the call.
  call.external ??= BUILT_IN_TOOLS.has(call.name) ? 'worker' : 'client';
  tellCall(call, entry, ALLOWED, out);
  const answered = { content: toBlocks(entry.content), is_error: entry.isError };
  const body: EventBody =
    call.external === 'client'
      ? { type: 'user.custom_tool_result', custom_tool_use_id: call.id, ...answered }
      : { type: 'user.tool_result', tool_use_id: call.id, ...answered };
  tell(state, entry, 0, body, out);
}

function foldResult(state: EventsState, entry: Entry & { kind: 'tool_result' }, out: EventUpsert[]): void {
  for (const { usage } of entry.spent ?? []) state.usage = addUsage(state.usage, usage);
  const call = state.calls.get(entry.toolUseId);
  if (call === undefined) return;
  state.calls.delete(entry.toolUseId);
  if (call.answered !== undefined) settle(state, call.answered, entry, out);
  if (call.thread !== 'main' && !call.isTold) return;
  const isOutside = call.external !== undefined || (state.isSelfHosted === true && WORKER_TOOLS.has(call.name));
  // Refused before anybody decided: no such tool, or an input that does not fit it. What is not allowed no worker begins with.
  const isDenied = entry.outcome === 'denied' || isOutside;
  tellCall(call, entry, isDenied ? { evaluated_permission: 'deny' } : {}, out);
  // Who gave the result has been told it as an event of its own.
  if (call.isSupplied) return;
  const answered = { content: toBlocks(entry.content), is_error: entry.isError };
  // A call that nobody answered is over, as after an interrupt. Its owner looks for this event alone; without it, it would run the call
  // when it reads the history.
  if (call.external === 'client') {
    tell(state, entry, 0, { type: 'user.custom_tool_result', custom_tool_use_id: call.id, ...answered }, out);
    return;
  }
  if (isOutside && entry.outcome !== 'denied') {
    tell(state, entry, 0, { type: 'user.tool_result', tool_use_id: call.id, ...answered }, out);
    return;
  }
  const body: EventBody =
    mcpName(call.name) === undefined
      ? { type: 'agent.tool_result', tool_use_id: call.id, ...answered }
      : { type: 'agent.mcp_tool_result', mcp_tool_use_id: call.id, ...answered };
  tell(state, entry, 0, body, out);
}

const RESULT_BLOCKS: ReadonlySet<string> = new Set(['text', 'image', 'document', 'search_result']);

/** Content is what a tool told the model: text, or blocks of a tool_result. */
function toBlocks(content: Json): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.filter((block: { type?: string }) => RESULT_BLOCKS.has(block.type ?? ''));
}
