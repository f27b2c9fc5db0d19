import type { MessagesRequest } from '../request/messages-request.ts';

/** What the emulator answers to one request of `POST /v1/messages`, or a function that makes it of the request. */
export type Reply = PlainReply | ((request: MessagesRequest) => PlainReply | Promise<PlainReply>);

export type PlainReply = MessageReply | StatusReply | RawReply;

/** A message, whole or spoiled by a fault. */
export type MessageReply = {
  type: 'message';
  blocks: readonly ReplyBlock[];
  /** Default: `tool_use` when there is a tool_use block, else `end_turn`. */
  stopReason?: string | undefined;
  stopDetails?: { type: 'refusal'; category: string | null; explanation: string | null } | undefined;
  /** Milliseconds between deltas; default: the emulator's. */
  gapMs?: number | undefined;
  fault?: StreamFault | undefined;
};

/** `deltas` are sent one by one as they stand; `input` as a string is sent as it is, be it JSON or not. */
export type ReplyBlock =
  | { type: 'text'; deltas: readonly string[] }
  | { type: 'thinking'; deltas: readonly string[] }
  | { type: 'tool_use'; name: string; input: Record<string, unknown> | string; id?: string | undefined };

/**
 * What goes wrong with the stream of a message. `afterEvents` counts whole events, message_start being the first;
 * more than there are means: at the end, before message_stop.
 */
export type StreamFault =
  /** The connection breaks; with `insideCharacter` after the first byte of a character of several bytes in the next event. */
  | { type: 'cut'; afterEvents: number; insideCharacter: boolean }
  /** The body ends as if it were whole. */
  | { type: 'end'; afterEvents: number }
  /** Nothing more comes, until the client goes away. */
  | { type: 'stall'; afterEvents: number }
  /** An `error` event comes, and the body ends. */
  | { type: 'error_event'; afterEvents: number; error: { type: string; message: string } }
  /** Nothing is lost, but every character of several bytes is split over two chunks, sent a millisecond apart. */
  | { type: 'split_characters' };

/** An error answer, as the API gives it before any stream begins. */
export type StatusReply = {
  type: 'status';
  status: number;
  errorType: string;
  message: string;
  errorCode?: string | undefined;
  headers: Readonly<Record<string, string>>;
};

/** Any answer at all. */
export type RawReply = { type: 'raw'; status: number; headers: Readonly<Record<string, string>>; body: string };
