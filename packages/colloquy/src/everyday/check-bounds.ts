import { ConfigurationError } from '../errors.ts';

/** @throws ConfigurationError unless it is a whole number of at least `least` (default 1) */
export function checkCount(name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigurationError(`\`${name}\` must be a whole number of at least ${least}, not ${String(value)}`);
}

/** @throws ConfigurationError unless it is a number of milliseconds that is not negative; Infinity is none */
export function checkMs(name: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new ConfigurationError(`\`${name}\` must be a number of milliseconds, 0 or more, not ${String(value)}`);
}
