import type { Emulator } from '@colloquy/emulator';
import { type Options, type SDKMessage, textOf } from 'colloquy';
import { temporaryFolder } from '../temporary-folder.ts';

// The default engine keeps its sessions here, not in the developer's own data folder.
process.env['COLLOQUY_HOME'] ??= temporaryFolder('programs');

/** Options of a program that talks to the emulator, in memory unless told otherwise. */
export function offline(emulator: Emulator, options: Options = {}): Options {
  return {
    send: emulator.send,
    persistSession: false,
    tools: [],
    settingSources: [],
    env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'] },
    ...options,
  };
}

/** A new, empty folder. */
export function newFolder(): string {
  return temporaryFolder('programs');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads until a message fits, and leaves the loop. */
export async function until(
  messages: AsyncIterable<SDKMessage>,
  fits: (message: SDKMessage) => boolean,
): Promise<SDKMessage> {
  for await (const message of messages) if (fits(message)) return message;
  throw new Error('The messages ended before one fitted');
}

/** A message in a few words: `init`, `delta One `, `assistant Hello`, `result Hello`. */
export function brief(message: SDKMessage): string {
  switch (message.type) {
    case 'system':
      return message.subtype;
    case 'stream_event':
      return message.event.type === 'content_block_delta' && message.event.delta.type === 'text_delta'
        ? `delta ${message.event.delta.text}`
        : message.event.type;
    case 'result':
      return message.subtype === 'success' ? `result ${message.result}` : `result ${message.subtype}`;
    case 'assistant':
    case 'user':
      return `${message.type} ${textOf(message) || kindsOf(message.message.content)}`;
    default:
      return message.type;
  }
}

function kindsOf(content: string | readonly { type: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ type }) => type).join('+');
}

/** The text of the first delta of a stream, as a message that a test waits for. */
export function isDelta(message: SDKMessage): boolean {
  return message.type === 'stream_event' && message.event.type === 'content_block_delta';
}
