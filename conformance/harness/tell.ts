import type { SDKMessage } from 'colloquy';
import { type Gathered, kindOf, pick } from './gather.ts';

/** What Claude Code says of its own accord, beside the conversation: rows of their own. */
const ASIDE = new Set([
  'system/thinking_tokens',
  'system/session_title_changed',
  'system/commands_changed',
  'system/session_state_changed',
  'system/memory_recall',
  'system/status',
  'system/ui_invalidate',
  'command_lifecycle',
  'rate_limit_event',
  'active_goal',
]);

const RESULT = [
  'subtype',
  'is_error',
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

/**
 * The conversation as a person would retell it: who said what, which tool was called with what, how it ended. Words for people and the
 * model are each engine's own: of prompts that an engine writes, of errors and reasons, it is told which of `mentions` they hold.
 */
export function story({ messages, thrown }: Gathered, mentions: readonly string[] = []): unknown {
  return { messages: conversation(messages).map((message) => retold(message, mentions)), thrown };
}

function retold(message: SDKMessage, mentions: readonly string[]): unknown {
  const words = (text: unknown): unknown => ownWords(text, mentions);
  switch (message.type) {
    case 'assistant': {
      const isOwn = message.error !== undefined;
      return {
        assistant: message.message.content.map((block) =>
          isOwn && block.type === 'text' ? { own: words(block.text) } : pick(block, ['type', 'text', 'name', 'input']),
        ),
        // Which error it is goes by the words of the service, for each engine in its own way.
        ...(isOwn ? { hasError: true } : {}),
        ...pick(message, ['aborted']),
      };
    }
    case 'user': {
      const { content } = message.message;
      const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
      return {
        user: blocks.map((block) => {
          if (block.type === 'text') return { own: words(block.text) };
          if (block.type !== 'tool_result') return pick(block, ['type']);
          return block.is_error === true ? { error: words(block.content) } : { content: block.content };
        }),
        ...pick(message, ['isSynthetic', 'isReplay']),
      };
    }
    case 'result':
      return { result: outcomeOf(message, mentions) };
    default:
      return kindOf(message);
  }
}

/** Which of these a text of an engine holds. */
export function ownWords(text: unknown, mentions: readonly string[]): unknown {
  const whole = typeof text === 'string' ? text : JSON.stringify(text ?? '');
  return mentions.filter((word) => whole.includes(word));
}

/** How a turn ended; of its errors only whether it names some. A result without a model's answer is in the engine's words. */
export function outcomeOf(message: SDKMessage | undefined, mentions: readonly string[] = []): unknown {
  if (message?.type !== 'result') return message;
  const errors = 'errors' in message ? { hasErrors: message.errors.length > 0 } : {};
  const isOwn = message.is_error || message.num_turns === 0;
  const text = 'result' in message ? { result: isOwn ? ownWords(message.result, mentions) : message.result } : {};
  return { ...pick(message, RESULT), ...errors, ...text };
}
