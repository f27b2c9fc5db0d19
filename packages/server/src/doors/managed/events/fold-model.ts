import type { Entry, Json } from 'colloquy/internal';
import { toEventId } from './event-id.ts';
import { errorEvent } from './event-reasons.ts';
import type { EventUpsert } from './event-types.ts';
import { type EventsState, processed } from './events-state.ts';
import { registerCall } from './fold-calls.ts';
import { tellStatus } from './fold-status.ts';
import { addUsage, modelUsage } from './session-usage.ts';
import { tell } from './tell-event.ts';

// An answer's events are named when its request begins, because previews need the name.
const MESSAGE_INDEX = 1;
const THINKING_INDEX = 2;

/** The id of the message that answers a model request, from the request's entry on. */
export function messageId(session: string, request: number): string {
  return toEventId(session, request, MESSAGE_INDEX);
}

/** The id of a thinking block of an answer, by its place among the answer's blocks. */
export function thinkingId(session: string, request: number, block: number): string {
  return toEventId(session, request, THINKING_INDEX + block);
}

/** Folds an entry about a model request of the session's own thread. */
export function foldModel(
  state: EventsState,
  entry: Entry & { kind: 'model_request' | 'model_block' | 'model_response' | 'model_error' },
  out: EventUpsert[],
): void {
  switch (entry.kind) {
    case 'model_request': {
      // After a pause for an error, or for a budget, this is where it goes on.
      tellStatus(state, entry, out);
      const id = tell(state, entry, 0, { type: 'span.model_request_start' }, out);
      state.request = { seq: entry.seq, id, texts: [] };
      return;
    }
    case 'model_block':
      foldBlock(state, entry, out);
      return;
    case 'model_response': {
      state.usage = addUsage(state.usage, entry.usage);
      state.stopDetails = entry.stopDetails ?? null;
      tellMessage(state, entry, out);
      endSpan(state, entry, { isError: false, usage: entry.usage }, out);
      return;
    }
    case 'model_error': {
      const spent = spentOn(entry.error);
      state.usage = addUsage(state.usage, spent);
      endSpan(state, entry, { isError: true, usage: spent }, out);
      if (entry.next !== 'owner_lost') tell(state, entry, 1, errorEvent(entry), out);
      return;
    }
    default:
      entry satisfies never;
  }
}

function foldBlock(state: EventsState, entry: Entry & { kind: 'model_block' }, out: EventUpsert[]): void {
  const { request } = state;
  // Blocks are stored as the API sent them.
  const block = entry.block as { type: string; text?: string };
  if (block.type === 'tool_use') registerCall(state, entry);
  if (request === undefined) return;
  if (block.type === 'thinking' || block.type === 'redacted_thinking') {
    const event = processed({ type: 'agent.thinking' }, thinkingId(state.session, request.seq, entry.index), entry.at);
    out.push({ event, place: entry.seq });
  }
  if (block.type === 'text' && block.text !== undefined && block.text !== '') request.texts.push(block.text);
}

function tellMessage({ session, request }: EventsState, entry: Entry, out: EventUpsert[]): void {
  if (request === undefined || request.texts.length === 0) return;
  const content = request.texts.map((text) => ({ type: 'text', text }));
  const event = processed({ type: 'agent.message', content }, messageId(session, request.seq), entry.at);
  out.push({ event, place: entry.seq });
}

function endSpan(
  state: EventsState,
  entry: Entry,
  { isError, usage }: { isError: boolean; usage: Json },
  out: EventUpsert[],
): void {
  if (state.request === undefined) return;
  const { id } = state.request;
  state.request = undefined;
  const model_usage = modelUsage(usage);
  tell(
    state,
    entry,
    0,
    { type: 'span.model_request_end', model_request_start_id: id, is_error: isError, model_usage },
    out,
  );
}

/** What a broken answer has used. */
export function spentOn(error: Json): Json {
  const spent = typeof error === 'object' && error !== null && 'spent' in error ? error.spent : undefined;
  return typeof spent === 'object' && spent !== null && 'usage' in spent ? spent.usage : undefined;
}
