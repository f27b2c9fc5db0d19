import type { SDKMessage, SDKResultMessage } from 'colloquy';
import { textOf } from 'colloquy';
import { oneLine } from './plain-text.ts';
import { summariseTool } from './summarise-tool.ts';

const MAX_NOTE_CHARS = 300;

/** Where text goes: the answer, and beside it what the agent does. */
export type TextSinks = { answer(text: string): void; note(line: string): void };

/** Shows a conversation as plain text: the answer as it streams, and a line about each tool, retry and refusal. */
export class TextOutput {
  readonly #sinks: TextSinks;
  /** The answer's text ends in the middle of a line. */
  #midLine = false;
  /** Text was shown since the last prompt. */
  #begun = false;
  /** Text of the block in flight that was streamed already. */
  #streamed = false;
  /** Calls whose refusal was told; their result says it again. */
  readonly #denied = new Set<string>();

  constructor(sinks: TextSinks) {
    this.#sinks = sinks;
  }

  /** Shows one message. Those of subagents are left out. */
  show(message: SDKMessage): void {
    switch (message.type) {
      case 'stream_event':
        if (message.parent_tool_use_id === null) this.#showEvent(message.event);
        break;
      case 'assistant':
        if (message.parent_tool_use_id === null) this.#showAssistant(message);
        break;
      case 'user':
        if (message.parent_tool_use_id === null) this.#showToolResults(message);
        break;
      case 'result':
        this.#showResult(message);
        break;
      case 'system':
        this.#showSystem(message);
        break;
      default:
        break;
    }
  }

  #showEvent(event: Extract<SDKMessage, { type: 'stream_event' }>['event']): void {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') return;
    if (!this.#streamed) this.#beginBlock();
    this.#streamed = true;
    this.#write(event.delta.text);
  }

  #showAssistant(message: Extract<SDKMessage, { type: 'assistant' }>): void {
    // The text of an API error comes again in the result, which is where it is told.
    if (message.error !== undefined) return;
    const text = textOf(message);
    if (text !== '' && !this.#streamed) {
      this.#beginBlock();
      this.#write(text);
    }
    if (text !== '') this.#streamed = false;
    for (const block of message.message.content) {
      if (block.type === 'tool_use') this.note(`· ${summariseTool(block.name, block.input)}`);
    }
  }

  #showToolResults(message: Extract<SDKMessage, { type: 'user' }>): void {
    const { content } = message.message;
    if (typeof content === 'string') return;
    for (const block of content) {
      if (block.type === 'tool_result' && block.is_error && !this.#denied.delete(block.tool_use_id))
        this.note(`  ✗ ${oneLine(toolResultText(block.content), MAX_NOTE_CHARS)}`);
    }
  }

  #showSystem(message: Extract<SDKMessage, { type: 'system' }>): void {
    switch (message.subtype) {
      case 'api_retry': {
        const what =
          message.error_status === null ? 'The connection broke' : `The API answered ${message.error_status}`;
        const seconds = Math.ceil(message.retry_delay_ms / 1000);
        this.#streamed = false;
        this.note(
          `${what} (${message.error}); trying again in ${seconds} s, ${message.attempt} of ${message.max_retries}`,
        );
        break;
      }
      case 'permission_denied':
        this.#denied.add(message.tool_use_id);
        this.note(`  ✗ ${message.tool_name} was not allowed: ${oneLine(message.message, MAX_NOTE_CHARS)}`);
        break;
      case 'informational':
        this.note(oneLine(message.content, MAX_NOTE_CHARS));
        break;
      default:
        break;
    }
  }

  #showResult(result: SDKResultMessage): void {
    this.#endLine();
    this.#begun = false;
    this.#streamed = false;
    const problem = describeResult(result);
    if (problem !== undefined) this.note(problem);
  }

  /** A line beside the answer. */
  note(line: string): void {
    this.#endLine();
    this.#sinks.note(line);
  }

  #beginBlock(): void {
    this.#endLine();
    if (this.#begun) this.#sinks.answer('\n');
    this.#begun = true;
  }

  #write(text: string): void {
    if (text === '') return;
    this.#sinks.answer(text);
    this.#midLine = !text.endsWith('\n');
  }

  #endLine(): void {
    if (this.#midLine) this.#sinks.answer('\n');
    this.#midLine = false;
  }
}

/** Why a turn did not come to a good end, for a person; `undefined` if it did. */
export function describeResult(result: SDKResultMessage): string | undefined {
  if (result.terminal_reason === 'aborted_streaming' || result.terminal_reason === 'aborted_tools')
    return 'Interrupted.';
  if (result.subtype === 'success') return result.is_error ? oneLine(result.result, 2000) : undefined;
  const errors = result.errors.map((error) => oneLine(error, 2000)).join('\n');
  if (result.subtype === 'error_max_turns') return `Stopped at --max-turns. ${errors}`.trim();
  if (result.subtype === 'error_max_budget_usd') return `Stopped at --max-budget-usd. ${errors}`.trim();
  return `The turn failed. ${errors}`.trim();
}

function toolResultText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return 'failed';
  return content.map((block: { text?: unknown }) => (typeof block.text === 'string' ? block.text : '')).join(' ');
}
