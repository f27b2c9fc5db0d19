import type { ApiMessage, StreamEvent } from './types.ts';

/** A whole message as the shortest stream that says the same; so both ways of answering are checked by the same code. */
export function messageToEvents(message: ApiMessage): StreamEvent[] {
  const { content, stop_reason, stop_sequence, ...rest } = message;
  const blocks = content.flatMap((block, index): StreamEvent[] => [
    { type: 'content_block_start', index, content_block: block },
    { type: 'content_block_stop', index },
  ]);
  return [
    { type: 'message_start', message: { ...rest, content: [], stop_reason: null, stop_sequence: null } },
    ...blocks,
    { type: 'message_delta', delta: { stop_reason, stop_sequence } },
    { type: 'message_stop' },
  ];
}
