const NEWLINE = 10;
/** Bytes that surely hold as many characters as a line may have. */
const MAX_BYTES_PER_CHAR = 4;

/**
 * Picks lines out of a text that arrives in pieces and counts the rest; pure. Memory is bounded by what is picked: a line beyond
 * `maxLineChars` is cut with a note, and when `maxChars` are reached the window ends early.
 */
export class LineWindow {
  /** The lines picked, without line ends and without a byte order mark. */
  readonly lines: string[] = [];
  /** A NUL was seen in or before the window: this is no text. */
  binary = false;
  readonly #first: number;
  readonly #maxLineChars: number;
  readonly #maxChars: number;
  #last: number;
  #chars = 0;
  #line = 1;
  #lineBytes = 0;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(o: { first: number; count: number; maxLineChars: number; maxChars: number }) {
    this.#first = o.first;
    this.#last = o.first + o.count - 1;
    this.#maxLineChars = o.maxLineChars;
    this.#maxChars = o.maxChars;
  }

  /** Takes the next piece. */
  add(piece: Uint8Array): void {
    for (let start = 0; start < piece.byteLength;) {
      if (!this.#isWanted()) {
        start = this.#skip(piece, start);
        continue;
      }
      const newline = piece.indexOf(NEWLINE, start);
      const end = newline === -1 ? piece.byteLength : newline;
      this.#keep(piece, start, end);
      if (newline === -1) return;
      this.#endLine();
      start = newline + 1;
    }
  }

  /** The text is whole. @returns how many lines it has. */
  end(): number {
    if (this.#lineBytes === 0) return this.#line - 1;
    if (this.#isWanted()) this.#take(this.#text());
    return this.#line;
  }

  #isWanted(): boolean {
    return this.#line >= this.#first && this.#line <= this.#last;
  }

  /** Counts lines up to the first one wanted, or the end of the piece. @returns where that is. */
  #skip(piece: Uint8Array, start: number): number {
    const isBefore = this.#line < this.#first;
    const wanted = isBefore ? this.#first : Number.POSITIVE_INFINITY;
    let line = this.#line;
    let lineStart = start - this.#lineBytes;
    let at = start;
    // Byte by byte: a search for each line end costs four times as much where lines are short.
    while (at < piece.byteLength && line < wanted) {
      if (piece[at++] !== NEWLINE) continue;
      line++;
      lineStart = at;
    }
    if (isBefore && piece.subarray(start, at).includes(0)) this.binary = true;
    this.#line = line;
    this.#lineBytes = at - lineStart;
    return at;
  }

  #keep(piece: Uint8Array, start: number, end: number): void {
    this.#lineBytes += end - start;
    if (piece.subarray(start, end).includes(0)) this.binary = true;
    const room = this.#maxLineChars * MAX_BYTES_PER_CHAR - this.#keptBytes;
    if (room <= 0 || start === end) return;
    const part = Buffer.from(piece.subarray(start, Math.min(end, start + room)));
    this.#kept.push(part);
    this.#keptBytes += part.byteLength;
  }

  #endLine(): void {
    this.#take(this.#text());
    this.#line++;
    this.#lineBytes = 0;
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #take(line: string): void {
    this.#chars += line.length;
    if (this.#chars > this.#maxChars && this.lines.length > 0) this.#last = this.#line - 1;
    else this.lines.push(line);
  }

  #text(): string {
    // A byte order mark means something only at the very beginning.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: this.#line > 1 });
    const text = decoder.decode(Buffer.concat(this.#kept, this.#keptBytes));
    const isWhole = this.#keptBytes === this.#lineBytes && text.length <= this.#maxLineChars;
    if (isWhole) return text.endsWith('\r') ? text.slice(0, -1) : text;
    // Not in the middle of a surrogate pair.
    const end = this.#maxLineChars - (/[\uD800-\uDBFF]/.test(text.charAt(this.#maxLineChars - 1)) ? 1 : 0);
    return `${text.slice(0, end)} [cut: this line has ${this.#lineBytes} bytes]`;
  }
}
