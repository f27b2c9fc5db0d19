import type { Outcome, RecordedRequest } from '../exchange/recorder.ts';
import { isRecord } from '../request/messages-request.ts';
import { toMessage } from '../wire/frames.ts';
import type { Redaction } from './redact.ts';
import type { RequestSummary } from './request-summary.ts';

/** A longer string, such as an image, is shown by its beginning. */
const MAX_STRING_CHARS = 100_000;
/** Tools that the API runs by itself; whoever answers cannot call them as a client's. */
const SERVER_TOOLS = /^(?:web_search|web_fetch|code_execution|tool_search|mcp_toolset|advisor)/;

/** All that the page shows of one request. */
export type RequestDetails = {
  summary: RequestSummary;
  query: string;
  headers: Record<string, string>;
  body: unknown;
  /** The message that was answered, as an answer without streaming holds it. */
  answer?: unknown;
  /** What a person who answers may call. */
  callable_tools: string[];
};

/** Shows a request and its answer, without credentials. */
export function describeRequest(
  recorded: RecordedRequest,
  o: { outcome: Outcome; summary: RequestSummary; redaction: Redaction },
): RequestDetails {
  const { redaction, outcome } = o;
  const limits = { maxChars: MAX_STRING_CHARS };
  return {
    summary: o.summary,
    query: redaction.query(recorded.query),
    headers: redaction.headers(recorded.headers),
    body: redaction.json(recorded.body, limits),
    answer: outcome.message && redaction.json(toMessage(outcome.message), limits),
    callable_tools: callableTools(recorded.body.tools),
  };
}

/** Names of the offered tools that the client itself runs. */
export function callableTools(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  return tools
    .filter(isRecord)
    .flatMap(({ name, type }) =>
      typeof name === 'string' && !(typeof type === 'string' && SERVER_TOOLS.test(type)) ? [name] : [],
    );
}
