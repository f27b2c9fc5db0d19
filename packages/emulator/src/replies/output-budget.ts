import { BYTES_PER_TOKEN } from '../prompt/block-bytes.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';

/** Counts what an answer says, and ends it at `max_tokens`, or earlier where the context window is full. */
export class OutputBudget {
  readonly #bytes: number;
  readonly reason: 'max_tokens' | 'model_context_window_exceeded';
  spentBytes = 0;
  isExceeded: boolean;

  constructor({ request, model, inputTokens }: Pick<CheckedRequest, 'request' | 'model' | 'inputTokens'>) {
    const room = model.maxInputTokens - inputTokens;
    this.reason = request.max_tokens <= room ? 'max_tokens' : 'model_context_window_exceeded';
    this.#bytes = Math.min(request.max_tokens, room) * BYTES_PER_TOKEN;
    this.isExceeded = this.#bytes === 0;
  }

  /** The deltas that fit into what is left; the last one is cut between characters. */
  take(deltas: readonly string[]): readonly string[] {
    const all = byteLengthOf(deltas);
    if (this.spentBytes + all <= this.#bytes) {
      this.spentBytes += all;
      return deltas;
    }
    this.isExceeded = true;
    for (const [index, delta] of deltas.entries()) {
      const bytes = Buffer.byteLength(delta);
      if (this.spentBytes + bytes > this.#bytes) {
        const rest = firstBytes(delta, this.#bytes - this.spentBytes);
        this.spentBytes = this.#bytes;
        return [...deltas.slice(0, index), ...(rest === '' ? [] : [rest])];
      }
      this.spentBytes += bytes;
    }
    return deltas;
  }
}

/** Long lists of deltas are made once and sent often, so their lengths are kept. */
const lengths = new WeakMap<readonly string[], number>();
const LONG = 1000;

function byteLengthOf(deltas: readonly string[]): number {
  if (deltas.length < LONG) return Buffer.byteLength(deltas.join(''));
  const known = lengths.get(deltas) ?? Buffer.byteLength(deltas.join(''));
  lengths.set(deltas, known);
  return known;
}

function firstBytes(text: string, bytes: number): string {
  let kept = '';
  let spent = 0;
  for (const character of text) {
    spent += Buffer.byteLength(character);
    if (spent > bytes) break;
    kept += character;
  }
  return kept;
}
