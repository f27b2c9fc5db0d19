import type { HttpRequest, HttpSend } from './http-send.ts';
import type { ApiMessage, ContentBlock, StreamEvent } from './types.ts';

// What the tests of this folder build their situations from. Nothing else imports it.

export const USAGE = {
  input_tokens: 12,
  output_tokens: 1,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
};

export function messageStart(fields: Partial<ApiMessage> = {}): StreamEvent {
  const message: ApiMessage = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: USAGE,
    ...fields,
  };
  return { type: 'message_start', message };
}

export function messageEnd(stopReason: string | null = 'end_turn', outputTokens = 9): StreamEvent[] {
  return [
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    { type: 'message_stop' },
  ];
}

/** A text block, one delta a piece. */
export function textBlock(index: number, ...pieces: string[]): StreamEvent[] {
  return [
    { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
    ...pieces.map((text): StreamEvent => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index },
  ];
}

/** A tool use whose input comes as these pieces of JSON. */
export function toolBlock(index: number, id: string, ...pieces: string[]): StreamEvent[] {
  const block: ContentBlock = { type: 'tool_use', id, name: 'Read', input: {} };
  return [
    { type: 'content_block_start', index, content_block: block },
    ...pieces.map((partial_json): StreamEvent => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json },
    })),
    { type: 'content_block_stop', index },
  ];
}

/** The events as they go over the wire. */
export function toFrames(events: readonly StreamEvent[], lineEnd = '\n'): string {
  return events
    .map((event) => `event: ${event.type}${lineEnd}data: ${JSON.stringify(event)}${lineEnd}${lineEnd}`)
    .join('');
}

/** The bytes cut into chunks of at most this size. */
export function inChunks(text: string, size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

export type Answer = {
  status?: number;
  headers?: Record<string, string>;
  /** Text, bytes, or an error with which the body breaks; `hang` waits for the abort. */
  body: readonly (string | Uint8Array | Error | 'hang')[];
};

/** A network that gives these answers in turn, and keeps what it was asked. */
export function fakeSend(...answers: Answer[]): HttpSend & { requests: HttpRequest[]; left: number } {
  const state = { requests: [] as HttpRequest[], left: 0 };
  const send: HttpSend = (request) => {
    state.requests.push(request);
    const answer = answers.shift();
    if (answer === undefined) return Promise.reject(new Error('No answer is left'));
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_1', ...answer.headers };
    return Promise.resolve({
      status: answer.status ?? 200,
      headers,
      body: play(answer.body, request.signal, () => (made.left += 1)),
    });
  };
  const made = Object.assign(send, state);
  return made;
}

async function* play(
  body: Answer['body'],
  signal: AbortSignal | undefined,
  onLeave: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (const part of body) {
      signal?.throwIfAborted();
      if (part instanceof Error) throw part;
      if (part === 'hang')
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      else yield typeof part === 'string' ? new TextEncoder().encode(part) : part;
    }
  } finally {
    onLeave();
  }
}
