/** Far more than any message; what is longer is not Claude Code's. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const LINE_FEED = 10;

/**
 * Cuts bytes into lines, as they come. The parts of a long line are joined once, at its end, so that a line of many megabytes costs
 * what its bytes cost; a character may be cut anywhere.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this piece. @throws RangeError for a line that is too long. */
  add(piece: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, from)) {
      lines.push(this.#take(piece.subarray(from, end)));
      from = end + 1;
    }
    if (from < piece.length) this.#hold(piece.subarray(from));
    return lines;
  }

  /** What came after the last line feed. */
  rest(): string {
    return this.#take(Buffer.alloc(0));
  }

  #hold(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new RangeError(`A line is longer than ${this.#maxBytes} bytes`);
    this.#parts.push(part);
  }

  #take(last: Buffer): string {
    if (this.#parts.length === 0) return last.toString('utf8');
    const whole = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#bytes = 0;
    return whole.toString('utf8');
  }
}
