import { ConfigurationError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';

/** A part of a request, serialised. @throws ConfigurationError for what JSON cannot hold: circles, BigInt, a `toJSON` that throws */
export function requestJson(serialise: () => string): string {
  try {
    return serialise();
  } catch (cause) {
    throw new ConfigurationError(`What is sent must be data that JSON can hold: ${messageOf(cause)}`, { cause });
  }
}
