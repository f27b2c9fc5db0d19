import type { SDKMessage } from 'colloquy';

export type Frame = { id: string | undefined; event: string; data: unknown; message: SDKMessage | undefined };

/** Reads a stream of SSE frames one by one, and can be closed in the middle as a lost connection is. */
export class SseReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #frames: Frame[] = [];
  #text = '';

  constructor(response: Response) {
    if (response.body === null) throw new Error('The response has no body');
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next frame with data; undefined at the end of the stream. */
  async next(): Promise<Frame | undefined> {
    while (this.#frames.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#take(value);
    }
    return this.#frames.shift();
  }

  /** The frames up to and including the first that fits. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      frames.push(frame);
      if (fits(frame)) return frames;
    }
    throw new Error(`The stream ended after ${frames.length} frames without what was waited for`);
  }

  async close(): Promise<void> {
    // A connection that has broken refuses to be cancelled, and is closed all the same.
    await this.#reader.cancel().catch(() => undefined);
  }

  #take(chunk: string): void {
    const parts = (this.#text + chunk).split('\n\n');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data === undefined) continue;
      const event = fields.get('event') ?? 'message';
      const parsed: unknown = JSON.parse(data);
      // Frames without an event name hold a message.
      const message = event === 'message' ? (parsed as SDKMessage) : undefined;
      this.#frames.push({ id: fields.get('id'), event, data: parsed, message });
    }
  }
}
