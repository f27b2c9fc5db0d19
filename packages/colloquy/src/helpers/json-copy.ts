import { messageOf } from './message-of.ts';

/** A copy of the value as JSON holds it; `undefined` for what JSON leaves out, such as a function. */
export type JsonCopy = { ok: true; value: unknown } | { ok: false; problem: string };

/**
 * Copies a value of somebody else's, so that what is kept is plain data that nobody can change afterwards. What JSON cannot hold
 * (a circle, a BigInt, a getter that throws, too many levels) is a problem, never an exception.
 */
export function jsonCopy(value: unknown): JsonCopy {
  try {
    // For a function, a symbol and undefined there is no text, which the types leave out.
    const text: string | undefined = JSON.stringify(value);
    return { ok: true, value: text === undefined ? undefined : JSON.parse(text) };
  } catch (error) {
    return { ok: false, problem: messageOf(error) };
  }
}
