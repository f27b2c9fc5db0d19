import { type Options, query, type SDKUserMessage } from 'agent-sdk';

const prompt = (text: string): SDKUserMessage => ({
  type: 'user',
  message: { role: 'user', content: [{ type: 'text', text }] },
  parent_tool_use_id: null,
});

/** Prompts one after the other in one session; the first answer takes too long, and is interrupted. */
export async function run(options: Options): Promise<unknown> {
  const first = Promise.withResolvers<void>();
  async function* prompts(): AsyncGenerator<SDKUserMessage> {
    yield prompt('Count to a million.');
    await first.promise;
    yield prompt('Stop counting, say hello.');
  }
  const results: string[] = [];
  const talk = query({ prompt: prompts(), options: { ...options, tools: [], includePartialMessages: true } });
  let isInterrupted = false;
  for await (const message of talk) {
    if (message.type === 'stream_event' && message.event.type === 'content_block_delta' && !isInterrupted) {
      isInterrupted = true;
      await talk.interrupt();
    }
    if (message.type === 'result') {
      results.push(message.subtype === 'success' ? `success ${message.result}` : message.subtype);
      first.resolve();
    }
  }
  return results;
}
