import { isCited } from '../prompt/position.ts';
import { blocksOf, isRecord, textOf, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import { sealOf } from '../request/seal.ts';
import type { MessageReply, RawData } from './reply.ts';
import { cited } from './web-builders.ts';

export type QuoteOptions = {
  /** What is said; default: the passage itself. */
  saying?: string | undefined;
  /** The page of a PDF, whose text the emulator cannot read. */
  page?: number | undefined;
  /** The search result of the API's own that the passage is from, whose text only the API knows. */
  url?: string | undefined;
};

/**
 * A text that cites a passage of the request's documents or search results, with the place where it stands there; they must
 * have citations enabled. @throws Error, in the reply function, when the passage is not there.
 */
export function quote(passage: string, o: QuoteOptions = {}): (request: MessagesRequest) => MessageReply {
  return (request) => cited(o.saying ?? passage, [locate(passage, request, o)]);
}

function locate(passage: string, request: MessagesRequest, o: QuoteOptions): RawData {
  const sources = request.messages.flatMap(({ content }) => blocksOf(content).flatMap(sourcesIn));
  if (o.url !== undefined) return inWebResult(passage, o.url, sources);
  const documents = sources.filter(({ type }) => type === 'document');
  const results = sources.filter(({ type }) => type === 'search_result');
  const found =
    first(documents, (document, index) => inDocument(passage, document, index, o.page)) ??
    first(results, (result, index) => inSearchResult(passage, result, index));
  if (found === undefined)
    throw new Error(`no document or search result with citations holds ${JSON.stringify(passage)}`);
  return found;
}

/** What can be cited, in the order in which the API numbers it: by kind, over messages and results alike. */
function sourcesIn(block: RequestBlock): RequestBlock[] {
  if (block.type === 'document' || block.type === 'search_result' || block.type === 'web_search_result') return [block];
  const { content } = block;
  if (Array.isArray(content)) return content.filter(isBlock).flatMap(sourcesIn);
  return isRecord(content) && isBlock(content.content) ? sourcesIn(content.content) : [];
}

function inDocument(
  passage: string,
  document: RequestBlock,
  index: number,
  page: number | undefined,
): RawData | undefined {
  if (!isCited(document) || !isRecord(document.source)) return undefined;
  const about = { cited_text: passage, document_index: index, document_title: document.title ?? null, file_id: null };
  const { type, data, content } = document.source;
  if (type === 'text' && typeof data === 'string') {
    const at = data.indexOf(passage);
    if (at === -1) return undefined;
    return { type: 'char_location', ...about, start_char_index: at, end_char_index: at + passage.length };
  }
  if (type === 'content') {
    const place = blockWith(passage, content);
    return place && { type: 'content_block_location', ...about, ...place };
  }
  if (page === undefined) return undefined;
  return { type: 'page_location', ...about, start_page_number: page, end_page_number: page + 1 };
}

function inSearchResult(passage: string, result: RequestBlock, index: number): RawData | undefined {
  const place = isCited(result) ? blockWith(passage, result.content) : undefined;
  const { source, title } = result;
  return (
    place && { type: 'search_result_location', search_result_index: index, source, title: title ?? null, ...place }
  );
}

function inWebResult(passage: string, url: string, sources: readonly RequestBlock[]): RawData {
  const result = sources.find((source) => source.type === 'web_search_result' && source.url === url);
  if (result === undefined) throw new Error(`no search result has the URL ${url}`);
  const encrypted_index = sealOf('citation', url, passage);
  return { type: 'web_search_result_location', cited_text: passage, url, title: result.title ?? null, encrypted_index };
}

/** A block is cited as a whole. */
function blockWith(
  passage: string,
  content: unknown,
): { cited_text: string; start_block_index: number; end_block_index: number } | undefined {
  const texts =
    typeof content === 'string' ? [content] : Array.isArray(content) ? content.map((part) => textOf([part])) : [];
  const at = texts.findIndex((said) => said.includes(passage));
  return at === -1 ? undefined : { cited_text: texts[at] ?? '', start_block_index: at, end_block_index: at + 1 };
}

function first<T>(
  list: readonly RequestBlock[],
  find: (block: RequestBlock, index: number) => T | undefined,
): T | undefined {
  for (const [index, block] of list.entries()) {
    const found = find(block, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isBlock(value: unknown): value is RequestBlock {
  return isRecord(value) && typeof value.type === 'string';
}
