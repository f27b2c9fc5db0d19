import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { ApiMessage, ContentBlock, ContentBlockParam, ToolUseBlock } from '../messages-api/types.ts';
import { countBlocks, newHistory, type RequestHistory, toMessage } from '../views/request-history.ts';
import { isBlankText, toPromptJson } from '../views/sent-blocks.ts';
import { checkBlocks, checkMessages, userContent } from './chat-messages.ts';
import { requestJson } from './request-json.ts';
import type { ChatMessage, ToolResult } from './request-options.ts';

/** The messages as they are serialised for a request: each once, so that a longer conversation begins with a shorter one to the byte. */
export type SentHistory = Pick<RequestHistory, 'messages' | 'blockCount' | 'ends'>;

/** A conversation as it would be with another message. */
export type Ahead = { message: ChatMessage | undefined; sent: SentHistory };

/** What was said between a program and a model; a turn is taken over only when its answer is whole. */
export class AgentHistory {
  readonly #messages: ChatMessage[] = [];
  #sent: SentHistory = newHistory();
  #openCalls: readonly ToolUseBlock[] = [];
  #paused = false;

  /** @throws ConfigurationError for messages that cannot be gone on with */
  constructor(earlier: readonly ChatMessage[], model: string) {
    if (earlier.length > 0) checkMessages(earlier, model);
    for (const message of earlier) this.#push(message);
    this.#openCalls = callsOf(earlier.at(-1));
    this.#sent.ends = { previous: 0, newest: this.#sent.blockCount };
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** Calls of the newest answer, whose results the next message must hold. */
  get openCalls(): readonly ToolUseBlock[] {
    return this.#openCalls;
  }

  /**
   * With results and a prompt, in this order; with neither, only after an answer that paused.
   * @throws ConfigurationError when a call has no result, or a result no call, or nothing is said
   */
  ahead(prompt: string | readonly ContentBlockParam[] | undefined, results: readonly ToolResult[]): Ahead {
    this.#checkResults(results);
    const says = prompt !== undefined && prompt !== '' && !(Array.isArray(prompt) && prompt.length === 0);
    if (!says && results.length === 0 && this.#paused) return { message: undefined, sent: this.#sent };
    const blocks = results.map((result): ContentBlockParam => ({
      ...withoutEmptyContent(result),
      type: 'tool_result',
    }));
    if (says || results.length === 0) blocks.push(...userContent(prompt ?? ''));
    const message: ChatMessage = { role: 'user', content: blocks };
    return { message, sent: this.#extended(message) };
  }

  /** The conversation with the shortest message that it could go on with: for counting what there is. */
  get next(): SentHistory {
    const results = this.#openCalls.map(({ id }) => ({ tool_use_id: id, content: '.' }));
    return this.ahead(results.length === 0 && !this.#paused ? '.' : undefined, results).sent;
  }

  /** Takes over a turn with its answer. One that was refused is dropped: sent again, it would be refused again. */
  take({ message, sent }: Ahead, answer: ApiMessage): void {
    if (answer.stop_reason === 'refusal') return;
    this.#sent = sent;
    if (message !== undefined) this.#messages.push(message);
    // The API sends text without a word in it, and an answer of nothing or of thinking alone, and takes none of them back.
    const content = answer.content.filter((block) => !isBlankText(block));
    this.#openCalls = [];
    this.#paused = answer.stop_reason === 'pause_turn' && content.length > 0;
    if (content.every(isThinking)) return;
    this.#push({ role: 'assistant', content });
    this.#openCalls = this.#paused ? [] : callsOf(this.#messages.at(-1));
  }

  #push(message: ChatMessage): void {
    const { ends } = this.#sent;
    this.#sent = { ...this.#extended(message), ends };
    this.#messages.push(message);
  }

  #extended({ role, content }: ChatMessage): SentHistory {
    const { messages, blockCount, ends } = this.#sent;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const serialised = blocks.map((block) => ({
      // An answer goes back as it came; markers of prompts are placed by rule.
      json: requestJson(() => (role === 'assistant' ? wellFormedJson(block) : toPromptJson(block))),
      thinking: isThinking(block),
    }));
    // Its form is that of every message; the role `system` is as good as any.
    const message = toMessage(role as 'user' | 'assistant', serialised);
    const end = blockCount + countBlocks([message]);
    return { messages: [...messages, message], blockCount: end, ends: { previous: ends.newest, newest: end } };
  }

  #checkResults(results: readonly ToolResult[]): void {
    const open = new Set(this.#openCalls.map(({ id }) => id));
    for (const result of results) {
      const id = isRecord(result) ? result['tool_use_id'] : undefined;
      if (typeof id === 'string' && open.delete(id)) {
        const { content } = result;
        checkBlocks(content, `The result for ${id}`);
        if (content === undefined || typeof content === 'string' || Array.isArray(content)) continue;
        throw new ConfigurationError(`The content of the result for ${id} must be a string or an array of blocks`);
      }
      throw new ConfigurationError(
        `\`toolResults\` holds a result for ${String(id)}, which is no call of the newest answer, or has a result already`,
      );
    }
    if (open.size === 0) return;
    throw new ConfigurationError(
      `The newest answer calls tools, and \`toolResults\` has no result for ${[...open].join(', ')}; for a call that is not to be made ` +
        'give { tool_use_id, content: why, is_error: true }',
    );
  }
}

function callsOf(message: ChatMessage | undefined): ToolUseBlock[] {
  if (message?.role !== 'assistant' || typeof message.content === 'string') return [];
  return message.content.filter((block: ContentBlock) => block.type === 'tool_use');
}

function isThinking(block: { type: string }): boolean {
  return block.type === 'thinking' || block.type === 'redacted_thinking';
}

/** The API takes no text without a word in it, but a result without content. */
function withoutEmptyContent({ content, ...rest }: ToolResult): ToolResult {
  const empty = typeof content === 'string' ? content.trim() === '' : content?.every(isBlankText);
  return empty === true || content === undefined ? rest : { ...rest, content };
}
