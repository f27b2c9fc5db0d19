import { fragmentOfUuid } from '../helpers/derived-uuid.ts';
import type { ContentBlock, StreamEvent } from '../messages-api/types.ts';
import type { SDKMessage, SDKPartialAssistantMessage } from '../messages.ts';

/**
 * What the model says in a turn, as text to be appended piece by piece to what was given before: nothing is taken back, lost or given
 * twice. Where stream events were lost, a block's text waits until the block is whole. When an answer broke off and is tried again,
 * only what is new in it is given; if the new one reads differently, all of it, as a new paragraph. So is each further answer.
 */
export class AnswerText {
  /** The text block that is being written: what was given of it, and whether events were lost since it began. */
  #block: { index: number; given: string; lossy: boolean } | undefined;
  /** What was given of the answer that is being written, in all attempts. */
  #answer = '';
  /** What an attempt that broke off has given, and how far the new one has come in repeating it. */
  #retry: { given: string; repeated: string } | undefined;
  /** What the next answer is, besides just the next one. */
  #next: 'answer' | 'retry' | 'continuation' = 'answer';
  #givenAny = false;
  #separator = '';
  #lastFragment: number | undefined;

  /** The text to append for a message; empty for most. */
  add(message: SDKMessage): string {
    switch (message.type) {
      case 'stream_event':
        return this.#onEvent(message);
      case 'assistant':
        if (typeof message.parent_tool_use_id === 'string') return '';
        return message.error === undefined ? message.message.content.map((block) => this.#onBlock(block)).join('') : '';
      case 'system':
        if (message.subtype === 'api_retry') this.#onRetry();
        return '';
      default:
        return '';
    }
  }

  #onEvent({ uuid, event, parent_tool_use_id }: SDKPartialAssistantMessage): string {
    const fragment = fragmentOfUuid(uuid);
    if (fragment !== (this.#lastFragment ?? Number.NaN) + 1 && this.#block !== undefined) this.#block.lossy = true;
    this.#lastFragment = fragment;
    return parent_tool_use_id === null ? this.#onModelEvent(event) : '';
  }

  #onModelEvent(event: StreamEvent): string {
    switch (event.type) {
      case 'message_start':
        this.#onAnswer();
        return '';
      case 'content_block_start':
        if (event.content_block.type !== 'text') return '';
        this.#block = { index: event.index, given: '', lossy: false };
        return this.#append(this.#block, event.content_block.text);
      case 'content_block_delta': {
        const block = this.#block;
        if (event.delta.type !== 'text_delta' || block?.index !== event.index || block.lossy) return '';
        return this.#append(block, event.delta.text);
      }
      case 'message_delta':
        // The next answer goes on in the middle of a sentence.
        if (event.delta.stop_reason === 'max_tokens') this.#next = 'continuation';
        return '';
      default:
        return '';
    }
  }

  #append(block: { given: string }, text: string): string {
    block.given += text;
    return this.#give(text);
  }

  /** A whole block: what of it has not been given. */
  #onBlock(block: ContentBlock): string {
    if (block.type !== 'text') return '';
    const given = this.#block?.given ?? '';
    this.#block = undefined;
    return block.text.startsWith(given) ? this.#give(block.text.slice(given.length)) : '';
  }

  #onRetry(): void {
    this.#block = undefined;
    this.#next = 'retry';
  }

  #onAnswer(): void {
    this.#block = undefined;
    this.#retry = this.#next === 'retry' && this.#answer !== '' ? { given: this.#answer, repeated: '' } : undefined;
    if (this.#next !== 'retry') this.#answer = '';
    if (this.#next === 'answer' && this.#givenAny) this.#separator = '\n\n';
    this.#next = 'answer';
  }

  #give(text: string): string {
    if (text === '') return '';
    const fresh = this.#retry === undefined ? this.#separator + text : this.#afterRetry(this.#retry, text);
    if (fresh === '') return '';
    this.#separator = '';
    this.#answer += text;
    this.#givenAny = true;
    return fresh;
  }

  #afterRetry(retry: { given: string; repeated: string }, text: string): string {
    retry.repeated += text;
    if (retry.given.startsWith(retry.repeated)) return '';
    this.#retry = undefined;
    this.#answer = retry.repeated.slice(0, retry.repeated.length - text.length);
    return retry.repeated.startsWith(retry.given) ? retry.repeated.slice(retry.given.length) : `\n\n${retry.repeated}`;
  }
}
