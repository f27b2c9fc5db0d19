import { text } from './builders.ts';
import type { MessageReply, RawData, ServerToolError, WebPage, WebSearchResult } from './reply.ts';

/**
 * The API searches the web and finds this, or fails with `{ error: 'too_many_requests' }`; without an outcome the search is
 * still under way when the answer ends. The request must offer `web_search`; its `max_uses` and domains are kept to.
 */
export function webSearch(query: string, outcome?: readonly WebSearchResult[] | ServerToolError): MessageReply {
  const found = outcome === undefined || isError(outcome) ? outcome : { results: outcome };
  return { type: 'message', blocks: [{ type: 'web_search', query, outcome: found }] };
}

/**
 * The API fetches a page, or fails with `{ error: 'url_not_accessible' }`; without an outcome the page is still on its way when
 * the answer ends. The request must offer `web_fetch`, whose settings are kept to, and the conversation must name the URL.
 */
export function webFetch(url: string, outcome?: string | WebPage | ServerToolError): MessageReply {
  const page = typeof outcome === 'string' ? { text: outcome } : outcome;
  const fetched = page === undefined || isError(page) ? page : { page };
  return { type: 'message', blocks: [{ type: 'web_fetch', url, outcome: fetched }] };
}

/** The answer pauses and is to be sent back as it is, to go on. Default: with a search under way. */
export function pauseTurn(reply: MessageReply = webSearch('something that takes long')): MessageReply {
  return { ...reply, stopReason: 'pause_turn' };
}

/** The answer ends because the context window is full. */
export function contextWindowExceeded(said: string | MessageReply): MessageReply {
  return { ...(typeof said === 'string' ? text(said) : said), stopReason: 'model_context_window_exceeded' };
}

/** Thinking that is shown to nobody, before what `then` says; left out where the model, or the request, does not think. */
export function redactedThinking(then: MessageReply): MessageReply {
  return { ...then, blocks: [{ type: 'redacted_thinking' }, ...then.blocks] };
}

/** A text with citations as they stand; `quote` makes them of the request's documents. */
export function cited(words: string | readonly string[], citations: readonly RawData[]): MessageReply {
  const { blocks, ...reply } = text(words);
  return { ...reply, blocks: blocks.map((block) => (block.type === 'text' ? { ...block, citations } : block)) };
}

function isError(outcome: object): outcome is ServerToolError {
  return 'error' in outcome;
}
