import { invalidStream } from './api-error.ts';
import { type FinishedBlock, lackOf, OpenBlock } from './open-block.ts';
import type { ApiMessage, ContentBlock, StopDetails, StreamEvent, Usage } from './types.ts';

// With these the API stops wherever it is; with any other reason a block that is not whole is a broken answer.
const CUTTING_REASONS: ReadonlySet<string> = new Set(['max_tokens', 'model_context_window_exceeded', 'refusal']);

/** No answer has so many; each is kept with its own place in the log. */
const MAX_BLOCKS = 10_000;

const NO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
};

/**
 * Builds one message from the events of its stream, strictly: what the protocol forbids throws an APIError of type `invalid_stream`,
 * and then nothing of the answer may be used. Events, blocks and deltas of unknown types are kept or passed over. Pure.
 * @see docs/internals/facts/messages-api.md, 5
 */
export class MessageAccumulator {
  readonly #requestId: string | undefined;
  readonly #blocks: FinishedBlock[] = [];
  readonly #toolUseIds = new Set<string>();
  #message: ApiMessage | undefined;
  #usage: Usage = NO_USAGE;
  #open: OpenBlock | undefined;
  #done = false;

  /** `requestId` goes into the errors. */
  constructor(o?: { requestId?: string | undefined }) {
    this.#requestId = o?.requestId;
  }

