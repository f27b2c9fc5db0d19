import type { MessagesRequest } from '../request/messages-request.ts';

/** What the emulator answers to one request of `POST /v1/messages`, or a function that makes it of the request. */
export type Reply = PlainReply | ((request: MessagesRequest) => PlainReply | Promise<PlainReply>);

export type PlainReply = MessageReply | StatusReply | RawReply;

/** A message, whole or spoiled by faults. */
export type MessageReply = {
  type: 'message';
  blocks: readonly ReplyBlock[];
  /** Default: `tool_use` when there is a tool_use block, else `end_turn`. */
  stopReason?: string | undefined;
  stopDetails?: { type: 'refusal'; category: string | null; explanation: string | null } | undefined;
  /** Milliseconds between deltas; default: the emulator's. */
  gapMs?: number | undefined;
  /** Milliseconds before status and headers. */
  delayMs?: number | undefined;
  /** Put over the answer's own headers, such as another content type. */
  headers?: Readonly<Record<string, string>> | undefined;
  faults?: readonly StreamFault[] | undefined;
};

/** `deltas` are sent one by one as they stand; `input` as a string is sent as it is, be it JSON or not. */
export type ReplyBlock =
  | { type: 'text'; deltas: readonly string[]; citations?: readonly RawData[] | undefined }
  | { type: 'thinking'; deltas: readonly string[] }
  /** Thinking that is shown to nobody; left out where the model, or the request, has thinking turned off. */
  | { type: 'redacted_thinking' }
  | { type: 'tool_use'; name: string; input: Record<string, unknown> | string; id?: string | undefined }
  | WebSearchCall
  | WebFetchCall
  | RawBlock;

/** The API searches the web, for a request that offers the tool. Without an outcome the search is still under way. */
export type WebSearchCall = {
  type: 'web_search';
  query: string;
  id?: string | undefined;
  outcome?: { results: readonly WebSearchResult[] } | ServerToolError | undefined;
};

export type WebSearchResult = { url: string; title: string; pageAge?: string | null | undefined };

/** The API fetches a page, for a request that offers the tool. Without an outcome the page is still on its way. */
export type WebFetchCall = {
  type: 'web_fetch';
  url: string;
  id?: string | undefined;
  outcome?: { page: WebPage } | ServerToolError | undefined;
};

export type WebPage = { text: string; title?: string | undefined; retrievedAt?: string | undefined };

/** The answer goes on with it, and its status is 200. */
export type ServerToolError = { error: string };

/** A block of any type, known or not, as it stands. */
export type RawBlock = {
  type: 'block';
  /** The whole block, as an answer without streaming holds it. */
  block: RawData;
  /** What `content_block_start` holds; default: the whole block. */
  start?: RawData | undefined;
  /** The deltas of a stream; default: none. */
  deltas?: readonly RawData[] | undefined;
  /** What its JSON counts as: results of the API's own tools are input, summaries are counted apart. Default `output`. */
  counts?: 'input' | 'output' | 'nothing' | undefined;
};

export type RawData = { readonly type: string; readonly [field: string]: unknown };

/** What goes wrong with the stream of a message, at one place or all along. Several of one place strike in their order. */
export type StreamFault = (Place & PlacedFault) | WholeStreamFault;

/**
 * Where a fault strikes: after so many whole events of the message, message_start being the first, or before its first
 * event of this name. A place that does not come means: at the end, before message_stop.
 */
export type Place = { afterEvents: number; before?: undefined } | { before: string; afterEvents?: undefined };

export type PlacedFault =
  | EndingFault
  /** Nothing comes for so long. */
  | { type: 'delay'; ms: number }
  /** The next event comes with its JSON cut in half. */
  | { type: 'malformed_event' }
  /** The next event does not come. */
  | { type: 'lost_event' }
  /** The event before comes once more. */
  | { type: 'repeated_event' }
  /** An event of a type that does not exist. */
  | { type: 'unknown_event' }
  /** A delta of a type that does not exist, as soon as a block is open. */
  | { type: 'unknown_delta' }
  /** A text block with the index of the block before, as soon as there is one. */
  | { type: 'duplicate_index' }
  /** A comment line, as proxies send to keep a connection open. */
  | { type: 'comment'; text?: string | undefined }
  /** A ping whose data line is so long. */
  | { type: 'huge_line'; bytes: number }
  /** Any text at all, put between two events as it stands. */
  | { type: 'insert'; text: string };

/** Nothing comes after these. */
export type EndingFault =
  /** The connection breaks; with `insideCharacter` after the first byte of a character of several bytes in the next event. */
  | { type: 'cut'; insideCharacter?: boolean | undefined }
  /** The connection is reset: what is still on its way may be lost. */
  | { type: 'reset' }
  /** The body ends as if it were whole. */
  | { type: 'end' }
  /** Nothing more comes, until the client goes away. */
  | { type: 'stall' }
  /** An `error` event comes, and the body ends. */
  | { type: 'error_event'; error: { type: string; message: string } };

/** Faults of form: nothing is lost, and a reader of event streams has to cope. */
export type WholeStreamFault =
  /** Every character of several bytes is split over two chunks, sent a millisecond apart. */
  | { type: 'split_characters' }
  /** The bytes come in chunks of one to `maxBytes` bytes, drawn from the seed and sent a millisecond apart. Default 1024, 0. */
  | { type: 'chunks'; maxBytes?: number | undefined; seed?: number | undefined }
  | { type: 'byte_order_mark' }
  | { type: 'line_ends'; ends: 'crlf' | 'cr' };

/** An error answer, as the API gives it before any stream begins. */
export type StatusReply = {
  type: 'status';
  status: number;
  errorType: string;
  message: string;
  errorCode?: string | undefined;
  headers: Readonly<Record<string, string>>;
  /** Milliseconds before the answer. */
  delayMs?: number | undefined;
};

/** Any answer at all. */
export type RawReply = {
  type: 'raw';
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Milliseconds before the answer. */
  delayMs?: number | undefined;
};
