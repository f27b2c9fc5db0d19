import type { SDKMessage } from 'colloquy';
import type { Sdk } from './program.ts';

/** What a query came to: its messages, and what it threw after them. */
export type Gathered = { messages: SDKMessage[]; thrown: 'AbortError' | 'Error' | undefined };

/**
 * All messages of a query. What is thrown is told as a program can tell it apart in both: the SDK's AbortError, or another error
 * (ours have classes of their own, all of them errors).
 */
export async function gather(sdk: Sdk, messages: AsyncIterable<SDKMessage>): Promise<Gathered> {
  const heard: SDKMessage[] = [];
  try {
    for await (const message of messages) heard.push(message);
    return { messages: heard, thrown: undefined };
  } catch (error) {
    return { messages: heard, thrown: thrownAs(sdk, error) };
  }
}

/** How a program can tell an error apart. */
export function thrownAs(sdk: Sdk, error: unknown): 'AbortError' | 'Error' {
  return error instanceof sdk.AbortError ? 'AbortError' : 'Error';
}

/** Whether a call settles, and how. */
export async function outcome<T>(
  sdk: Sdk,
  call: () => Promise<T>,
): Promise<{ gave: T; settled: 'well' } | { threw: string }> {
  try {
    return { gave: await call(), settled: 'well' };
  } catch (error) {
    return { threw: thrownAs(sdk, error) };
  }
}

/** `assistant`, `system/init`, and for content also its kinds of blocks. */
export function kindOf(message: SDKMessage): string {
  const kind = 'subtype' in message ? `${message.type}/${message.subtype}` : message.type;
  if (message.type !== 'assistant' && message.type !== 'user') return kind;
  const { content } = message.message;
  const blocks = typeof content === 'string' ? ['string'] : content.map(({ type }) => type);
  return `${kind}(${blocks.join(',')})`;
}

/** An object with these fields of another, those that it has. */
export function pick(from: object | undefined, fields: readonly string[]): Record<string, unknown> {
  const record = { ...from } as Record<string, unknown>;
  return Object.fromEntries(
    fields.filter((field) => record[field] !== undefined).map((field) => [field, record[field]]),
  );
}

export const find = (messages: readonly SDKMessage[], kind: string): SDKMessage | undefined =>
  messages.find((message) => kindOf(message).startsWith(kind));
export const findAll = (messages: readonly SDKMessage[], kind: string): SDKMessage[] =>
  messages.filter((message) => kindOf(message).startsWith(kind));
