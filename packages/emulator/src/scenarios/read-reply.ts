import { validateHeaderName, validateHeaderValue } from 'node:http';
import { raw, status, text as textReply, thinking, together, toolUses } from '../replies/builders.ts';
import type { MessageReply, PlainReply, ReplyBlock } from '../replies/reply.ts';
import { isRecord } from '../request/messages-request.ts';
import {
  join,
  list,
  milliseconds,
  object,
  oneOf,
  optional,
  record,
  required,
  text,
  whole,
  type Reader,
} from './data-reader.ts';
import { readBlock, TOOL_USE, words } from './read-block.ts';
import { readFaults } from './read-faults.ts';
import { ScenarioError } from './scenario-error.ts';

const headers: Reader<Readonly<Record<string, string>>> = (value, path) => {
  const read = record(text)(value, path);
  for (const [name, content] of Object.entries(read)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, content);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ScenarioError(join(path, name), `cannot be sent: ${error.message}`);
    }
  }
  return read;
};
const nullable: Reader<string | null> = (value, path) => (value === null ? null : text(value, path));
// The fields of the three kinds of written replies; which of them are given decides the kind.
const STATUS = {
  status: required(whole(200, 599)),
  errorType: optional(text),
  message: optional(text),
  errorCode: optional(text),
  retryAfterSeconds: optional(whole(0)),
  headers: optional(headers),
  delayMs: optional(milliseconds),
};
const RAW = {
  raw: required(object({ status: optional(whole(200, 599)), headers: optional(headers), body: optional(text) })),
  delayMs: optional(milliseconds),
};
const MESSAGE = {
  thinking: optional(text),
  text: optional(words),
  toolUses: optional(list(object(TOOL_USE))),
  content: optional(list(readBlock)),
  stopReason: optional(text),
  stopDetails: optional(
    object({ type: required(oneOf(['refusal'])), category: required(nullable), explanation: required(nullable) }),
  ),
  gapMs: optional(milliseconds),
  delayMs: optional(milliseconds),
  headers: optional(headers),
  faults: optional(readFaults),
};

/** A reply written as data; the fields beside it belong to its surroundings, which read them themselves. */
export function replyReader(beside: Readonly<Record<string, ReturnType<typeof optional>>> = {}): Reader<PlainReply> {
  const readStatus = object({ ...beside, ...STATUS });
  const readRaw = object({ ...beside, ...RAW });
  const readMessage = object({ ...beside, ...MESSAGE });
  return (value, path) => {
    if (isRecord(value) && value.status !== undefined) {
      const { status: code, errorType: type, delayMs, ...o } = readStatus(value, path);
      return timed(status(code, { ...o, type }), delayMs);
    }
    if (isRecord(value) && value.raw !== undefined) {
      const { raw: answer, delayMs } = readRaw(value, path);
      return timed(raw(answer), delayMs);
    }
    return toMessage(readMessage(value, path), path);
  };
}

type Written = ReturnType<ReturnType<typeof object<typeof MESSAGE>>>;

function toMessage(written: Written, path: string): MessageReply {
  const { thinking: thought, text: said, toolUses: calls, content } = written;
  const parts = [thought, said, calls].filter((part) => part !== undefined);
  if (content !== undefined && parts.length > 0)
    throw new ScenarioError(path, 'has content, and thinking, text or toolUses as well; only one of the two can be');
  if (content === undefined && parts.length === 0 && written.stopReason === undefined)
    throw new ScenarioError(
      path,
      'says nothing: it needs text, thinking, toolUses, content, stopReason, status or raw',
    );
  const { stopReason, stopDetails, gapMs, delayMs, headers: own, faults } = written;
  const blocks = content ?? blocksOf({ thought, said, calls });
  return { type: 'message', blocks, stopReason, stopDetails, gapMs, delayMs, headers: own, faults };
}

function blocksOf(o: {
  thought: string | undefined;
  said: string | readonly string[] | undefined;
  calls: Parameters<typeof toolUses>[0] | undefined;
}): readonly ReplyBlock[] {
  const nothing: MessageReply = { type: 'message', blocks: [] };
  return together(
    o.thought === undefined ? nothing : thinking(o.thought, nothing),
    o.said === undefined ? nothing : textReply(o.said),
    o.calls === undefined ? nothing : toolUses(o.calls),
  ).blocks;
}

function timed<T extends PlainReply>(reply: T, delayMs: number | undefined): T {
  return delayMs === undefined ? reply : { ...reply, delayMs };
}
