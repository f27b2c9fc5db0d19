import { emptyState, type Json, type Seq, type SessionState, type Thread } from 'colloquy/internal';
import type { Budget } from '../../../resources/managed-session.ts';
import type { EventBody, ManagedEvent, StopReason } from './event-types.ts';
import { NO_USAGE_YET, type UsageTotals } from './session-usage.ts';

/** What folding events needs to know of a session besides its log. */
export type EventsInit = {
  /** Its UUID. */
  session: string;
  /** It was made through the native API, whose tools have other names. */
  isNative: boolean;
  /** A worker runs its built-in tools. */
  isSelfHosted?: boolean;
  /** Told of the primary thread. */
  thread: { id: string; agentName: string };
  budget: Budget | undefined;
};

/** What the events so far have left open. Plain data. */
export type EventsState = EventsInit & {
  /** The log as the engine folds it: what is open, and what was spent. */
  core: SessionState;
  /** Events of clients that nothing has taken up, by their entries, oldest first. */
  waiting: Map<Seq, ManagedEvent>;
  /** The calls of the turn that have no result, by the model's id. */
  calls: Map<string, OpenCall>;
  /** The model request of the session's own thread whose answer has not ended. */
  request: { seq: Seq; id: string; texts: string[] } | undefined;
  /** Why the newest answer was refused. */
  stopDetails: Json;
  usage: UsageTotals;
  told: ToldStatus;
  /** Why the newest turn has ended. */
  stop: StopReason;
  isArchived: boolean;
  /** Milliseconds of all the time until `runningSince`. */
  activeMs: number;
  runningSince: string | undefined;
};

export type OpenCall = {
  /** Of its event. */
  id: string;
  thread: Thread;
  name: string;
  input: Json;
  isTold: boolean;
  /** Who gives its result from outside: the client that declared it, or a worker. */
  external: 'client' | 'worker' | undefined;
  /** A result came from outside. */
  isSupplied: boolean;
  /** Its newest permission request. */
  asked: Seq | undefined;
  /** The entry of the answer, until the call goes on. */
  answered: Seq | undefined;
};

export type Status = 'idle' | 'running' | 'rescheduling' | 'terminated';

/** `waitsFor`: the events that have to be answered. */
export type ToldStatus = { status: Status; waitsFor: string[] };

export function newEventsState(init: EventsInit): EventsState {
  return {
    ...init,
    core: emptyState(),
    waiting: new Map(),
    calls: new Map(),
    request: undefined,
    stopDetails: null,
    usage: NO_USAGE_YET,
    told: { status: 'idle', waitsFor: [] },
    stop: { type: 'end_turn' },
    isArchived: false,
    activeMs: 0,
    runningSince: undefined,
  };
}

/** A copy that the fold of the original does not change. */
export function copyOfState(state: EventsState): EventsState {
  return structuredClone(state);
}

/** The status that a session shows: what was told last, or that accepted work is about to begin. */
export function statusOf({ told, core, stop }: EventsState): Status {
  if (told.status !== 'idle' || core.turn !== undefined || stop.type === 'budget_reached') return told.status;
  return core.queue.some(({ startsTurn }) => startsTurn) ? 'running' : 'idle';
}

/** What waits is told last in a list, in the order of acceptance. */
export function waitingEvents({ waiting }: EventsState): ManagedEvent[] {
  return [...waiting.values()];
}

/** An event that has come to its place. */
export function processed(body: EventBody, id: string, at: string): ManagedEvent {
  return { ...body, id, processed_at: at };
}
