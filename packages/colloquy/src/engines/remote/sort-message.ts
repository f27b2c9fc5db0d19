import type { SDKMessage } from '../../messages.ts';

/** Who is told a message: every reader, those who asked for stream events or for the life of prompts, or nobody. */
export type Audience = 'everyone' | 'partial' | 'lifecycle' | 'nobody';

/** What a session's own side does with what the doors of a server tell. */
export type OwnSide = {
  /** Permission requests are answered by a callback of this program. */
  answersRequests: boolean;
};

/**
 * Which readers are told a message of the server's stream. A server tells its viewers more than an engine in this process tells a program:
 * prompts, what becomes of them, questions, and calls of tools that run elsewhere. Pure.
 */
export function audienceOf(message: SDKMessage, own: OwnSide): Audience {
  switch (message.type) {
    case 'stream_event':
      return 'partial';
    case 'command_lifecycle':
      return message.state === 'started' || message.state === 'cancelled' ? 'lifecycle' : 'nobody';
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
    case 'permission_request':
    case 'permission_answered':
      // Without a callback the program must see why its turn does not go on: it waits for another viewer.
      return own.answersRequests ? 'nobody' : 'everyone';
    case 'prompt_withdrawn':
    case 'tool_call_request':
    case 'tool_call_answered':
      return 'nobody';
    default:
      return 'everyone';
  }
}
