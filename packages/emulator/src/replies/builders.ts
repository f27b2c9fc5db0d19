import { errorTypeOf } from '../refusals/refusal.ts';
import { cutWords } from './cut-deltas.ts';
import type { MessageReply, PlainReply, RawData, RawReply, ReplyBlock, StatusReply, StreamFault } from './reply.ts';

/** What is said where only the trouble matters. */
export const DEFAULT_TEXT = 'One two three four five six seven eight nine ten.';
export const MULTI_BYTE_TEXT = 'Grüße aus Köln, 你好 und gute Nacht 🌙 für alle.';

/** A text; a list gives its deltas exactly, a string is cut at words. */
export function text(words: string | readonly string[]): MessageReply {
  return { type: 'message', blocks: [{ type: 'text', deltas: typeof words === 'string' ? cutWords(words) : words }] };
}

/** A text of `count` deltas: `1 2 3 …`. */
export function emit(count: number, o: { gapMs?: number | undefined } = {}): MessageReply {
  return { type: 'message', blocks: [{ type: 'text', deltas: countingDeltas(count) }], gapMs: o.gapMs };
}

/** One tool call. A string as input is sent as raw JSON text, which may be broken. */
export function toolUse(name: string, input: Record<string, unknown> | string = {}): MessageReply {
  return toolUses([{ name, input }]);
}

/** Several tool calls in one message. `id` replaces the id that the emulator would give. */
export function toolUses(
  calls: readonly { name: string; input?: Record<string, unknown> | string | undefined; id?: string | undefined }[],
): MessageReply {
  return { type: 'message', blocks: calls.map(({ name, input = {}, id }) => ({ type: 'tool_use', name, input, id })) };
}

/** A thinking block before what `then` says; left out where the model, or the request, has thinking turned off. */
export function thinking(thought: string, then: MessageReply = text(DEFAULT_TEXT)): MessageReply {
  return { ...then, blocks: [{ type: 'thinking', deltas: cutWords(thought) }, ...then.blocks] };
}

/** Several replies as one message, such as a text before a tool call; settings of a later one win. */
export function together(...replies: readonly MessageReply[]): MessageReply {
  const blocks: ReplyBlock[] = replies.flatMap((reply) => [...reply.blocks]);
  const faults = replies.flatMap((reply) => [...(reply.faults ?? [])]);
  const all = replies.reduce<MessageReply>((before, reply) => ({ ...before, ...definedOnly(reply), blocks }), {
    type: 'message',
    blocks,
  });
  return faults.length === 0 ? all : { ...all, faults };
}

/** A message that stops at `max_tokens`; the JSON of a last tool call is then cut in half. */
export function maxTokens(said: string | MessageReply = DEFAULT_TEXT): MessageReply {
  const reply = typeof said === 'string' ? text(said) : said;
  return {
    ...reply,
    blocks: reply.blocks.map((block, index) => (index === reply.blocks.length - 1 ? halved(block) : block)),
    stopReason: 'max_tokens',
  };
}

/** A refusal: status 200, stop reason `refusal`, and the text said before it, if any. */
export function refusal(
  o: { category?: string | null | undefined; explanation?: string | null | undefined; text?: string | undefined } = {},
): MessageReply {
  return {
    type: 'message',
    blocks: o.text === undefined ? [] : text(o.text).blocks,
    stopReason: 'refusal',
    stopDetails: {
      type: 'refusal',
      category: o.category ?? null,
      explanation: o.explanation ?? 'The emulator was told to refuse.',
    },
  };
}

/** A block of any type, known or not, as it stands; `start` and `deltas` are what a stream makes it of. */
export function block(
  whole: RawData,
  o: { start?: RawData | undefined; deltas?: readonly RawData[] | undefined } = {},
): MessageReply {
  return { type: 'message', blocks: [{ type: 'block', block: whole, ...o }] };
}

/** The answer comes after `delayMs` milliseconds, its status and headers included. */
export function delayed<T extends PlainReply>(delayMs: number, reply: T): T {
  return { ...reply, delayMs };
}

/** A message whose deltas come `gapMs` milliseconds apart. */
export function paced(gapMs: number, reply: MessageReply): MessageReply {
  return { ...reply, gapMs };
}

/** The connection breaks after so many events, and before message_stop at the latest. */
export function cut(
  o: { afterEvents: number; insideCharacter?: boolean | undefined },
  reply?: MessageReply,
): MessageReply {
  return withFaults(reply ?? text(o.insideCharacter ? MULTI_BYTE_TEXT : DEFAULT_TEXT), {
    type: 'cut',
    afterEvents: o.afterEvents,
    insideCharacter: o.insideCharacter ?? false,
  });
}

