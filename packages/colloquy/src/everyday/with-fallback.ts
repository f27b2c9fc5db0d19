import { AbortError, ColloquyError, ConfigurationError } from '../errors.ts';
import { abortErrorOf, atBorder } from '../helpers/abort-error.ts';
import { messageOf } from '../helpers/message-of.ts';

export type FallbackOptions<C> = {
  /** No further configuration is tried once it aborts; `run` gets it too. */
  signal?: AbortSignal | undefined;
  /** Whether the next configuration may do better. Default: after every error but an abort. */
  fallsBack?: ((error: unknown, configuration: C) => boolean) | undefined;
  /** Told before the next one is tried. */
  onFallback?: ((failed: { configuration: C; index: number; error: unknown }) => void) | undefined;
};

/** What came of it: the value, which configuration has given it, and why those before it did not. */
export type FallbackOutcome<C, T> = {
  value: T;
  configuration: C;
  /** Its place in the list, from 0. */
  index: number;
  /** One error for each configuration before it. */
  errors: readonly unknown[];
};

/** Every configuration has failed. `cause` is the last error. */
export class FallbackError extends ColloquyError {
  override readonly name = 'FallbackError';
  readonly code = 'all_failed';
  /** One for each configuration that was tried, in order. */
  readonly errors: readonly unknown[];
  constructor(errors: readonly unknown[]) {
    const told = errors.map((error, index) => `${index + 1}. ${messageOf(error)}`).join('; ');
    super(`None of ${errors.length} configurations has worked: ${told}`, { cause: errors.at(-1) });
    this.errors = errors;
  }
}

/**
 * Does something with the first configuration that works, from the most wanted to the simplest.
 * ```ts
 * const { value, index } = await withFallback(
 *   [{ model: 'opus', effort: 'high' }, { model: 'haiku' }],
 *   (configuration, signal) => ask('Hello', { ...configuration, signal }),
 * );
 * ```
 * @throws FallbackError when none works; an error that `fallsBack` does not accept, as it is; AbortError when the signal aborts
 */
export async function withFallback<C, T>(
  configurations: readonly C[],
  run: (configuration: C, signal: AbortSignal | undefined) => PromiseLike<T> | T,
  o: FallbackOptions<C> = {},
): Promise<FallbackOutcome<C, T>> {
  const { signal, fallsBack = (error) => !(error instanceof AbortError) } = o;
  if (configurations.length === 0) throw new ConfigurationError('withFallback() needs at least one configuration');
  const isAborted = (): boolean => signal?.aborted === true;
  const errors: unknown[] = [];
  for (const [index, configuration] of configurations.entries()) {
    if (isAborted()) throw abortErrorOf(signal);
    try {
      return { value: await run(configuration, signal), configuration, index, errors };
    } catch (error) {
      if (isAborted()) throw atBorder(error, signal);
      if (!fallsBack(error, configuration)) throw error;
      errors.push(error);
      if (index < configurations.length - 1) o.onFallback?.({ configuration, index, error });
    }
  }
  throw new FallbackError(errors);
}
