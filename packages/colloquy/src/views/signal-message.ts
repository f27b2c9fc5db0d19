import { isRecord } from '../helpers/is-record.ts';
import type { Json } from '../log/entries.ts';
import type { SDKMessage } from '../messages.ts';

/** A signal that is a message already: told to those who read right now, and not kept. */
export type MessageSignal = { kind: 'message'; message: SDKMessage };

/** The message that a signal carries, if it does. */
export function messageOfSignal(signal: Json): SDKMessage | undefined {
  // Signals are made by the engine, in this shape.
  return isRecord(signal) && signal['kind'] === 'message' ? (signal as MessageSignal).message : undefined;
}
