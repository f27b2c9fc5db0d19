import { isRecord } from '../helpers/is-record.ts';
import { LateMap } from '../helpers/late-map.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Entry, Json } from '../log/entries.ts';
import { leftOut, toPlainBlock } from './plain-answer.ts';
import { copyOf, countBlocks, type RequestHistory, type SerialisedMessage, toMessage } from './request-history.ts';
import { withheldResult } from './sent-blocks.ts';

// What the API has refused, or would refuse, is left out of the history, so that no session ends with it.

/** Back to where the turn began; what waited for it then, such as results of a turn that was interrupted, waits again. */
export function dropTurn(history: RequestHistory): void {
  const { messages, pending, ends } = history.turnStart;
  history.messages.length = messages;
  history.blockCount = countBlocks(history.messages);
  history.pending = copyOf(pending);
  history.ends = ends;
  history.accepted.messages = Math.min(history.accepted.messages, messages);
  history.refused = 0;
}

/** The API will never take this request as it is. */
export function isRequestRefused({ error }: Entry & { kind: 'model_error' }): boolean {
  const status = isRecord(error) ? error['status'] : undefined;
  return status === 400 || status === 413;
}

/** True when an earlier prompt, or the results before it, may be why the API refuses a request; the next refusal takes them out. */
export function hasSuspects(history: RequestHistory): boolean {
  return history.refused > history.accepted.messages;
}

/**
 * A prompt that is refused stays, because the reason may be another one, such as a limit of the account. If it is refused again with
 * the next prompt, it is left out, so that one bad image does not end a session for ever.
 */
export function foldRefusal(history: RequestHistory, { next }: Entry & { kind: 'model_error' }): void {
  if (hasSuspects(history)) dropSuspects(history);
  history.refused = next === 'terminal' ? history.messages.length : 0;
}

function dropSuspects(history: RequestHistory): void {
  const { accepted, turnStart, refused } = history;
  const results = accepted.calls.map(withheldResult);
  const withheld = new LateMap<string, string>();
  for (const [index, id] of accepted.calls.entries()) withheld.set(id, results[index] ?? '');
  const [first, ...rest] = history.messages.slice(refused);
  const next = first === undefined ? [] : [withBlocksBefore(first, results)];
  history.messages = [...history.messages.slice(0, accepted.messages), ...next, ...rest];
  history.blockCount = countBlocks(history.messages);
  history.ends = { previous: countBlocks(history.messages.slice(0, accepted.messages)), newest: history.blockCount };
  history.turnStart = {
    messages: accepted.messages,
    pending: {
      calls: accepted.calls,
      results: withheld,
      blocks: turnStart.pending.blocks,
    },
    ends: { previous: 0, newest: history.ends.previous },
  };
}

function withBlocksBefore(message: SerialisedMessage, before: readonly string[]): SerialisedMessage {
  const own = message.blocks.map(({ start, end, thinking }) => ({ json: message.json.slice(start, end), thinking }));
  return toMessage(message.role, [...before.map((json) => ({ json, thinking: false })), ...own]);
}

/** A new segment: thinking of earlier answers was bound to another prefix, and must not be sent back. */
export function dropThinking(history: RequestHistory): void {
  replaceMessages(history, (message) => {
    if (!message.blocks.some(({ thinking }) => thinking)) return message;
    const others = message.blocks.filter(({ thinking }) => !thinking);
    return toMessage(
      message.role,
      others.map(({ start, end }) => ({ json: message.json.slice(start, end), thinking: false })),
    );
  });
}

/** Puts other messages in the place of these, one for one. */
function replaceMessages(
  history: RequestHistory,
  replacement: (message: SerialisedMessage, index: number) => SerialisedMessage,
): void {
  history.messages = history.messages.map(replacement);
  history.blockCount = countBlocks(history.messages);
  history.ends = { previous: 0, newest: history.blockCount };
  history.turnStart.ends = { previous: 0, newest: countBlocks(history.messages.slice(0, history.turnStart.messages)) };
}

const blocksIn = ({ json, blocks }: SerialisedMessage): Json[] =>
  blocks.map(({ start, end }): Json => JSON.parse(json.slice(start, end)));

/**
 * True when the newest answer holds more than plain text and calls. If the first request that sends it back is refused, that may
 * be why: thinking whose signature does not fit, a block or field that was damaged on its way.
 */
export function canBePlainer(history: RequestHistory): boolean {
  const { from, to } = newestAnswer(history);
  const blocks = history.messages.slice(from, to).flatMap(blocksIn);
  return blocks.some((block) => JSON.stringify(toPlainBlock(block)) !== JSON.stringify(block));
}

/** Where the newest answer stands: one message, or several if it paused for the API's own tools. */
function newestAnswer({ messages }: RequestHistory): { from: number; to: number } {
  const to = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  return { from: messages.findLastIndex(({ role }, index) => role === 'user' && index < to) + 1, to };
}

/** Leaves of the newest answer its text and calls, and of the results after it those of these calls. */
export function makePlain(history: RequestHistory): void {
  const { from, to } = newestAnswer(history);
  const calls = new Set<unknown>();
  const isAnswered = (block: Json): boolean =>
    !isRecord(block) || block['type'] !== 'tool_result' || calls.has(block['tool_use_id']);
  replaceMessages(history, (message, index) => {
    if (index < from) return message;
    const blocks = blocksIn(message);
    const kept =
      index < to ? blocks.map(toPlainBlock).filter((block) => block !== undefined) : blocks.filter(isAnswered);
    for (const block of kept) if (isRecord(block) && block['type'] === 'tool_use') calls.add(block['id']);
    const sent = kept.length === 0 ? [leftOut] : kept;
    return toMessage(
      message.role,
      sent.map((block) => ({ json: wellFormedJson(block), thinking: false })),
    );
  });
  const { accepted, pending, turnStart } = history;
  accepted.calls = accepted.calls.filter((id) => calls.has(id));
  for (const waiting of [pending, turnStart.pending]) waiting.calls = waiting.calls.filter((id) => calls.has(id));
}

/** True when thinking would be sent back with the next request. */
export function hasThinking(history: RequestHistory): boolean {
  return history.messages.some(({ blocks }) => blocks.some(({ thinking }) => thinking));
}
