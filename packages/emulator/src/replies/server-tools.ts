import type { Ids } from '../exchange/ids.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { refuse } from '../refusals/refusal.ts';
import { isRecord, type RequestTool } from '../request/messages-request.ts';
import { sealOf } from '../request/seal.ts';
import { cutJson } from './cut-deltas.ts';
import type { RawBlock, RawData, WebFetchCall, WebPage, WebSearchCall, WebSearchResult } from './reply.ts';

/** How often each of the API's own tools has worked in one answer. */
export type ServerToolCounts = { web_search: number; web_fetch: number };

const MAX_URL_CHARS = 250;
const DIRECT = { type: 'direct' };

/** Runs the API's own tools: a scripted outcome, under the settings with which the request offers the tool. */
export class ServerTools {
  /** What is billed: an error is not. */
  readonly worked: ServerToolCounts = { web_search: 0, web_fetch: 0 };
  readonly #tried: ServerToolCounts = { web_search: 0, web_fetch: 0 };
  readonly #checked: CheckedRequest;
  readonly #ids: Ids;
  /** URLs that this answer has found so far. */
  readonly #found = new Set<string>();

  constructor(checked: CheckedRequest, ids: Ids) {
    this.#checked = checked;
    this.#ids = ids;
  }

  /** The blocks of a call: what the model asks for, and its outcome unless that is still to come. */
  run(call: WebSearchCall | WebFetchCall): readonly RawBlock[] {
    const tool = this.#offered(call.type);
    const id = call.id ?? this.#ids.next('srvtoolu', this.#checked.request.messages.length);
    const asked = callBlock(id, call.type, call.type === 'web_search' ? { query: call.query } : { url: call.url });
    if (call.outcome === undefined) return [asked];
    this.#tried[call.type] += 1;
    const content = this.#isOverused(tool, call.type)
      ? errorOf(call.type, 'max_uses_exceeded')
      : call.type === 'web_search'
        ? this.#search(call, tool)
        : this.#fetch(call, tool);
    if (!isError(content)) this.worked[call.type] += 1;
    const block = { type: `${call.type}_tool_result`, tool_use_id: id, content, caller: DIRECT };
    return [asked, { type: 'block', block, counts: 'input' }];
  }

  #offered(name: keyof ServerToolCounts): RequestTool {
    const tool = this.#checked.request.tools?.find(({ type }) => type?.startsWith(`${name}_`));
    return tool ?? refuse(`emulator: the reply uses ${name}, which the request does not offer`);
  }

  #isOverused(tool: RequestTool, name: keyof ServerToolCounts): boolean {
    return typeof tool.max_uses === 'number' && this.#tried[name] > tool.max_uses;
  }

  #search({ outcome }: WebSearchCall, tool: RequestTool): unknown {
    if (outcome === undefined || 'error' in outcome) return errorOf('web_search', outcome?.error ?? 'unavailable');
    const results = outcome.results.filter(({ url }) => isAllowed(url, tool));
    for (const { url } of results) this.#found.add(url);
    return results.map(toResultBlock);
  }

  #fetch({ url, outcome }: WebFetchCall, tool: RequestTool): unknown {
    const error = outcome !== undefined && 'error' in outcome ? outcome.error : this.#whyNotFetched(url, tool);
    if (error !== undefined || outcome === undefined || 'error' in outcome)
      return errorOf('web_fetch', error ?? 'unavailable');
    return toFetchBlock(url, outcome.page, tool);
  }

  /** Only what the conversation names may be fetched, so that nothing can be carried out in an address. */
  #whyNotFetched(url: string, tool: RequestTool): string | undefined {
    if (url.length > MAX_URL_CHARS) return 'url_too_long';
    if (!URL.canParse(url)) return 'invalid_tool_input';
    if (!isAllowed(url, tool)) return 'url_not_allowed';
    const named =
      this.#found.has(url) || JSON.stringify(this.#checked.request.messages).includes(JSON.stringify(url).slice(1, -1));
    return named ? undefined : 'url_not_in_prior_context';
  }
}

function callBlock(id: string, name: string, input: Record<string, unknown>): RawBlock {
  const block = { type: 'server_tool_use', id, name, input, caller: DIRECT };
  const deltas = cutJson(JSON.stringify(input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  return { type: 'block', block, start: { ...block, input: {} }, deltas };
}

function toResultBlock({ url, title, pageAge }: WebSearchResult): RawData {
  const page_age = pageAge ?? null;
  return {
    type: 'web_search_result',
    url,
    title,
    page_age,
    encrypted_content: sealOf('search_result', url, title, page_age),
  };
}

function toFetchBlock(url: string, { text, title, retrievedAt }: WebPage, tool: RequestTool): RawData {
  const most = typeof tool.max_content_tokens === 'number' ? tool.max_content_tokens * 4 : Infinity;
  const data =
    Buffer.byteLength(text) <= most
      ? text
      : Buffer.from(text)
          .subarray(0, most)
          .toString('utf8')
          .replace(/\uFFFD$/, '');
  const citations = isRecord(tool.citations) && tool.citations.enabled === true ? { enabled: true } : null;
  const source = { type: 'text', media_type: 'text/plain', data };
  const document = { type: 'document', source, title: title ?? null, citations };
  return { type: 'web_fetch_result', url, retrieved_at: retrievedAt ?? null, content: document };
}

function errorOf(name: keyof ServerToolCounts, code: string): RawData {
  return { type: `${name}_tool_result_error`, error_code: code };
}

function isError(content: unknown): boolean {
  return isRecord(content) && 'error_code' in content;
}

/** A domain stands for its subdomains too; with a path, for what lies below it. */
function isAllowed(url: string, { allowed_domains: allowed, blocked_domains: blocked }: RequestTool): boolean {
  const matches = (pattern: unknown): boolean => typeof pattern === 'string' && isWithin(url, pattern);
  if (Array.isArray(allowed) && allowed.length > 0 && !allowed.some(matches)) return false;
  return !(Array.isArray(blocked) && blocked.some(matches));
}

function isWithin(url: string, pattern: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, pathname } = new URL(url);
  const slash = pattern.indexOf('/');
  const domain = slash === -1 ? pattern : pattern.slice(0, slash);
  const path = slash === -1 ? '' : pattern.slice(slash);
  return (hostname === domain || hostname.endsWith(`.${domain}`)) && pathname.startsWith(path);
}
