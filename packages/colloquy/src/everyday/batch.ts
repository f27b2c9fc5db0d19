import { AbortError, ConfigurationError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';
import { notLongAfter } from '../helpers/not-long-after.ts';
import { canonicalJson } from './answer-key.ts';
import type { ResultsFile } from './batch-results-file.ts';
import { checkCount } from './check-bounds.ts';

const MAX_END_MS = 5_000;

export type BatchOptions<I> = {
  /** So many at once. Default 4. */
  concurrency?: number | undefined;
  /** A JSONL file to which each result is added as it comes. With the same file a batch that was ended goes on: what is in it is not done again. */
  resultsFile?: string | undefined;
  /** What tells inputs apart in the results file. Default: their JSON; the second of two equal ones is another one. */
  keyOf?: ((input: I, index: number) => string) | undefined;
  /** Told after each input. What it throws ends the batch. */
  onProgress?: ((progress: BatchProgress) => void) | undefined;
  /** Begins nothing more, and tells what runs; `batch` then rejects with AbortError. */
  signal?: AbortSignal | undefined;
};

export type BatchProgress = {
  /** The input that is done now. */
  index: number;
  /** Done so far, failed and resumed ones included. */
  done: number;
  failed: number;
  /** Taken from the results file. */
  resumed: number;
  /** Undefined for an iterable whose length is not known. */
  total: number | undefined;
};

/** What came of one input. */
export type BatchResult<I, T> = { index: number; input: I; resumed: boolean } & (
  | { ok: true; value: T }
  | { ok: false; error: unknown }
);

/**
 * Does the same with many inputs, a few at a time, and gives what came of each, in their order. One that fails does not end the others.
 * With a results file values are kept as JSON; after a kill, or to try those again that failed, run it again with the same file. It is
 * for one batch at a time.
 * ```ts
 * const results = await batch(questions, (question, signal) => ask(question, { signal }), {
 *   resultsFile: 'answers.jsonl',
 *   onProgress: ({ done, total }) => console.log(`${done} of ${total}`),
 * });
 * ```
 * @throws AbortError when the signal aborts; what the inputs or `onProgress` throw; an error of the file system, a full disk among them
 */
export async function batch<I, T>(
  inputs: Iterable<I> | AsyncIterable<I>,
  run: (input: I, signal: AbortSignal) => PromiseLike<T> | T,
  o: BatchOptions<I> = {},
): Promise<BatchResult<I, T>[]> {
  const concurrency = checkCount('concurrency', o.concurrency ?? 4);
  const throwIfAborted = (): void => {
    if (o.signal?.aborted === true) throw abortErrorOf(o.signal);
  };
  throwIfAborted();
  const source = iteratorOf(inputs);
  const file = o.resultsFile === undefined ? undefined : await openFile(o.resultsFile);
  const total = Array.isArray(inputs) ? inputs.length : undefined;
  const running = new RunningBatch<I, T>({ source, total, concurrency, file }, run, o);
  const workers = running.work().finally(() => file?.close());
  try {
    await notLongAfter(running.signal, MAX_END_MS, workers);
    throwIfAborted();
    if (running.failure !== undefined) throw running.failure.error;
  } catch (error) {
    throwIfAborted();
    throw error;
  } finally {
    running.end();
  }
  return running.results;
}

const openFile = async (path: string): Promise<ResultsFile> =>
  (await import('./batch-results-file.ts')).openResultsFile(path);

function iteratorOf<I>(inputs: Iterable<I> | AsyncIterable<I>): Iterator<I> | AsyncIterator<I> {
  const given: Partial<Iterable<I> & AsyncIterable<I>> | null | undefined = inputs;
  const iterator = given?.[Symbol.asyncIterator]?.() ?? given?.[Symbol.iterator]?.();
  if (iterator !== undefined) return iterator;
  throw new ConfigurationError('The inputs of a batch must be an array, or something else that can be iterated over');
}

type Supply<I> = {
  source: Iterator<I> | AsyncIterator<I>;
  total: number | undefined;
  concurrency: number;
  file: ResultsFile | undefined;
};

class RunningBatch<I, T> {
  readonly results: BatchResult<I, T>[] = [];
  /** What has ended it before its time: the first error, or the abort. */
  failure: { error: unknown } | undefined;
  readonly #inputs: Iterator<I> | AsyncIterator<I>;
  readonly #run: (input: I, signal: AbortSignal) => PromiseLike<T> | T;
  readonly #o: BatchOptions<I>;
  readonly #file: ResultsFile | undefined;
  readonly #total: number | undefined;
  readonly #stop = new AbortController();
  /** Workers that may still begin. */
  #notBegun: number;
  readonly #onAbort = (): void => this.#stop.abort(abortErrorOf(this.#o.signal));
  /** Inputs are pulled one after the other. */
  #pulled: Promise<unknown> = Promise.resolve();
  #next = 0;
  #exhausted = false;
  #counts = { done: 0, failed: 0, resumed: 0 };
  readonly #keys = new Map<string, number>();

  constructor(
    { source, total, concurrency, file }: Supply<I>,
    run: (input: I, signal: AbortSignal) => PromiseLike<T> | T,
    o: BatchOptions<I>,
  ) {
    this.#inputs = source;
    this.#run = run;
    this.#o = o;
    this.#file = file;
    this.#total = total;
    this.#notBegun = concurrency;
    o.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborts when nothing more is to be done: with the caller's signal, or because the batch has failed. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Does one input after the other until there is none left, or one of the workers has failed. A worker that has found an input begins
   * the next one, so there are no more of them than inputs. Never rejects.
   */
  async work(): Promise<void> {
    this.#notBegun -= 1;
    let next: Promise<void> | undefined;
    try {
      for (let taken = await this.#take(); taken !== undefined; taken = await this.#take()) {
        const done = this.#do(taken);
        if (this.#notBegun > 0) next ??= this.work();
        await done;
      }
    } catch (error) {
      this.failure ??= { error };
      this.#stop.abort(new AbortError('The batch has failed', { cause: error }));
    }
    await next;
  }

  end(): void {
    this.#o.signal?.removeEventListener('abort', this.#onAbort);
    // A source that hangs has nobody who waits for it.
    if (!this.#exhausted) void Promise.resolve(this.#inputs.return?.()).catch(() => {});
  }

  #take(): Promise<{ index: number; input: I } | undefined> {
    const mine = this.#pulled.then(async () => {
      if (this.#exhausted) return undefined;
      this.signal.throwIfAborted();
      const next = await this.#inputs.next();
      if (next.done !== true) return { index: this.#next++, input: next.value };
      this.#exhausted = true;
      return undefined;
    });
    this.#pulled = mine.catch(() => {});
    return mine;
  }

  async #do({ index, input }: { index: number; input: I }): Promise<void> {
    const key = this.#file === undefined ? undefined : this.#keyOf(input, index);
    const result = this.#resumed(index, input, key) ?? (await this.#result(index, input, key));
    this.results[index] = result;
    this.#counts.done += 1;
    if (!result.ok) this.#counts.failed += 1;
    if (result.resumed) this.#counts.resumed += 1;
    this.#o.onProgress?.({ index, ...this.#counts, total: this.#total });
  }

  #resumed(index: number, input: I, key: string | undefined): BatchResult<I, T> | undefined {
    const kept = key === undefined ? undefined : this.#file?.get(key);
    // What the file holds under this key is what `run` has given for this input.
    return kept === undefined ? undefined : { index, input, resumed: true, ok: true, value: kept.value as T };
  }

  async #result(index: number, input: I, key: string | undefined): Promise<BatchResult<I, T>> {
    const base = { index, input, resumed: false };
    let value: T;
    try {
      value = await this.#run(input, this.signal);
    } catch (error) {
      // Of an abort nothing is told about the input: it is to be done.
      this.signal.throwIfAborted();
      if (key !== undefined) await this.#file?.addError(key, error);
      return { ...base, ok: false, error };
    }
    if (key === undefined || this.#file === undefined) return { ...base, ok: true, value };
    // As it will be given when it is resumed.
    return { ...base, ok: true, value: (await this.#file.add(key, value)) as T };
  }

  #keyOf(input: I, index: number): string {
    const key = this.#o.keyOf?.(input, index) ?? canonicalJson(input);
    const times = (this.#keys.get(key) ?? 0) + 1;
    this.#keys.set(key, times);
    return `${times}:${key}`;
  }
}
