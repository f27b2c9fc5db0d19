import { Conversation } from '../conversation.ts';
import { AbortError, ConfigurationError } from '../errors.ts';
import { abortErrorOf, atBorder } from '../helpers/abort-error.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { Options } from '../options/options.ts';
import { checkCount } from './check-bounds.ts';
import { type Release, Slots } from './slots.ts';

export type BufferedClientOptions<T> = {
  /** So many prompts and answers together may be held; then `send` waits until an answer is taken. Default 100. */
  maxBuffered?: number | undefined;
  /** Of the conversation in which the prompts are asked. */
  options?: Options | undefined;
  /** Asks in another way, such as `(prompt, signal) => chat.chat(prompt, { signal })`. */
  ask?: ((prompt: string, signal: AbortSignal) => PromiseLike<T> | T) | undefined;
};

/** What came of a prompt. `number` counts from 1, in the order in which they were sent. */
export type BufferedAnswer<T> = { number: number; prompt: string } & (
  | { ok: true; answer: T }
  | { ok: false; error: unknown }
);

/**
 * A buffer between those who ask and those who take the answers: prompts are asked one after the other in one conversation, each has
 * exactly one answer or error, in order, and nothing is dropped. When it is full, senders wait: a slow taker slows them down.
 * ```ts
 * await using client = new BufferedClient({ maxBuffered: 10 });
 * for (const prompt of prompts) client.send(prompt).catch(console.error);
 * client.end();
 * for await (const one of client.answers()) console.log(one.prompt, one.ok ? one.answer : one.error);
 * ```
 */
export class BufferedClient<T = string> implements AsyncDisposable {
  readonly #slots: Slots;
  readonly #ask: (prompt: string, signal: AbortSignal) => PromiseLike<T> | T;
  readonly #conversation: Conversation | undefined;
  readonly #closing = new AbortController();
  readonly #answers: { answer: BufferedAnswer<T>; release: Release }[] = [];
  #asking: Promise<void> = Promise.resolve();
  #sent = 0;
  /** Prompts that are not answered, those that wait for room included. */
  #open = 0;
  #ended = false;
  #wake: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(o: BufferedClientOptions<T> = {}) {
    if (o.ask !== undefined && o.options !== undefined)
      throw new ConfigurationError('`ask` asks in its own way, so `options` have nothing to act on; give one of them');
    this.#slots = new Slots(checkCount('maxBuffered', o.maxBuffered ?? 100), Number.POSITIVE_INFINITY);
    const conversation = o.ask === undefined ? new Conversation(o.options) : undefined;
    this.#conversation = conversation;
    // Without `ask`, T is what it is by default: text.
    this.#ask = o.ask ?? ((prompt, signal) => conversation?.ask(prompt, { signal }) as Promise<T>);
  }

  /** Prompts and answers that are held, at most `maxBuffered`. */
  get buffered(): number {
    return this.#slots.used;
  }

  /** Senders that wait for room. */
  get waiting(): number {
    return this.#slots.waiting;
  }

  /**
   * Resolves when the prompt is in the buffer: from then on it will be answered. Prompts are answered in the order of the calls.
   * @throws AbortError when the signal aborts first, or the client is closed; ConfigurationError after `end()`
   */
  async send(prompt: string, o: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#closing.signal.aborted) throw abortErrorOf(this.#closing.signal);
    if (this.#ended) throw new ConfigurationError('This client was told by end() that no more prompts come');
    this.#open += 1;
    try {
      const release = await this.#slots.acquire(o.signal);
      this.#sent += 1;
      const number = this.#sent;
      this.#asking = this.#asking.then(() => this.#answer(prompt, number, release));
    } catch (error) {
      this.#settle();
      throw error;
    }
  }

  /** No more prompts come: `answers()` ends after the answer to the last one. */
  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  /**
   * The answers as they come; taking one makes room. Several loops share them: each answer goes to one. It ends after `end()`, once all
   * are taken. Leaving the loop loses nothing. @throws AbortError when the signal aborts, or the client is closed
   */
  answers(o: { signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<BufferedAnswer<T>, void, undefined> {
    const reader = { left: false };
    const done = { value: undefined, done: true } as const;
    // By hand: what is taken from the buffer is in the hands of whoever has asked for it, even if the loop is being left.
    const iterator: AsyncIterableIterator<BufferedAnswer<T>, void, undefined> = {
      next: async () => {
        const value = await this.#take(reader, o.signal);
        return value === undefined ? done : { value, done: false };
      },
      return: async () => {
        reader.left = true;
        this.#wakeAll();
        return done;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** What is being asked is given up, senders and loops get AbortError. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closed ??= this.#shutDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(prompt: string, number: number, release: Release): Promise<void> {
    const { signal } = this.#closing;
    let answer: BufferedAnswer<T>;
    try {
      signal.throwIfAborted();
      answer = { number, prompt, ok: true, answer: await this.#ask(prompt, signal) };
    } catch (error) {
      answer = { number, prompt, ok: false, error: atBorder(error, signal) };
    }
    this.#answers.push({ answer, release });
    this.#settle();
  }

  async #take(reader: { left: boolean }, signal: AbortSignal | undefined): Promise<BufferedAnswer<T> | undefined> {
    for (;;) {
      if (reader.left) return undefined;
      if (signal?.aborted === true) throw abortErrorOf(signal);
      if (this.#closing.signal.aborted) throw abortErrorOf(this.#closing.signal);
      const next = this.#answers.shift();
      if (next !== undefined) {
        next.release();
        return next.answer;
      }
      if (this.#ended && this.#open === 0) return undefined;
      const changed = new Promise<void>((resolve) => this.#wake.push(resolve));
      await untilAborted(changed, signal).catch(() => {});
    }
  }

  #settle(): void {
    this.#open -= 1;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #shutDown(): Promise<void> {
    const reason = new AbortError('The client is closed');
    this.#ended = true;
    this.#closing.abort(reason);
    this.#slots.close(reason);
    this.#wakeAll();
    await this.#conversation?.close();
  }
}