  /** Takes the next event; returns the block that ended with it, if one did. @throws APIError of type `invalid_stream` */
  add(event: StreamEvent): FinishedBlock | undefined {
    if (this.#done) throw this.#invalid(`${event.type} came after message_stop`);
    switch (event.type) {
      case 'content_block_delta':
        this.#openBlock(event.index, event.type).add(event.delta);
        return undefined;
      case 'content_block_start':
        this.#startBlock(event.index, event.content_block);
        return undefined;
      case 'content_block_stop':
        return this.#finishBlock(this.#openBlock(event.index, event.type));
      case 'message_start':
        this.#startMessage(event.message);
        return undefined;
      case 'message_delta':
        this.#addToMessage(event);
        return undefined;
      case 'message_stop':
        this.#finishMessage();
        return undefined;
      default:
        // Pings, and what the API may send tomorrow. Errors have become exceptions before they come here.
        if (this.#open !== undefined && 'index' in event) this.#open.keepUnknown(event);
        return undefined;
    }
  }

  /** Whether `message_stop` has come: the only proof that the answer is whole. */
  get done(): boolean {
    return this.#done;
  }

  /** Empty before `message_start`. */
  get id(): string {
    return this.#message?.id ?? '';
  }

  /** The model that answers, as it names itself; empty before `message_start`. */
  get model(): string {
    return this.#message?.model ?? '';
  }

  /** The newest totals; all zero before `message_start`. */
  get usage(): Usage {
    return this.#usage;
  }

  get stopReason(): string | null {
    return this.#message?.stop_reason ?? null;
  }

  get stopDetails(): StopDetails {
    return this.#message?.stop_details ?? null;
  }

  /**
   * Ids of tool uses that must not be run, complete once `done`: those whose input was cut, or came in part as deltas that are not
   * known; the last block of an answer that ran out of tokens even if its input looks whole; all of a refused answer. `message()`
   * leaves them out.
   */
  get cutToolUses(): ReadonlySet<string> {
    const cut = this.#blocks.filter((finished) => this.#isCut(finished));
    return new Set(cut.flatMap(({ block }) => (block.type === 'tool_use' ? [block.id] : [])));
  }

  /** The message, without blocks that were cut. @throws APIError of type `invalid_stream` if it is not whole */
  message(): ApiMessage {
    if (this.#message === undefined || !this.#done) throw this.#invalid('it ended before message_stop');
    const whole = this.#blocks.filter((finished) => !this.#isCut(finished));
    return { ...this.#message, content: whole.map(({ block }) => block), usage: this.#usage };
  }

  /**
   * What an interrupt leaves of the block being received: text, if it is not blank. A cut tool use or unsigned thinking is worth
   * nothing. The blocks that ended have been returned by `add`.
   */
  partial(): { index: number; block: ContentBlock }[] {
    const open = this.#open;
    if (open?.block.type !== 'text' || open.block.text.trim() === '') return [];
    return [{ index: open.index, block: { ...open.block } }];
  }

  /** The text so far of the block being received, for readers that come late. */
  openText(): { index: number; text: string }[] {
    const open = this.#open;
    return open?.block.type === 'text' && open.block.text !== '' ? [{ index: open.index, text: open.block.text }] : [];
  }

  #startMessage(message: ApiMessage): void {
    if (this.#message !== undefined) throw this.#invalid('message_start came twice');
    if (message.content.length > 0) throw this.#invalid('message_start has content already');
    // Some gateways leave out what is null.
    this.#message = {
      ...message,
      stop_reason: message.stop_reason ?? null,
      stop_sequence: message.stop_sequence ?? null,
    };
    this.#usage = { ...NO_USAGE, ...present(message.usage) };
  }

  #startBlock(index: number, block: ContentBlock): void {
    const message = this.#started('content_block_start');
    if (this.#open !== undefined) throw this.#invalid(`block ${index} began before block ${this.#open.index} ended`);
    if (message.stop_reason !== null) throw this.#invalid(`block ${index} began after the stop reason`);
    const last = this.#blocks.at(-1);
    if (last !== undefined && index <= last.index) throw this.#invalid(`block ${index} came after block ${last.index}`);
    if (this.#blocks.length >= MAX_BLOCKS) throw this.#invalid(`it has more than ${MAX_BLOCKS} blocks`);
    // Only the last block of an answer can have been cut.
    if (last?.incomplete) throw this.#invalid(lackOf(last));
    if (block.type === 'tool_use' || block.type === 'server_tool_use') {
      if (this.#toolUseIds.has(block.id)) throw this.#invalid(`two tool uses have the id ${block.id}`);
      this.#toolUseIds.add(block.id);
    }
    this.#open = new OpenBlock(index, block, this.#requestId);
  }

  #openBlock(index: number, event: string): OpenBlock {
    const open = this.#open;
    if (open === undefined || open.index !== index)
      throw this.#invalid(`${event} for block ${index}, which is not open`);
    return open;
  }

  #finishBlock(open: OpenBlock): FinishedBlock {
    const finished = open.finish();
    this.#open = undefined;
    this.#blocks.push(finished);
    return finished;
  }

  #addToMessage({ type, delta, usage, ...beside }: StreamEvent & { type: 'message_delta' }): void {
    const message = this.#started(type);
    const told = present(delta);
    if (told.stop_reason !== undefined && this.#open !== undefined) {
      throw this.#invalid(`the stop reason came before block ${this.#open.index} ended`);
    }
    // Fields beside the delta are those of betas, such as `context_management`; they belong to the message.
    Object.assign(message, present(beside), told);
    if (usage !== undefined && usage !== null) this.#usage = { ...this.#usage, ...present(usage) };
    if (told.stop_reason !== undefined) this.#checkLast();
  }

  #finishMessage(): void {
    this.#started('message_stop');
    if (this.#open !== undefined) throw this.#invalid(`message_stop came before block ${this.#open.index} ended`);
    this.#checkLast();
    this.#done = true;
  }

  #checkLast(): void {
    const last = this.#blocks.at(-1);
    if (last?.incomplete && !CUTTING_REASONS.has(this.stopReason ?? '')) throw this.#invalid(lackOf(last));
  }

  #isCut(finished: FinishedBlock): boolean {
    if (finished.incomplete) return true;
    if (finished.block.type === 'tool_use' && finished.unknownDeltas !== undefined) return true;
    if (finished.block.type !== 'tool_use' || !CUTTING_REASONS.has(this.stopReason ?? '')) return false;
    return this.stopReason === 'refusal' || finished === this.#blocks.at(-1);
  }

  #started(event: string): ApiMessage {
    if (this.#message === undefined) throw this.#invalid(`${event} came before message_start`);
    return this.#message;
  }

  #invalid(what: string): Error {
    return invalidStream(what, { requestId: this.#requestId });
  }
}

// In running totals and deltas, absent and null both mean unchanged.
function present<T extends object>(fields: T): Partial<T> {
  // The keys are those of T; only some are missing.
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}
