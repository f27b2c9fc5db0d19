import type { SDKMessage } from '../../messages.ts';

/** Who is told a message: every reader, those who asked for stream events or for the life of prompts, or nobody. */
export type Audience = 'everyone' | 'partial' | 'lifecycle' | 'nobody';

/** What a session's own side does with what the doors of a server tell. */
export type OwnSide = {
  /** Permission requests are answered by a callback of this program. */
  answersRequests: boolean;
};

/**
 * What readers are told of a message of the server's stream. A server tells its viewers more than an engine in this process tells a
 * program: prompts, what becomes of them, questions, and calls of tools that run elsewhere. Pure.
 */
export function sortMessage(message: SDKMessage, own: OwnSide): { audience: Audience; message: SDKMessage } {
  return { audience: audienceOf(message, own), message: isWithdrawal(message) ? toLifecycle(message) : message };
}

type Withdrawal = SDKMessage & { type: 'system'; subtype: 'prompt_withdrawn' };

function isWithdrawal(message: SDKMessage): message is Withdrawal {
  return message.type === 'system' && message.subtype === 'prompt_withdrawn';
}

function audienceOf(message: SDKMessage, own: OwnSide): Audience {
  switch (message.type) {
    case 'stream_event':
      return 'partial';
    case 'command_lifecycle':
      return 'lifecycle';
    case 'user':
      return 'isReplay' in message ? 'nobody' : 'everyone';
    case 'system':
      return audienceOfSystem(message.subtype, own);
    default:
      return 'everyone';
  }
}

function audienceOfSystem(subtype: string, own: OwnSide): Audience {
  switch (subtype) {
    case 'prompt_withdrawn':
      return 'lifecycle';
    case 'permission_request':
    case 'permission_answered':
      // Without a callback the program must see why its turn does not go on: it waits for another viewer.
      return own.answersRequests ? 'nobody' : 'everyone';
    case 'tool_call_request':
    case 'tool_call_answered':
      return 'nobody';
    default:
      return 'everyone';
  }
}

function toLifecycle({ prompt_uuid, uuid, session_id }: Withdrawal): SDKMessage {
  return { type: 'command_lifecycle', command_uuid: prompt_uuid, state: 'cancelled', uuid, session_id };
}
