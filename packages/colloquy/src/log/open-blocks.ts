import { isRecord } from '../helpers/is-record.ts';
import { LateMap } from '../helpers/late-map.ts';
import type { Entry, Json, Seq, Thread } from './entries.ts';
import type { OpenBlock } from './live.ts';

/** What a fragment belongs to: a block, or its whole answer. Once released, nobody who comes later needs the fragment. */
export type FragmentOwner = {
  readonly since: Seq;
  released: boolean;
  /** The newest of its fragments that the window had no room for. */
  lostUpTo: number;
};

type BlockState = FragmentOwner & { readonly type: OpenBlock['type'] | 'other'; text: string };
type AnswerState = FragmentOwner & { readonly thread: Thread; readonly blocks: Map<number, BlockState> };

const NOBODY: FragmentOwner = { since: 0, released: true, lostUpTo: 0 };

/** The answers that the model is giving right now, with the text so far of each block whose `model_block` is not durable yet. */
export class OpenBlocks {
  readonly #answers = new LateMap<string, AnswerState>();
  /** Entries that close something, in order, until they are durable. */
  #closing: { seq: Seq; entry: Entry }[] = [];

  /** Takes note of a stream event; `head` is the newest entry before it. */
  add(thread: Thread, request: string, event: Json, head: Seq): FragmentOwner {
    if (!isRecord(event)) return NOBODY;
    const index = event['index'];
    switch (event['type']) {
      case 'message_start':
        return this.#answer(thread, request, head);
      case 'content_block_start':
        return this.#begin(this.#answer(thread, request, head), index, event['content_block']);
      case 'content_block_delta': {
        const answer = this.#answers.get(request);
        const block = typeof index === 'number' ? answer?.blocks.get(index) : undefined;
        if (block === undefined) return answer ?? NOBODY;
        block.text += textOf(event['delta']);
        return block;
      }
      default: {
        // What ends a block or an answer opens none, since its entry may have gone before.
        const answer = this.#answers.get(request);
        const block = typeof index === 'number' ? answer?.blocks.get(index) : undefined;
        return block ?? answer ?? NOBODY;
      }
    }
  }

  /** Takes note of a published entry; what it closes stays open until the entry is durable. */
  published(entry: Entry): void {
    if (this.#answers.size === 0) return;
    switch (entry.kind) {
      case 'model_block':
      case 'model_response':
      case 'model_error':
      case 'turn_end':
        this.#closing.push({ seq: entry.seq, entry });
        break;
      default:
    }
  }

  /** Closes what the entries up to `upTo` end. */
  durable(upTo: Seq): void {
    let closed = 0;
    for (const { seq, entry } of this.#closing) {
      if (seq > upTo) break;
      closed += 1;
      if (entry.kind === 'model_block') this.#closeBlock(entry.request, entry.index);
      else if (entry.kind === 'model_response' || entry.kind === 'model_error') this.#closeAnswer(entry.request);
      else this.#closeThread(entry.thread);
    }
    if (closed > 0) this.#closing = this.#closing.slice(closed);
  }

  /** Whether a reader who was told the fragments up to `frag` can no longer be told all of what is open. */
  hasLostAfter(frag: number): boolean {
    for (const { blocks } of this.#answers.values()) {
      for (const block of blocks.values()) if (block.lostUpTo > frag) return true;
    }
    return false;
  }

  /** The entry that a reader must have been told before it can make sense of what is open. */
  since(): Seq {
    let since = 0;
    for (const answer of this.#answers.values()) since = Math.max(since, answer.since);
    return since;
  }

  /** The text so far of each open block, in the order in which they began. */
  list(): OpenBlock[] {
    const open: OpenBlock[] = [];
    for (const [request, { thread, blocks }] of this.#answers) {
      for (const [index, { type, text }] of blocks) {
        if (type !== 'other') open.push({ request, index, text, type, thread });
      }
    }
    return open;
  }

  clear(): void {
    this.#answers.clear();
    this.#closing = [];
  }

  #answer(thread: Thread, request: string, head: Seq): AnswerState {
    const known = this.#answers.get(request);
    if (known !== undefined) return known;
    const answer: AnswerState = { thread, since: head, released: false, lostUpTo: 0, blocks: new Map() };
    this.#answers.set(request, answer);
    return answer;
  }

  #begin(answer: AnswerState, index: Json, content: Json): FragmentOwner {
    if (typeof index !== 'number' || !isRecord(content)) return answer;
    const type = content['type'] === 'text' || content['type'] === 'thinking' ? content['type'] : 'other';
    const block: BlockState = { since: answer.since, released: false, lostUpTo: 0, type, text: textOf(content) };
    answer.blocks.set(index, block);
    return block;
  }

  #closeBlock(request: string, index: number): void {
    const answer = this.#answers.get(request);
    const block = answer?.blocks.get(index);
    if (answer === undefined || block === undefined) return;
    block.released = true;
    // With a block told, nobody needs the beginning of the answer any longer.
    answer.released = true;
    answer.blocks.delete(index);
  }

  #closeAnswer(request: string): void {
    const answer = this.#answers.get(request);
    if (answer === undefined) return;
    answer.released = true;
    for (const block of answer.blocks.values()) block.released = true;
    this.#answers.delete(request);
  }

  #closeThread(thread: Thread): void {
    for (const [request, answer] of this.#answers) if (answer.thread === thread) this.#closeAnswer(request);
  }
}

/** The text of a text or thinking block, or of a delta to one. */
function textOf(part: Json): string {
  if (!isRecord(part)) return '';
  if (typeof part['text'] === 'string') return part['text'];
  return typeof part['thinking'] === 'string' ? part['thinking'] : '';
}
