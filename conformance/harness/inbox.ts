import type { Query, SDKMessage, SDKUserMessage } from 'colloquy';
import { randomUUID } from 'node:crypto';
import { kindOf } from './gather.ts';

/** A prompt in the form that an iterable gives. */
export function prompt(text: string, fields: Partial<SDKUserMessage> = {}): SDKUserMessage {
  return {
    type: 'user',
    message: { role: 'user', content: text },
    parent_tool_use_id: null,
    session_id: '',
    ...fields,
  };
}

export const withId = (text: string, fields: Partial<SDKUserMessage> = {}): SDKUserMessage =>
  prompt(text, { uuid: randomUUID(), ...fields });

/** Prompts that are given one after another, by hand. */
export type Prompts = AsyncIterable<SDKUserMessage> & { say(...messages: SDKUserMessage[]): void; end(): void };

export function prompts(...first: SDKUserMessage[]): Prompts {
  const waiting = [...first];
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  const ring = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    say: (...messages) => (waiting.push(...messages), ring()),
    end: () => ((isOver = true), ring()),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (isOver) return;
        else await wake.promise;
      }
    },
  };
}

/** Reads a query beside what a program does with it. */
export type Listener = {
  messages: SDKMessage[];
  /** Resolves when the nth message (default: the first) of this kind has come. */
  heard(kind: string, nth?: number): Promise<SDKMessage>;
  /** Resolves with what the iteration threw, if anything, at its end. */
  ended: Promise<unknown>;
};

export function listen(query: Query | AsyncIterable<SDKMessage>): Listener {
  const messages: SDKMessage[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  const read = async (): Promise<unknown> => {
    try {
      for await (const message of query) {
        messages.push(message);
        for (const look of waiting) look();
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      isOver = true;
      for (const look of waiting) look();
    }
  };
  return {
    messages,
    ended: read(),
    heard: (kind, nth = 1) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.filter((message) => kindOf(message).startsWith(kind))[nth - 1];
          if (found === undefined && !isOver) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`It ended without ${kind}; it said ${messages.map(kindOf).join(' ')}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
