import { type Entry, foldEntry, type Json } from 'colloquy/internal';
import { endedBy } from './event-reasons.ts';
import type { ContentBlock, EventBody, EventUpsert } from './event-types.ts';
import type { EventsState } from './events-state.ts';
import { foldCallEntry, forgetCalls, registerCall } from './fold-calls.ts';
import { foldModel, spentOn } from './fold-model.ts';
import { tellIdle, tellStatus } from './fold-status.ts';
import { addUsage } from './session-usage.ts';
import { settle, tell, wait } from './tell-event.ts';

/**
 * The log as the events of the Managed Agents API. Pure: ids come from the session, the entry and a number, times from entries. Folds
 * one entry, in place, and gives the events as they are from here on, in their order.
 */
export function foldEvents(state: EventsState, entry: Entry): EventUpsert[] {
  const out: EventUpsert[] = [];
  foldEntry(state.core, entry);
  if (entry.thread === 'main') foldMain(state, entry, out);
  else foldAgent(state, entry, out);
  if (!TELLS_NO_STATUS.has(entry.kind)) tellStatus(state, entry, out);
  return out;
}

/** What follows them in their batch tells the rest: the prompts of a turn, and whether an allowed call runs elsewhere. */
const TELLS_NO_STATUS: ReadonlySet<string> = new Set<Entry['kind']>(['turn_start', 'tool_decision']);

function foldMain(state: EventsState, entry: Entry, out: EventUpsert[]): void {
  switch (entry.kind) {
    case 'prompt':
      if (isFromEngine(entry.origin)) return;
      wait(state, entry, { type: 'user.message', content: asBlocks(entry.content) }, out);
      return;
    case 'prompt_taken':
      settle(state, entry.prompt, entry, out);
      return;
    case 'prompt_withdrawn':
      state.waiting.delete(entry.prompt);
      return;
    case 'interrupt':
      wait(state, entry, { type: 'user.interrupt' }, out);
      // Without a turn there is nothing that it has to wait for.
      if (state.core.turn === undefined) settle(state, entry.seq, entry, out);
      return;
    case 'segment':
      if (entry.reason === 'compact') tell(state, entry, 0, { type: 'agent.thread_context_compacted' }, out);
      return;
    case 'settings':
      foldSettings(state, entry, out);
      return;
    case 'model_request':
    case 'model_block':
    case 'model_response':
    case 'model_error':
      foldModel(state, entry, out);
      return;
    case 'turn_end':
      foldEnd(state, entry, out);
      return;
    default:
      foldCallEntry(state, entry, out);
  }
}

/** Of a subagent, what somebody has to answer is told, and what it costs. */
function foldAgent(state: EventsState, entry: Entry, out: EventUpsert[]): void {
  switch (entry.kind) {
    case 'model_block':
      registerCall(state, entry);
      return;
    case 'model_response':
      state.usage = addUsage(state.usage, entry.usage);
      return;
    case 'model_error':
      state.usage = addUsage(state.usage, spentOn(entry.error));
      return;
    case 'turn_end':
      forgetCalls(state, entry, out);
      return;
    default:
      foldCallEntry(state, entry, out);
  }
}

function foldEnd(state: EventsState, entry: Entry & { kind: 'turn_end' }, out: EventUpsert[]): void {
  const { stop, error } = endedBy(entry);
  state.stop = stop;
  if (error !== undefined) tell(state, entry, 0, error, out);
  const isInterrupted = [...state.waiting.values()].some(({ type }) => type === 'user.interrupt');
  forgetCalls(state, entry, out);
  for (const [seq, { type }] of state.waiting) if (type !== 'user.message') settle(state, seq, entry, out);
  // Where another message follows at once, the session goes on; why a turn broke off is told in any case.
  if (stop.type !== 'end_turn' || isInterrupted) tellIdle(state, entry, out);
}

function foldSettings(state: EventsState, entry: Entry & { kind: 'settings' }, out: EventUpsert[]): void {
  // Written by this door, in this shape; see `sessions/change-session.ts`.
  const { updated, archived } = entry.patch as { updated?: UpdatedFields; archived?: boolean };
  if (updated !== undefined) {
    if (updated.budget !== undefined) state.budget = updated.budget ?? undefined;
    tell(state, entry, 0, { type: 'session.updated', ...updated }, out);
  }
  if (archived === true) state.isArchived = true;
}

export type UpdatedFields = Omit<EventBody & { type: 'session.updated' }, 'type'>;

/** What the engine says of its background work is nobody's message. */
function isFromEngine(origin: Json): boolean {
  return typeof origin === 'object' && origin !== null && 'kind' in origin && origin.kind === 'task-notification';
}

/** Blocks are checked when they come in. */
const asBlocks = (content: Json[]): ContentBlock[] => content as ContentBlock[];
