import type { ToolOutcome } from '../tool.ts';
import { LineWindow } from './line-window.ts';
import { encodingName, isBinary, markedEncoding, type TextEncoding } from './text-encoding.ts';

const DEFAULT_LINES = 2000;
const MAX_LINE_CHARS = 2000;
const MAX_CHARS = 100_000;
const MAX_LARGE_CHARS = 190_000;

export const LINE_LIMITS = { DEFAULT_LINES, MAX_LINE_CHARS, MAX_CHARS, MAX_LARGE_CHARS } as const;

export type LinesOutput = {
  type: 'text';
  file: { filePath: string; content: string; numLines: number; startLine: number; totalLines: number };
};

/** Picks lines out of the pieces of a text file and tells of them, in memory that does not grow with the file. */
export class LineReader {
  /** This is no text. */
  binary = false;
  readonly #window: LineWindow;
  readonly #offset: number;
  readonly #limit: number;
  #encoding: TextEncoding | undefined;
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #hasBegun = false;

  constructor({ offset = 1, limit = DEFAULT_LINES, allow_large = false }: LineRange) {
    this.#offset = offset;
    this.#limit = limit;
    this.#window = new LineWindow({
      first: offset,
      count: limit,
      maxLineChars: MAX_LINE_CHARS,
      maxChars: allow_large ? MAX_LARGE_CHARS : MAX_CHARS,
    });
  }

  /** Takes the next piece. @returns false when no more is wanted, because this is no text. */
  add(piece: Uint8Array): boolean {
    if (!this.#hasBegun) this.#begin(piece);
    // UTF-16 is turned into UTF-8 on the way, so that line ends are single bytes.
    this.#window.add(this.#decoder === undefined ? piece : Buffer.from(this.#decoder.decode(piece, { stream: true })));
    this.binary ||= this.#window.binary;
    return !this.binary;
  }

  /** The text is whole. */
  end(filePath: string): ToolOutcome<LinesOutput> {
    const totalLines = this.#window.end();
    const { lines, encoding, damaged } = this.#window;
    const notes = [
      ...this.#rangeNote(lines, totalLines),
      ...encodingNote(this.#encoding ?? encoding),
      ...(damaged ? ['[Some bytes are not valid text; they are shown as \uFFFD. Edit refuses such a file.]'] : []),
    ];
    const numbered = lines.map((line, index) => `${this.#offset + index}\t${line}`).join('\n');
    const content = [numbered, notes.join('\n')].filter((part) => part !== '').join('\n\n');
    return { content, structured: { type: 'text', file: this.#toFile(filePath, totalLines) } };
  }

  /** For programs what follows the last line end is a line too, if an empty one: text that is split at line ends has it. */
  #toFile(filePath: string, totalLines: number): LinesOutput['file'] {
    const { lines, endsOpen } = this.#window;
    const isAtEnd = this.#offset + lines.length - 1 === totalLines && lines.length < this.#limit;
    const told = isAtEnd && !endsOpen ? [...lines, ''] : lines;
    return {
      filePath,
      content: told.join('\n'),
      numLines: told.length,
      startLine: this.#offset,
      totalLines: totalLines + (endsOpen ? 0 : 1),
    };
  }

  #begin(piece: Uint8Array): void {
    this.#hasBegun = true;
    this.binary = isBinary(piece);
    const marked = markedEncoding(piece);
    if (marked !== 'utf-16le' && marked !== 'utf-16be') return;
    this.#encoding = marked;
    this.#decoder = new TextDecoder(marked);
  }

  #rangeNote(lines: readonly string[], totalLines: number): string[] {
    if (totalLines === 0) return ['[The file exists and is empty.]'];
    if (lines.length === 0) return [`[The file has ${totalLines} lines; there is no line ${this.#offset}.]`];
    const last = this.#offset + lines.length - 1;
    if (last === totalLines) return [];
    return [`[Lines ${this.#offset} to ${last} of ${totalLines}. To see more, read with offset ${last + 1}.]`];
  }
}

export type LineRange = {
  offset?: number | undefined;
  limit?: number | undefined;
  allow_large?: boolean | undefined;
};

function encodingNote(encoding: TextEncoding): string[] {
  if (encoding === 'utf-8') return [];
  return [`[The file is in ${encodingName(encoding)}, and edits keep that.]`];
}
