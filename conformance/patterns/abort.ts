import { AbortError, type Options, query } from 'agent-sdk';

/** Everything is given up from outside. */
export async function run(options: Options): Promise<unknown> {
  const abortController = new AbortController();
  const seen: string[] = [];
  const endless = query({
    prompt: 'Count to a million',
    options: { ...options, tools: [], includePartialMessages: true, abortController },
  });
  try {
    for await (const message of endless) {
      seen.push(message.type);
      if (message.type === 'stream_event' && message.event.type === 'content_block_delta') abortController.abort();
    }
    return 'not aborted';
  } catch (error) {
    return { isAbort: error instanceof AbortError, hasResult: seen.includes('result') };
  }
}
