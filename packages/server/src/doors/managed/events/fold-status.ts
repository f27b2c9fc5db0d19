import { type Entry, type Json, openActions } from 'colloquy/internal';
import type { EventBody, EventUpsert } from './event-types.ts';
import type { EventsState } from './events-state.ts';
import { usageSnapshot } from './session-usage.ts';
import { tell } from './tell-event.ts';

// Events that an entry brings besides its own: changes of the status. Their numbers begin here.
const STATUS_INDEX = 0x8000;

/** Tells the status, if it is another than the one that was told last. */
export function tellStatus(state: EventsState, entry: Entry, out: EventUpsert[]): void {
  const { core, told } = state;
  if (state.isArchived) return change(state, entry, 'terminated', out);
  if (core.turn === undefined) {
    const goesOn = core.queue.some(({ startsTurn }) => startsTurn);
    if (told.status !== 'idle' && !goesOn) tellIdle(state, entry, out);
    return;
  }
  const { waits, permissions, calls } = openActions(core);
  if (!waits) {
    const isRetrying = entry.kind === 'model_error' && entry.next === 'retrying' && isDelayed(entry.error);
    return change(state, entry, isRetrying || staysRescheduled(state, entry) ? 'rescheduling' : 'running', out);
  }
  const ids = [...permissions, ...calls].flatMap(({ toolUseId }) => state.calls.get(toolUseId)?.id ?? []);
  const isTold =
    told.status === 'idle' && ids.length === told.waitsFor.length && ids.every((id, n) => id === told.waitsFor[n]);
  if (!isTold) tellIdle(state, entry, out, ids);
}

/** Between an error and the next attempt, what clients send changes nothing. */
function staysRescheduled({ told }: EventsState, { kind }: Entry): boolean {
  return told.status === 'rescheduling' && kind !== 'model_request';
}

function change(
  state: EventsState,
  entry: Entry,
  status: 'running' | 'rescheduling' | 'terminated',
  out: EventUpsert[],
): void {
  if (state.told.status === status) return;
  if (status === 'terminated') stopClock(state, entry);
  else state.runningSince ??= entry.at;
  state.told = { status, waitsFor: [] };
  tellAlso(state, entry, { type: `session.status_${status === 'rescheduling' ? 'rescheduled' : status}` }, out);
}

/** Idle: the turn is over, or somebody has to act. What was used is told right before. */
export function tellIdle(state: EventsState, entry: Entry, out: EventUpsert[], waitsFor: string[] = []): void {
  stopClock(state, entry);
  state.told = { status: 'idle', waitsFor };
  const { budget } = state;
  const usage = usageSnapshot(state.usage, state.core.totals, state.activeMs);
  tellAlso(state, entry, { type: 'session.usage', usage, ...(budget === undefined ? {} : { budget }) }, out);
  const stop_reason = waitsFor.length > 0 ? { type: 'requires_action' as const, event_ids: waitsFor } : state.stop;
  const stop_details =
    stop_reason.type === 'refusal'
      ? (state.stopDetails ?? { type: 'refusal', category: null, explanation: null })
      : null;
  if (stop_reason.type === 'budget_reached') {
    const { id, agentName } = state.thread;
    const thread = { session_thread_id: id, agent_name: agentName };
    tellAlso(state, entry, { type: 'session.thread_status_idle', ...thread, stop_reason, stop_details }, out);
  }
  tellAlso(state, entry, { type: 'session.status_idle', stop_reason, stop_details }, out);
}

function stopClock(state: EventsState, { at }: Entry): void {
  if (state.runningSince !== undefined) state.activeMs += Math.max(0, Date.parse(at) - Date.parse(state.runningSince));
  state.runningSince = undefined;
}

function tellAlso(state: EventsState, entry: Entry, body: EventBody, out: EventUpsert[]): void {
  const told = out.filter(({ event }) => STATUS_TYPES.has(event.type)).length;
  tell(state, entry, STATUS_INDEX + told, body, out);
}

const STATUS_TYPES: ReadonlySet<string> = new Set<EventBody['type']>([
  'session.usage',
  'session.status_idle',
  'session.status_running',
  'session.status_rescheduled',
  'session.status_terminated',
  'session.thread_status_idle',
]);

function isDelayed(error: Json): boolean {
  return typeof error === 'object' && error !== null && 'retryDelayMs' in error && Number(error.retryDelayMs) > 0;
}
