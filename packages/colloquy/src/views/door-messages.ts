import { derivedUuid, type UUID } from '../helpers/derived-uuid.ts';
import type { Entry, Seq } from '../log/entries.ts';
import type { ContentBlockParam } from '../messages-api/types.ts';
import type { Common, SDKMessageOrigin } from '../system-messages.ts';
import type {
  SDKCommandLifecycleMessage,
  SDKMessage,
  SDKPermissionRequestMessage,
  SDKUserMessageReplay,
} from '../messages.ts';

/** What the doors of a server tell besides the messages that every program gets. */
export type DoorState = {
  /** Prompts that no turn has taken. */
  waiting: Map<Seq, string>;
  /** Those that the running turn has taken. */
  taken: string[];
  /** Calls that run elsewhere and have no result; those whose result was there before they began. */
  calls: Set<string>;
  early: Set<string>;
  /** Tool uses of the permission requests that nobody has answered. */
  asked: Map<Seq, string>;
};

/** What a `permission_request` entry shows to whoever may answer. */
export type ShownCall = {
  tool_name: string;
  input: Record<string, unknown>;
  reason: string;
  suggestions: unknown[];
  /** Where a path outside the working folders really leads. */
  blocked_path?: string | undefined;
};

export function newDoorState(): DoorState {
  return { waiting: new Map(), taken: [], calls: new Set(), early: new Set(), asked: new Map() };
}

/** A copy that goes its own way. */
export function copyOfDoor({ waiting, taken, calls, early, asked }: DoorState): DoorState {
  return {
    waiting: new Map(waiting),
    taken: [...taken],
    calls: new Set(calls),
    early: new Set(early),
    asked: new Map(asked),
  };
}

/** What is known of the thread that an entry belongs to: the call that has started it, and which calls there are in all threads. */
type Caller = { parent: string | null; knows: (toolUseId: string) => boolean };

/** The door's own messages for an entry: prompts and what becomes of them, permission requests, calls that run elsewhere, answers. */
export function foldDoorEntry(
  state: DoorState,
  sessionId: string,
  entry: Entry,
  caller: Caller,
): readonly SDKMessage[] {
  const place = { uuid: derivedUuid(sessionId, entry.seq, 0), session_id: sessionId };
  const lifecycle = (command_uuid: string, is: SDKCommandLifecycleMessage['state'], index = 1): SDKMessage => ({
    type: 'command_lifecycle',
    command_uuid,
    state: is,
    uuid: derivedUuid(sessionId, entry.seq, index),
    session_id: sessionId,
  });
  switch (entry.kind) {
    case 'prompt':
      state.waiting.set(entry.seq, entry.uuid);
      return [replay(entry, sessionId), lifecycle(entry.uuid, 'queued')];
    case 'prompt_taken': {
      const uuid = state.waiting.get(entry.prompt) ?? '';
      state.waiting.delete(entry.prompt);
      state.taken.push(uuid);
      return [lifecycle(uuid, 'started', 0)];
    }
    case 'prompt_withdrawn': {
      const prompt_uuid = state.waiting.get(entry.prompt) ?? '';
      state.waiting.delete(entry.prompt);
      const told: SDKMessage = { type: 'system', subtype: 'prompt_withdrawn', prompt_uuid, by: entry.by, ...place };
      return [told, lifecycle(prompt_uuid, 'cancelled')];
    }
    case 'turn_start':
      // A subagent's turn lies within one of the session.
      if (entry.thread === 'main') forgetTurn(state);
      return [];
    case 'turn_end': {
      if (entry.thread !== 'main') return [];
      const { taken } = state;
      forgetTurn(state);
      return taken.map((uuid, index) => lifecycle(uuid, 'completed', 1 + index));
    }
    default:
      return foldCall(state, entry, caller, place);
  }
}

function forgetTurn(state: DoorState): void {
  state.asked.clear();
  state.calls.clear();
  state.early.clear();
  state.taken = [];
}

type Place = Pick<Common, 'uuid' | 'session_id'>;

function foldCall(state: DoorState, entry: Entry, { parent, knows }: Caller, place: Place): readonly SDKMessage[] {
  switch (entry.kind) {
    case 'permission_request':
      state.asked.set(entry.seq, entry.toolUseId);
      return [request(entry, place)];
    case 'permission_answer': {
      const { request: asked, by } = entry;
      const tool_use_id = state.asked.get(asked);
      if (tool_use_id === undefined) return [];
      const behavior = entry.decision.behavior === 'allow' ? 'allow' : 'deny';
      return [{ type: 'system', subtype: 'permission_answered', request: asked, tool_use_id, behavior, by, ...place }];
    }
    case 'tool_intent': {
      const { toolUseId: tool_use_id, name: tool_name = '' } = entry;
      if (entry.external !== true || state.early.delete(tool_use_id)) return [];
      state.calls.add(tool_use_id);
      // Inputs of tools are objects: the accumulator sees to it.
      const input = entry.input as Record<string, unknown>;
      const call = { tool_use_id, tool_name, input, parent_tool_use_id: parent };
      return [{ type: 'system', subtype: 'tool_call_request', ...call, ...place }];
    }
    case 'external_result': {
      const { toolUseId: tool_use_id, by } = entry;
      // Anybody may append one: it counts if there is such a call.
      if (!state.calls.delete(tool_use_id)) {
        if (!knows(tool_use_id)) return [];
        state.early.add(tool_use_id);
      }
      return [{ type: 'system', subtype: 'tool_call_answered', tool_use_id, by, ...place }];
    }
    default:
      return [];
  }
}

function replay(entry: Entry & { kind: 'prompt' }, session_id: string): SDKUserMessageReplay {
  // Prompts are checked when they are accepted; origins are objects with a kind.
  const content = entry.content as ContentBlockParam[];
  const origin = entry.origin as SDKMessageOrigin | null;
  return {
    type: 'user',
    message: { role: 'user', content },
    parent_tool_use_id: null,
    isReplay: true,
    priority: entry.priority,
    timestamp: entry.at,
    ...(origin === null ? {} : { origin }),
    by: entry.by,
    // As it was sent, whatever that is.
    uuid: entry.uuid as UUID,
    session_id,
  };
}

function request(entry: Entry & { kind: 'permission_request' }, place: Place): SDKPermissionRequestMessage {
  // Written by the turn, in this shape.
  const { tool_name, input, reason, suggestions, blocked_path } = entry.show as ShownCall;
  return {
    type: 'system',
    subtype: 'permission_request',
    request: entry.seq,
    tool_name,
    tool_use_id: entry.toolUseId,
    input,
    reason,
    suggestions,
    ...(blocked_path === undefined ? {} : { blocked_path }),
    ...(entry.thread === 'main' ? {} : { agent_id: entry.thread }),
    ...place,
  };
}
