import type { HttpSend } from 'colloquy';

/** Deltas of the answers of conversations that are kept, and what these come to. */
export const CANNED_DELTAS = 3;
export const CANNED_ANSWER = 'word '.repeat(CANNED_DELTAS);

/** An exchange that is answered at once with a text of so many deltas, by no process and no parser: what is counted is only ours. */
export function cannedSend(deltas: number, onRequest: (body: string) => void = () => {}): HttpSend {
  let messages = 0;
  return async ({ body }) => {
    messages += 1;
    const answer = cannedAnswer(deltas, messages);
    onRequest(typeof body === 'string' ? body : new TextDecoder().decode(body));
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: (async function* () {
        yield* answer;
      })(),
    };
  };
}

const encoder = new TextEncoder();
const event = (data: { type: string; [field: string]: unknown }): Uint8Array =>
  encoder.encode(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
const usage = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 10 };

/** The stream of such an answer, in chunks. */
export function cannedAnswer(deltas: number, index: number): Uint8Array[] {
  const message = {
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const delta = event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } });
  return [
    event({ type: 'message_start', message }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: deltas }, () => delta),
    event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
    event({ type: 'message_stop' }),
  ];
}
