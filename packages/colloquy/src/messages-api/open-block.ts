import { isRecord } from '../helpers/is-record.ts';
import { invalidStream } from './api-error.ts';
import type { ContentBlock, ContentDelta } from './types.ts';

/** A block that has ended, as the answer has it. */
export type FinishedBlock = {
  index: number;
  block: ContentBlock;
  /**
   * The block was cut: a tool's input that is not whole JSON, or thinking without its signature. It is good for showing only: it must
   * not be run, kept in the history or sent back, and `message()` leaves it out. That the answer was cut there, and not broken, is
   * known with its stop reason; until then `add` may still throw.
   */
  incomplete?: true;
  /** The input of an incomplete tool use as far as it came; `block.input` is then `{}`. */
  partialJson?: string;
  /** Deltas of types that are not known, as they came, and such events; they could not be worked into the block. */
  unknownDeltas?: unknown[];
};

/** A block being received; deltas are worked in as they come, and its JSON is parsed once, at the end. */
export class OpenBlock {
  readonly index: number;
  readonly block: ContentBlock;
  readonly #requestId: string | undefined;
  #json: string | undefined;
  #unknownDeltas: unknown[] | undefined;

  constructor(index: number, block: ContentBlock, requestId: string | undefined) {
    this.index = index;
    this.block = { ...block };
    // The event goes on to readers: its array must not grow with our block.
    if (this.block.type === 'text' && this.block.citations) this.block.citations = [...this.block.citations];
    this.#requestId = requestId;
  }

  /**
   * A block of a type that is not known takes the deltas it has a field for.
   * @throws APIError if the delta does not go with the type of the block.
   */
  add(delta: ContentDelta): void {
    const { block } = this;
    const fields: Record<string, unknown> = block;
    switch (delta.type) {
      case 'text_delta':
        return this.#append('text', delta.text, delta);
      case 'thinking_delta':
        return this.#append('thinking', delta.thinking, delta);
      case 'signature_delta':
        if (block.type !== 'thinking' && !('signature' in fields)) return this.#elsewhere(delta);
        fields['signature'] = delta.signature;
        return;
      case 'input_json_delta':
        if (!isToolUse(block) && !('input' in fields)) return this.#elsewhere(delta);
        this.#json = (this.#json ?? '') + delta.partial_json;
        return;
      case 'citations_delta':
        if (block.type !== 'text') return this.#elsewhere(delta);
        (block.citations ??= []).push(delta.citation);
        return;
      case 'compaction_delta':
        return this.#compact(delta);
      default:
        this.keepUnknown(delta);
        return delta satisfies never;
    }
  }

  /** @throws APIError if the tool's input is JSON, but not an object. */
  finish(): FinishedBlock {
    const unknown = this.#unknownDeltas === undefined ? {} : { unknownDeltas: this.#unknownDeltas };
    const { index, block } = this;
    if (block.type === 'text') inOnePiece(block.text);
    if (isToolUse(block) || this.#json !== undefined) return { ...this.#finishTool(block), ...unknown };
    if (block.type === 'thinking' && !hasSignature(block)) return { index, block, incomplete: true, ...unknown };
    return { index, block, ...unknown };
  }

  // Some gateways send the whole input with the start of the block and no pieces of it: then that counts.
  #finishTool(block: ContentBlock): FinishedBlock {
    const { index } = this;
    const fields: Record<string, unknown> = block;
    const json = this.#json ?? '';
    try {
      fields['input'] = json === '' ? (fields['input'] ?? {}) : JSON.parse(json);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      fields['input'] = {};
      return { index, block, incomplete: true, partialJson: json };
    }
    if (isRecord(fields['input'])) return { index, block };
    throw invalidStream(`the input of block ${index} (${nameOf(block)}) is not an object`, {
      requestId: this.#requestId,
    });
  }

  #append(field: 'text' | 'thinking', piece: string, delta: ContentDelta): void {
    const fields: Record<string, unknown> = this.block;
    const text = fields[field];
    if (typeof text === 'string') fields[field] = text + piece;
    else this.#elsewhere(delta);
  }

  #compact(delta: ContentDelta & { type: 'compaction_delta' }): void {
    const fields: Record<string, unknown> = this.block;
    if (fields['type'] !== 'compaction') return this.#elsewhere(delta);
    const { type: _, ...values } = delta;
    Object.assign(fields, values);
  }

  // A type of block that is not known may take any delta; one that is known has been given what belongs to another.
  #elsewhere(delta: ContentDelta): void {
    const { type } = this.block;
    if (KNOWN_TYPES.has(type)) {
      throw invalidStream(`block ${this.index} is ${type} and was sent ${delta.type}`, {
        requestId: this.#requestId,
      });
    }
    this.keepUnknown(delta);
  }

  /** Something came for this block that is not known. */
  keepUnknown(delta: unknown): void {
    (this.#unknownDeltas ??= []).push(delta);
  }
}

/**
 * A text that was put together delta by delta holds each of them in 32 bytes more, for as long as the session, until something looks
 * into the whole: this does.
 */
function inOnePiece(text: string): void {
  /$/m.test(text);
}

const KNOWN_TYPES: ReadonlySet<string> = new Set<ContentBlock['type']>([
  'text',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'server_tool_use',
]);

/** What an incomplete block lacks, for a message. */
export function lackOf({ index, block }: FinishedBlock): string {
  if (block.type === 'thinking') return `the thinking of block ${index} has no signature`;
  return `the input of block ${index} (${nameOf(block)}) is not JSON`;
}

function isToolUse(block: ContentBlock): boolean {
  return block.type === 'tool_use' || block.type === 'server_tool_use';
}

function hasSignature(block: ContentBlock & { type: 'thinking' }): boolean {
  return typeof block.signature === 'string' && block.signature !== '';
}

function nameOf(block: ContentBlock): string {
  return 'name' in block ? block.name : block.type;
}
