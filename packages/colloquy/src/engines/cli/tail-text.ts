const MAX_CHARS = 16_000;

/** The end of a text that goes on and on. */
export class TailText {
  #text = '';
  #isCut = false;

  add(piece: string): void {
    this.#text += piece;
    if (this.#text.length <= 2 * MAX_CHARS) return;
    this.#text = this.#text.slice(-MAX_CHARS);
    this.#isCut = true;
  }

  /** At most 16,000 characters of it. */
  text(): string {
    const isCut = this.#isCut || this.#text.length > MAX_CHARS;
    return isCut ? `[…] ${this.#text.slice(-MAX_CHARS)}` : this.#text;
  }
}
