import { derivedUuid, type UUID } from '../helpers/derived-uuid.ts';
import type { Entry, Seq } from '../log/entries.ts';
import type { ContentBlockParam } from '../messages-api/types.ts';
import type { Common, SDKMessageOrigin } from '../system-messages.ts';
import type { SDKMessage, SDKPermissionRequestMessage, SDKUserMessageReplay } from '../messages.ts';

/** What the doors of a server tell besides the messages that every program gets: at most one for an entry, for entries without any. */
export type DoorState = {
  /** Prompts that no turn has taken. */
  waiting: Map<Seq, string>;
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
  return { waiting: new Map(), asked: new Map() };
}

/** The door's own message for an entry: prompts, what became of them, permission requests and their answers. */
export function foldDoorEntry(state: DoorState, sessionId: string, entry: Entry): SDKMessage | undefined {
  const place = { uuid: derivedUuid(sessionId, entry.seq, 0), session_id: sessionId };
  switch (entry.kind) {
    case 'prompt':
      state.waiting.set(entry.seq, entry.uuid);
      return replay(entry, sessionId);
    case 'prompt_taken': {
      const command_uuid = state.waiting.get(entry.prompt) ?? '';
      state.waiting.delete(entry.prompt);
      return { type: 'command_lifecycle', command_uuid, state: 'started', ...place };
    }
    case 'prompt_withdrawn': {
      const prompt_uuid = state.waiting.get(entry.prompt) ?? '';
      state.waiting.delete(entry.prompt);
      return { type: 'system', subtype: 'prompt_withdrawn', prompt_uuid, by: entry.by, ...place };
    }
    case 'turn_start':
      // A subagent's turn lies within one of the session.
      if (entry.thread === 'main') state.asked.clear();
      return undefined;
    case 'permission_request':
      state.asked.set(entry.seq, entry.toolUseId);
      return request(entry, place);
    case 'permission_answer': {
      const tool_use_id = state.asked.get(entry.request);
      if (tool_use_id === undefined) return undefined;
      const behavior = entry.decision.behavior === 'allow' ? 'allow' : 'deny';
      return {
        type: 'system',
        subtype: 'permission_answered',
        request: entry.request,
        tool_use_id,
        behavior,
        by: entry.by,
        ...place,
      };
    }
    default:
      return undefined;
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
    // As it was sent, whatever that is.
    uuid: entry.uuid as UUID,
    session_id,
  };
}

function request(
  entry: Entry & { kind: 'permission_request' },
  place: Pick<Common, 'uuid' | 'session_id'>,
): SDKPermissionRequestMessage {
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
