/** Keeps the beginning and the end of a stream, in memory bounded by twice `maxBytes`, and counts what lies between. */
export class OutputWindow {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  #head: Buffer[] = [];
  #headSize = 0;
  #tail: Buffer[] = [];
  #tailSize = 0;
  #total = 0;

  constructor(maxBytes: number) {
    this.#headBytes = Math.floor(maxBytes / 2);
    this.#tailBytes = maxBytes - this.#headBytes;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.byteLength;
    const room = this.#headBytes - this.#headSize;
    const first = chunk.subarray(0, room);
    if (first.byteLength > 0) {
      this.#head.push(first);
      this.#headSize += first.byteLength;
    }
    const rest = chunk.subarray(first.byteLength);
    if (rest.byteLength === 0) return;
    this.#tail.push(rest.byteLength > this.#tailBytes ? Buffer.from(rest.subarray(-this.#tailBytes)) : rest);
    this.#tailSize += Math.min(rest.byteLength, this.#tailBytes);
    if (this.#tailSize > 2 * this.#tailBytes) this.#trim();
  }

  /** Bytes that `text()` leaves out. */
  get droppedBytes(): number {
    return Math.max(0, this.#total - this.#headBytes - this.#tailBytes);
  }

  text(): string {
    this.#trim();
    const dropped = this.droppedBytes;
    if (dropped === 0) return decode(Buffer.concat([...this.#head, ...this.#tail]));
    const head = decode(Buffer.concat(this.#head));
    // A character cut in two by the bounds shows as replacement characters at the cut, which are left out.
    return `${head.replace(/\uFFFD+$/, '')}\n[… ${dropped} bytes left out …]\n${decode(Buffer.concat(this.#tail)).replace(/^\uFFFD+/, '')}`;
  }

  #trim(): void {
    if (this.#tailSize <= this.#tailBytes) return;
    this.#tail = [Buffer.concat(this.#tail).subarray(-this.#tailBytes)];
    this.#tailSize = this.#tailBytes;
  }
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}
