import type { SDKMessage } from 'colloquy';

export type RawFrame = { id: string; data: SDKMessage };

/** Reads a bare stream as a browser's own `EventSource` does: it keeps the last id, comes back with it, and drops nothing. */
export class RawReader {
  readonly #url: string;
  readonly #key: string;
  readonly #frames: RawFrame[] = [];
  #lastId = '';

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** The frames of messages up to the first that fits. */
  async readUntil(fits: (frame: RawFrame) => boolean): Promise<readonly RawFrame[]> {
    while (!this.#frames.some(fits)) await this.#readOnce(fits);
    return this.#frames;
  }

  async #readOnce(fits: (frame: RawFrame) => boolean): Promise<void> {
    const left = new AbortController();
    const resume: Record<string, string> = this.#lastId === '' ? {} : { 'last-event-id': this.#lastId };
    let text = '';
    const decoder = new TextDecoder();
    try {
      const headers = { authorization: `Bearer ${this.#key}`, ...resume };
      const response = await fetch(this.#url, { headers, signal: left.signal });
      if (!response.ok) throw new Error(`The stream is refused: ${response.status} ${await response.text()}`);
      for await (const chunk of response.body ?? []) {
        const parts = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) this.#take(part);
        if (this.#frames.some(fits)) return;
      }
    } catch (error) {
      // `fetch` tells a broken connection in this way.
      if (!(error instanceof TypeError)) throw error;
    } finally {
      left.abort();
    }
  }

  /** A whole frame. Signals have no id, and gaps tell of no message. */
  #take(part: string): void {
    const fields = new Map(
      part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const [id, data] = [fields.get('id'), fields.get('data')];
    if (id === undefined || data === undefined) return;
    this.#lastId = id;
    if (!fields.has('event')) this.#frames.push({ id, data: JSON.parse(data) as SDKMessage });
  }
}