/** The body ends after so many events as if it were whole, without message_stop. */
export function endEarly(o: { afterEvents: number }, reply: MessageReply = text(DEFAULT_TEXT)): MessageReply {
  return withFaults(reply, { type: 'end', afterEvents: o.afterEvents });
}

/** After so many events nothing more comes. Default: status and headers come, and no event. */
export function stall(
  o: { afterEvents?: number | undefined } = {},
  reply: MessageReply = text(DEFAULT_TEXT),
): MessageReply {
  return withFaults(reply, { type: 'stall', afterEvents: o.afterEvents ?? 0 });
}

/** After so many events an `error` event comes and the body ends. Default type: `overloaded_error`. */
export function errorEvent(
  o: { afterEvents: number; type?: string | undefined; message?: string | undefined },
  reply: MessageReply = text(DEFAULT_TEXT),
): MessageReply {
  const error = { type: o.type ?? 'overloaded_error', message: o.message ?? 'Overloaded' };
  return withFaults(reply, { type: 'error_event', afterEvents: o.afterEvents, error });
}

/** The message is whole, but every character of several bytes is split over two chunks, sent a millisecond apart. */
export function splitCharacters(reply: MessageReply = text(MULTI_BYTE_TEXT)): MessageReply {
  return withFaults(reply, { type: 'split_characters' });
}

/** An error answer with the API's body and the `error.type` that belongs to the status, unless told otherwise. */
export function status(
  code: number,
  o: {
    type?: string | undefined;
    message?: string | undefined;
    /** `error.details.error_code`. */
    errorCode?: string | undefined;
    retryAfterSeconds?: number | undefined;
    headers?: Record<string, string> | undefined;
  } = {},
): StatusReply {
  const retryAfter = o.retryAfterSeconds === undefined ? {} : { 'retry-after': String(o.retryAfterSeconds) };
  const errorType = o.type ?? errorTypeOf(code);
  return {
    type: 'status',
    status: code,
    errorType,
    message: o.message ?? `The emulator was told to answer ${code} (${errorType})`,
    errorCode: o.errorCode,
    headers: { ...retryAfter, ...o.headers },
  };
}

/** A 429. */
export function rateLimited(o: { retryAfterSeconds?: number | undefined } = {}): StatusReply {
  return status(429, { ...o, message: 'This request would exceed the rate limit of the emulator' });
}

/** A page of HTML, as a captive portal or a proxy sends it; status 200 unless told otherwise. */
export function html(o: { status?: number | undefined } = {}): RawReply {
  const body = '<!doctype html><title>Sign in</title><p>Please sign in.</p>';
  return raw({ status: o.status, headers: { 'content-type': 'text/html' }, body });
}

/** Any answer at all. Default: status 200, no headers of its own, no body. */
export function raw(o: {
  status?: number | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
}): RawReply {
  return { type: 'raw', status: o.status ?? 200, headers: o.headers ?? {}, body: o.body ?? '' };
}

/** Status 200, the right content type, and no body. */
export function emptyBody(): RawReply {
  return raw({ headers: { 'content-type': 'text/event-stream' } });
}

/** The message with these faults; several of one place strike in their order. */
export function withFaults(reply: MessageReply, ...faults: readonly StreamFault[]): MessageReply {
  return { ...reply, faults: [...(reply.faults ?? []), ...faults] };
}

function halved(block: ReplyBlock): ReplyBlock {
  if (block.type !== 'tool_use') return block;
  const json = typeof block.input === 'string' ? block.input : JSON.stringify(block.input);
  return { ...block, input: json.slice(0, Math.max(1, Math.floor(json.length / 2))) };
}

/** The deltas of each count are made once: a benchmark asks for the same ones again and again. */
const countings = new Map<number, readonly string[]>();
const MAX_COUNTINGS = 8;

function countingDeltas(count: number): readonly string[] {
  const known = countings.get(count);
  if (known) return known;
  const deltas = Array.from({ length: count }, (_, index) =>
    index === count - 1 ? String(index + 1) : `${index + 1} `,
  );
  const oldest = countings.size >= MAX_COUNTINGS ? countings.keys().next().value : undefined;
  if (oldest !== undefined) countings.delete(oldest);
  countings.set(count, deltas);
  return deltas;
}

function definedOnly(reply: MessageReply): Partial<MessageReply> {
  return Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== undefined));
}
