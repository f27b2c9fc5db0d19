import { decodeText, decodeWindows1252 } from './text-encoding.ts';

const NEWLINE = 10;
/** Bytes that surely hold as many characters as a line may have. */
const MAX_BYTES_PER_CHAR = 4;
/** Where lines are shorter, looking at each byte is faster than a search for each line end. */
const SHORT_LINE_BYTES = 64;
const LINES_PER_TRIAL = 16;

/** A line that was picked: its first bytes, and how many it has. */
type Row = { bytes: Buffer; size: number };

/**
 * Picks lines out of a text that arrives in pieces and counts the rest; pure. Memory is bounded by what is picked: a line beyond
 * `maxLineChars` is cut with a note, and when `maxChars` are reached the window ends early.
 */
export class LineWindow {
  /** The lines picked, without line ends and without a byte order mark. */
  readonly lines: string[] = [];
  /** A NUL was seen in the window: this is no text. */
  binary = false;
  /** Of what was picked, once the text is whole. */
  encoding: 'utf-8' | 'windows-1252' = 'utf-8';
  /** Bytes were picked that are no text, and stand as U+FFFD. */
  damaged = false;
  /** The last line has no line end. Known once the text is whole. */
  endsOpen = false;
  readonly #rows: Row[] = [];
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
    if (this.#lineBytes > 0 && this.#isWanted()) this.#take();
    this.endsOpen = this.#lineBytes > 0;
    const total = this.endsOpen ? this.#line : this.#line - 1;
    // A cut line may end inside a character, which says nothing about the encoding.
    const whole = this.#rows.map(({ bytes, size }) => (bytes.byteLength < size ? bytes.subarray(0, -3) : bytes));
    const { encoding, damaged } = decodeText(Buffer.concat(whole));
    this.encoding = encoding === 'windows-1252' ? encoding : 'utf-8';
    this.damaged = damaged;
    this.lines.push(...this.#rows.map((row, index) => this.#toText(row, this.#first + index)));
    return total;
  }

  #isWanted(): boolean {
    return this.#line >= this.#first && this.#line <= this.#last;
  }

  /** Counts lines up to the first one wanted, or the end of the piece. @returns where that is. */
  #skip(piece: Uint8Array, start: number): number {
    const wanted = this.#line < this.#first ? this.#first : Number.POSITIVE_INFINITY;
    let line = this.#line;
    let lineStart = start - this.#lineBytes;
    let at = start;
    while (at < piece.byteLength && line < wanted) {
      const trialStart = at;
      for (let trial = 0; trial < LINES_PER_TRIAL && at < piece.byteLength && line < wanted; trial++) {
        const newline = piece.indexOf(NEWLINE, at);
        at = newline === -1 ? piece.byteLength : newline + 1;
        if (newline === -1) break;
        line++;
        lineStart = at;
      }
      if (at - trialStart > LINES_PER_TRIAL * SHORT_LINE_BYTES) continue;
      const end = Math.min(piece.byteLength, at + LINES_PER_TRIAL * LINES_PER_TRIAL * SHORT_LINE_BYTES);
      while (at < end && line < wanted) {
        if (piece[at++] !== NEWLINE) continue;
        line++;
        lineStart = at;
      }
    }
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
    this.#take();
    this.#line++;
    this.#lineBytes = 0;
  }

  #take(): void {
    const row = { bytes: Buffer.concat(this.#kept, this.#keptBytes), size: this.#lineBytes };
    this.#kept = [];
    this.#keptBytes = 0;
    this.#chars += Math.min(row.bytes.toString().length, this.#maxLineChars);
    if (this.#chars > this.#maxChars && this.#rows.length > 0) this.#last = this.#line - 1;
    else this.#rows.push(row);
  }

  #toText({ bytes, size }: Row, line: number): string {
    const decoded = this.encoding === 'windows-1252' ? decodeWindows1252(bytes) : bytes.toString();
    // A byte order mark means something only at the very beginning.
    const text = line === 1 && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
    const isWhole = bytes.byteLength === size && text.length <= this.#maxLineChars;
    if (isWhole) return text.endsWith('\r') ? text.slice(0, -1) : text;
    // Not in the middle of a surrogate pair.
    const end = this.#maxLineChars - (/[\uD800-\uDBFF]/.test(text.charAt(this.#maxLineChars - 1)) ? 1 : 0);
    return `${text.slice(0, end)} [cut: this line has ${size} bytes]`;
  }
}
