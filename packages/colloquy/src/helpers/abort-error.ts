import { AbortError } from '../errors.ts';

/** The public error for an abort of the caller's signal. An AbortError given as the reason is passed on as it is. */
export function abortErrorOf(signal: AbortSignal | undefined): AbortError {
  const reason: unknown = signal?.reason;
  if (reason instanceof AbortError) return reason;
  return new AbortError('The operation was aborted through its signal', { cause: reason });
}

/** What to throw at the public border: an AbortError if the signal caused the error, else the error itself. */
export function atBorder(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true && error === signal.reason ? abortErrorOf(signal) : error;
}
