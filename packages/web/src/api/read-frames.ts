import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { SDKMessage } from 'colloquy';
import { isRecord } from '../is-record.ts';
import { UnreachableError } from './http-error.ts';
import type { Frame, OpenBlock } from './wire.ts';

/** The server sends a heartbeat every 15 s: three missed ones mean that nobody is there. */
export const SILENCE_MS = 50_000;
export const MAX_EVENT_CHARS = 64 * 1024 * 1024;

export type Batch = { frames: readonly Frame[]; cursor: string | undefined };

/**
 * Yields the frames of each network chunk together, with the cursor to go on from; a heartbeat is a batch without frames.
 * @throws UnreachableError after 50 s of silence.
 */
export async function* readFrames(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Batch, void, void> {
  let events: EventSourceMessage[] = [];
  const parser = createParser({ maxBufferSize: MAX_EVENT_CHARS, onEvent: (event) => events.push(event) });
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let next = await readWithin(reader); !next.done; next = await readWithin(reader)) {
      events = [];
      parser.feed(next.value);
      yield {
        frames: events.flatMap(({ event, data }) => toFrame({ event, data: JSON.parse(data) })),
        cursor: events.findLast((event) => event.id !== undefined)?.id,
      };
    }
  } finally {
    // A broken stream refuses to be cancelled; what broke it has been thrown already.
    await reader.cancel().catch(() => undefined);
  }
}

/** What an event says, or nothing when it is not for us: the server may be newer than this page. */
export function toFrame({ event, data }: { event?: unknown; data?: unknown }): Frame[] {
  if (!isRecord(data)) return [];
  if (event === 'gap') return [{ type: 'gap', open: toOpenBlocks(data['open']) }];
  const message = event === 'signal' ? data['signal'] : data;
  // The fold ignores types it does not know, so a string `type` is all that must hold here.
  return isRecord(message) && typeof message['type'] === 'string'
    ? [{ type: 'message', message: message as SDKMessage }]
    : [];
}

function toOpenBlocks(open: unknown): OpenBlock[] {
  if (!Array.isArray(open)) return [];
  return open.filter(isRecord).flatMap((block) => {
    const { index, text, api_message_id: id } = block;
    if (typeof index !== 'number' || typeof text !== 'string') return [];
    return [{ index, text, api_message_id: typeof id === 'string' ? id : undefined }];
  });
}

async function readWithin(reader: ReadableStreamDefaultReader<string>): Promise<ReadableStreamReadResult<string>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UnreachableError('The server has gone silent.')), SILENCE_MS);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}
