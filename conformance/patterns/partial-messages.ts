import { type Options, query } from 'agent-sdk';

/** Text is shown as it comes. */
export async function run(options: Options): Promise<unknown> {
  let shown = '';
  let whole = '';
  const events = new Set<string>();
  const telling = query({ prompt: 'Tell a story', options: { ...options, tools: [], includePartialMessages: true } });
  for await (const message of telling) {
    if (message.type === 'stream_event') {
      events.add(message.event.type);
      if (message.event.type === 'content_block_delta' && message.event.delta.type === 'text_delta') {
        shown += message.event.delta.text;
      }
    }
    if (message.type === 'assistant') {
      whole += message.message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    }
  }
  return { shown, isWhole: shown === whole, events: [...events].toSorted() };
}
