import { MessageAccumulator } from '../messages-api/accumulate-message.ts';
import { messageToEvents } from '../messages-api/message-to-events.ts';
import type { ApiMessage, ContentBlock, StreamEvent, Usage } from '../messages-api/types.ts';

/** One event of an answer as it comes. */
export type StreamChunk = {
  /** `message_start`, `content_block_start`, `content_block_delta`, `content_block_stop`, `message_delta`, `message_stop`, or a newer one. */
  eventType: StreamEvent['type'];
  /** The event as the API has sent it. */
  data: StreamEvent;
  /** The text that is new with a `text_delta`; undefined for everything else. */
  textDelta: string | undefined;
  /**
   * The block that is whole with a `content_block_stop`, a tool's input parsed; undefined for everything else, and for a block that was
   * cut. Whether a call may be run is known only at the end of the answer: take calls from there.
   */
  contentBlock: ContentBlock | undefined;
};

/** Makes chunks of the events of one answer, and its message. Pure. */
export class ChunkReader {
  readonly #answer: MessageAccumulator;
  readonly #whole: ContentBlock[] = [];

  constructor(requestId: string | undefined) {
    this.#answer = new MessageAccumulator({ requestId });
  }

  /** @throws APIError of type `invalid_stream` for what the protocol forbids */
  read(event: StreamEvent): StreamChunk {
    const finished = this.#answer.add(event);
    const block = finished === undefined || finished.incomplete === true ? undefined : finished.block;
    if (block !== undefined) this.#whole.push(block);
    return { eventType: event.type, data: event, textDelta: textDeltaOf(event), contentBlock: block };
  }

  /** Whether an answer has begun, which will be billed. */
  get begun(): boolean {
    return this.#answer.id !== '';
  }

  get done(): boolean {
    return this.#answer.done;
  }

  get usage(): Usage {
    return this.#answer.usage;
  }

  /** What came so far: whole blocks, and the text of one that is still open. */
  get blocks(): ContentBlock[] {
    return [...this.#whole, ...this.#answer.partial().map(({ block }) => block)];
  }

  /** @throws APIError of type `invalid_stream` if it is not whole */
  message(): ApiMessage {
    return this.#answer.message();
  }
}

/** A message that came in one piece as the events of a stream: each text is one delta. */
export function eventsOf(message: ApiMessage): StreamEvent[] {
  return messageToEvents(message).flatMap((event): StreamEvent[] => {
    if (event.type !== 'content_block_start' || event.content_block.type !== 'text') return [event];
    const { index, content_block: block } = event;
    return [
      { ...event, content_block: { ...block, text: '' } },
      { type: 'content_block_delta', index, delta: { type: 'text_delta', text: block.text } },
    ];
  });
}

function textDeltaOf(event: StreamEvent): string | undefined {
  return event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : undefined;
}
