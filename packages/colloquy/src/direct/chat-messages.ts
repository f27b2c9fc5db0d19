import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { modelInfo } from '../messages-api/models.ts';
import type { ContentBlockParam } from '../messages-api/types.ts';
import { isBlankText } from '../views/sent-blocks.ts';
import type { ChatMessage, ChatPrompt } from './request-options.ts';

/**
 * A prompt as the messages of a request.
 * @throws ConfigurationError for what the API would refuse: nothing at all, text without a word in it, an answer at the beginning,
 * system messages where the model takes none
 */
export function messagesOf(prompt: ChatPrompt, model: string): readonly ChatMessage[] {
  const messages = isConversation(prompt) ? prompt : [{ role: 'user' as const, content: userContent(prompt) }];
  checkMessages(messages, model);
  return messages;
}

/** @throws ConfigurationError like `messagesOf` */
export function checkMessages(messages: readonly ChatMessage[], model: string): void {
  if (messages[0]?.role !== 'user') {
    throw new ConfigurationError('The first message must be one of role `user`; give instructions as `system`');
  }
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) throw new ConfigurationError(`Message ${index} is none; it needs a role and content`);
    const { role, content }: ChatMessage = message;
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      throw new ConfigurationError(
        `Message ${index} has the role ${String(role)}; there are user, assistant and system`,
      );
    }
    if (role === 'system' && !modelInfo(model).acceptsSystemMessages) {
      throw new ConfigurationError(`${model} takes no messages of role \`system\`; give instructions as \`system\``);
    }
    if (typeof content !== 'string' && !Array.isArray(content)) {
      throw new ConfigurationError(`The content of message ${index} must be a string or an array of blocks`);
    }
    checkBlocks(content, `The content of message ${index}`);
    if (isBlank(content)) throw new ConfigurationError(`Message ${index} holds nothing; leave it out`);
  }
}

/** The content of a user message as blocks. @throws ConfigurationError for a prompt that says nothing */
export function userContent(prompt: string | readonly ContentBlockParam[]): ContentBlockParam[] {
  const wrong = typeof prompt !== 'string' && !Array.isArray(prompt);
  if (wrong) throw new ConfigurationError('A prompt must be a string, an array of blocks, or an array of messages');
  checkBlocks(prompt, 'The prompt');
  if (isBlank(prompt)) throw new ConfigurationError('The prompt is empty; say something in it');
  const blocks: readonly ContentBlockParam[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt;
  return blocks.filter((block) => !isBlankText(block));
}

/** @throws ConfigurationError for what is no block: a request must not hold it */
export function checkBlocks(content: unknown, name: string): void {
  if (!Array.isArray(content)) return;
  const wrong = content.findIndex((block) => !isRecord(block) || typeof block['type'] !== 'string');
  if (wrong < 0) return;
  throw new ConfigurationError(`${name} must hold blocks, each an object with a type; number ${wrong + 1} is none`);
}

function isConversation(prompt: ChatPrompt): prompt is readonly ChatMessage[] {
  return Array.isArray(prompt) && prompt.some((item) => isRecord(item) && 'role' in item);
}

function isBlank(content: string | readonly unknown[]): boolean {
  return typeof content === 'string' ? content.trim() === '' : content.every(isBlankText);
}
