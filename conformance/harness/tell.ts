import type { SDKMessage } from 'colloquy';
import { type Gathered, kindOf, pick } from './gather.ts';

/** What Claude Code says of its own accord, beside the conversation: rows of their own. */
const ASIDE = new Set([
  'system/thinking_tokens',
  'system/session_title_changed',
  'system/commands_changed',
  'system/session_state_changed',
  'system/memory_recall',
  'command_lifecycle',
  'rate_limit_event',
  'active_goal',
]);

const RESULT = [
  'subtype',
  'is_error',
  'result',
  'stop_reason',
  'terminal_reason',
  'num_turns',
  'api_error_status',
  'structured_output',
  'deferred_tool_use',
  'local_command',
  'permission_denials',
] as const;

/** The messages of a conversation, without what is said aside. */
export const conversation = (messages: readonly SDKMessage[]): SDKMessage[] =>
  messages.filter((message) => !ASIDE.has(kindOf(message)));

/** The conversation as a person would retell it: who said what, which tool was called with what, how it ended. */
export function story({ messages, thrown }: Gathered): unknown {
  return { messages: conversation(messages).map(retold), thrown };
}

function retold(message: SDKMessage): unknown {
  switch (message.type) {
    case 'assistant':
      return {
        assistant: message.message.content.map((block) => pick(block, ['type', 'text', 'name', 'input'])),
        ...pick(message, ['error', 'aborted']),
      };
    case 'user': {
      const { content } = message.message;
      const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
      return {
        user: blocks.map((block) => pick(block, ['type', 'text', 'content', 'is_error'])),
        ...pick(message, ['isSynthetic', 'isReplay']),
      };
    }
    case 'result':
      return { result: outcomeOf(message) };
    default:
      return kindOf(message);
  }
}

/** How a turn ended; of its errors only whether it names some. */
export function outcomeOf(message: SDKMessage | undefined): unknown {
  const errors = message !== undefined && 'errors' in message ? { hasErrors: message.errors.length > 0 } : {};
  return { ...pick(message, RESULT), ...errors };
}
