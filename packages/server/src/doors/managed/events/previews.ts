import type { Entry, Json, Live, Seq } from 'colloquy/internal';
import { messageId, thinkingId } from './fold-model.ts';

/** What is told of an event that is not there yet. */
export type Preview =
  | { type: 'event_start'; event: { type: 'agent.message' | 'agent.thinking'; id: string } }
  | {
      type: 'event_delta';
      event_id: string;
      delta: { type: 'content_delta'; index: number; content: { type: 'text'; text: string } };
    };

type OpenAnswer = {
  /** The entry of its request. */
  seq: Seq;
  isStarted: boolean;
  /** Text blocks by their place among the answer's blocks, as numbers among its texts. */
  texts: Map<number, number>;
};

/** What the model is saying right now, as previews of the events that will tell it. A request's entry comes before its fragments. */
export class Previews {
  readonly #session: string;
  readonly #answers = new Map<string, OpenAnswer>();

  constructor(session: string) {
    this.#session = session;
  }

  entry(entry: Entry): void {
    if (entry.thread !== 'main') return;
    if (entry.kind === 'model_request')
      this.#answers.set(entry.request, { seq: entry.seq, isStarted: false, texts: new Map() });
    if (entry.kind === 'model_response' || entry.kind === 'model_error') this.#answers.delete(entry.request);
    if (entry.kind === 'turn_end') this.#answers.clear();
  }

  /** Fragments were lost: of what is open, nothing more is previewed. */
  gap(): void {
    this.#answers.clear();
  }

  /** What a fragment brings, and the entry of the request that it answers. */
  fragment({ request, event }: Live & { type: 'fragment' }): { seq: Seq; previews: Preview[] } | undefined {
    const answer = this.#answers.get(request);
    if (answer === undefined) return undefined;
    // The turn publishes events of the model's stream.
    const { type, index = 0, content_block, delta } = event as StreamEvent;
    if (type === 'content_block_start') {
      const isThinking = content_block?.type === 'thinking' || content_block?.type === 'redacted_thinking';
      if (!isThinking) return { seq: answer.seq, previews: this.#text(answer, index, content_block?.text) };
      const id = thinkingId(this.#session, answer.seq, index);
      return { seq: answer.seq, previews: [{ type: 'event_start', event: { type: 'agent.thinking', id } }] };
    }
    if (type === 'content_block_delta') return { seq: answer.seq, previews: this.#text(answer, index, delta?.text) };
    return undefined;
  }

  /** Texts are numbered as they come to have any: what is empty is not in the event either. */
  #text(answer: OpenAnswer, block: number, text: Json): Preview[] {
    if (typeof text !== 'string' || text === '') return [];
    const id = messageId(this.#session, answer.seq);
    const index = answer.texts.get(block) ?? answer.texts.size;
    answer.texts.set(block, index);
    const previews: Preview[] = answer.isStarted ? [] : [{ type: 'event_start', event: { type: 'agent.message', id } }];
    answer.isStarted = true;
    const content = { type: 'text' as const, text };
    return [...previews, { type: 'event_delta', event_id: id, delta: { type: 'content_delta', index, content } }];
  }
}

type StreamEvent = {
  type: string;
  index?: number;
  content_block?: { type: string; text?: string };
  delta?: { text?: string };
};
