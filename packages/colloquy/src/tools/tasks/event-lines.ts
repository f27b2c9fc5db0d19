import { delay } from '../../helpers/delay.ts';
import { plainText } from '../text/plain-text.ts';

/** Lines that come together are told together. */
const GATHER_MS = 200;
/** Between two tellings, each of which may be a turn. */
const MIN_INTERVAL_MS = 1000;
const MAX_LINES = 100;
const MAX_LINE_CHARS = 1000;
/** A watcher that prints so many lines more than can be told is of no use. */
const MAX_LEFT_OUT = 10_000;

/** Lines of a watcher's output on their way to the model: a bounded number waits, and of what is more the newest stay. */
export class EventLines {
  #rest = '';
  #lines: string[] = [];
  #leftOut = 0;
  #wake: () => void = () => {};
  readonly #decoder = new TextDecoder();
  readonly #onFlood: () => void;

  /** `onFlood` is told when far more lines come than can be told. */
  constructor(onFlood: () => void) {
    this.#onFlood = onFlood;
  }

  add(piece: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split(/\r?\n/);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    for (const line of lines) this.#push(line);
  }

  /** What was not told yet, the unfinished line too; empty if there is nothing. */
  takeAll(): string {
    this.#push(this.#rest);
    this.#rest = '';
    return this.#take();
  }

  /** Tells what comes, not too often, until the signal aborts. Never rejects. */
  async tellTo(tell: (text: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#lines.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
        await delay(GATHER_MS, { signal });
        const text = this.#take();
        if (text === '') continue;
        await tell(text);
        await delay(MIN_INTERVAL_MS - GATHER_MS, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #push(line: string): void {
    const text = plainText(line.slice(0, MAX_LINE_CHARS)).trimEnd();
    if (text === '') return;
    this.#lines.push(text);
    if (this.#lines.length > MAX_LINES) {
      this.#lines.shift();
      this.#leftOut += 1;
      if (this.#leftOut === MAX_LEFT_OUT) this.#onFlood();
    }
    this.#wake();
  }

  #take(): string {
    const lines = this.#lines;
    const before = this.#leftOut === 0 ? [] : [`[${this.#leftOut} earlier lines left out]`];
    this.#lines = [];
    this.#leftOut = 0;
    return [...before, ...lines].join('\n');
  }
}
