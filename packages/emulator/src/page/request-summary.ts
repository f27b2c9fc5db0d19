import type { Outcome, RecordedRequest } from '../exchange/recorder.ts';
import type { PlannedMessage } from '../replies/plan-message.ts';
import { isRecord, textOf } from '../request/messages-request.ts';
import { deltaFrames, messageFrames, toMessage } from '../wire/frames.ts';
import type { Redaction } from './redact.ts';

const PREVIEW_CHARS = 200;
/** More is not looked at for a preview. */
const MAX_READ_CHARS = 4_000;
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

/** What the page's list shows of a request; the names are those of the page's JSON. */
export type RequestSummary = {
  id: string;
  method: string;
  path: string;
  received_at_ms: number;
  /** Until the last byte was handed over. */
  duration_ms?: number | undefined;
  state: 'waiting' | RecordedRequest['state'];
  /** When a waiting request stops to wait for a person. */
  waits_until_ms?: number | undefined;
  status?: number | undefined;
  model?: string | undefined;
  stream?: boolean | undefined;
  /** The beginning of the newest text that a user wrote. */
  prompt?: string | undefined;
  /** Tool results in the last message. */
  tool_results?: number | undefined;
  /** The beginning of the answer's text. */
  said?: string | undefined;
  /** Names of the tools that the answer calls. */
  calls?: string[] | undefined;
  usage?: UsageSummary | undefined;
  /** Why the cache did not serve the request, for those that asked: `diagnostics.cache_miss_reason`. */
  cache_miss?: string | undefined;
  stop_reason?: string | undefined;
  /** Events of the stream as it was planned; a fault may have broken it before. */
  events?: number | undefined;
  error?: { type: string; message: string } | undefined;
};

export type UsageSummary = {
  /** Input by where it came from; their sum is all of the input. */
  cache_read: number;
  cache_write: number;
  uncached: number;
  /** Part of `cache_write`: what is kept for an hour. */
  cache_write_1h: number;
  output: number;
  thinking: number;
};

/** Sums up a request for the list. */
export function summarizeRequest(
  recorded: RecordedRequest,
  o: { outcome: Outcome; waitsUntilMs: number | undefined; redaction: Redaction },
): RequestSummary {
  const { outcome, redaction, waitsUntilMs } = o;
  const { model, stream } = recorded.body;
  const { said, calls, ...facts } = outcome.message ? factsOf(outcome.message) : {};
  // Hidden first and cut then: half a key would not be known as one.
  const short = (text: string | undefined): string | undefined => text && redaction.text(text).slice(0, PREVIEW_CHARS);
  return {
    id: recorded.requestId,
    method: recorded.method,
    path: redaction.text(recorded.path),
    received_at_ms: recorded.receivedAtMs,
    duration_ms: outcome.endedAtMs === undefined ? undefined : outcome.endedAtMs - recorded.receivedAtMs,
    state: waitsUntilMs === undefined ? recorded.state : 'waiting',
    waits_until_ms: waitsUntilMs,
    status: recorded.status,
    model: typeof model === 'string' ? short(model) : undefined,
    stream: stream === true ? true : undefined,
    prompt: short(promptOf(recorded)),
    tool_results: countToolResults(recorded),
    said: short(said),
    calls: calls?.map((name) => redaction.text(name)),
    events: stream === true && outcome.message ? countEvents(outcome.message) : undefined,
    error: outcome.error && { type: outcome.error.type, message: redaction.text(outcome.error.message) },
    ...facts,
  };
}

type MessageFacts = Pick<RequestSummary, 'usage' | 'cache_miss' | 'stop_reason' | 'said' | 'calls'>;

const knownFacts = new WeakMap<PlannedMessage, MessageFacts>();
const knownEvents = new WeakMap<PlannedMessage, number>();

/** Read once for each message, because a long one is long to read. */
function factsOf(message: PlannedMessage): MessageFacts {
  const known = knownFacts.get(message);
  if (known) return known;
  const { usage, stop_reason, content, diagnostics } = toMessage(message);
  const reason = isRecord(diagnostics) ? diagnostics.cache_miss_reason : undefined;
  const blocks = Array.isArray(content) ? content.filter(isRecord) : [];
  const calls = blocks.flatMap(({ type, name }) =>
    (type === 'tool_use' || type === 'server_tool_use') && typeof name === 'string' ? [name] : [],
  );
  const found: MessageFacts = {
    usage: summarizeUsage(usage),
    cache_miss: isRecord(reason) && typeof reason.type === 'string' ? reason.type : undefined,
    stop_reason: typeof stop_reason === 'string' ? stop_reason : undefined,
    said: preview(textOf(blocks)),
    calls: calls.length === 0 ? undefined : calls,
  };
  knownFacts.set(message, found);
  return found;
}

function countEvents(message: PlannedMessage): number {
  const known = knownEvents.get(message);
  if (known !== undefined) return known;
  const counted = [...messageFrames(message, deltaFrames)].length;
  knownEvents.set(message, counted);
  return counted;
}

function summarizeUsage(usage: unknown): UsageSummary {
  const fields = isRecord(usage) ? usage : {};
  const created = isRecord(fields.cache_creation) ? fields.cache_creation : {};
  const details = isRecord(fields.output_tokens_details) ? fields.output_tokens_details : {};
  return {
    cache_read: numberOf(fields.cache_read_input_tokens),
    cache_write: numberOf(fields.cache_creation_input_tokens),
    uncached: numberOf(fields.input_tokens),
    cache_write_1h: numberOf(created.ephemeral_1h_input_tokens),
    output: numberOf(fields.output_tokens),
    thinking: numberOf(details.thinking_tokens),
  };
}

function promptOf({ messages }: RecordedRequest): string | undefined {
  for (const message of messages.toReversed()) {
    if (!isRecord(message) || message.role !== 'user') continue;
    const text = preview(textOf(typeof message.content === 'string' ? message.content : textBlocks(message)));
    if (text !== undefined) return text;
  }
  return undefined;
}

function countToolResults({ messages }: RecordedRequest): number | undefined {
  const count = contentOf(messages.at(-1)).filter(({ type }) => type === 'tool_result').length;
  return count === 0 ? undefined : count;
}

function textBlocks(message: unknown): Record<string, unknown>[] {
  return contentOf(message).filter(({ type }) => type === 'text');
}

/** What a client sent may be anything; only what looks like blocks is read. */
function contentOf(message: unknown): Record<string, unknown>[] {
  return isRecord(message) && Array.isArray(message.content) ? message.content.filter(isRecord) : [];
}

function preview(text: string): string | undefined {
  const words = text.slice(0, MAX_READ_CHARS).replaceAll(REMINDER, '').replaceAll(/\s+/g, ' ').trim();
  return words === '' ? undefined : words;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
