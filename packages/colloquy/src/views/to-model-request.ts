import { isRecord } from '../helpers/is-record.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Entry, Json, Seq } from '../log/entries.ts';
import { leftOut, toPlainBlock } from './plain-answer.ts';
import { isBlankText, toPromptJson, toResultJson, withheldResult } from './sent-blocks.ts';

/**
 * The log as the messages of the next model request. Each message is serialised once, without cache markers, so the request of a
 * longer log begins with that of the shorter one to the byte; `requestBody` splices the markers in.
 */
export type RequestHistory = {
  messages: SerialisedMessage[];
  /** Blocks in `messages`. */
  blockCount: number;
  pending: Pending;
  /** What the API has taken so far: so many messages, and the calls whose results the first message after them holds. */
  accepted: { messages: number; calls: readonly string[] };
  /** The API has said of a request that ended here that it will never take it: one of the messages not accepted is the reason. */
  refused: number;
  answer: { request: string; blocks: SerialisedBlock[] } | undefined;
  /** Block counts at the end of the request before the newest one, and of the newest. */
  ends: { previous: number; newest: number };
  /** Where the history stood when the turn began: a refused or blocked turn is dropped from it. */
  turnStart: { messages: number; pending: Pending; ends: RequestHistory['ends'] };
  prompts: Map<Seq, Json[]>;
};

/** What the next user message will hold: results in the order of their calls, then everything else as it came. */
type Pending = { calls: readonly string[]; results: Map<string, string>; blocks: string[] };

export type SerialisedBlock = { json: string; thinking: boolean; toolUseId: string | undefined };
/** A message as it is sent; its blocks are known by where they end in it, so that nothing is held twice. */
export type SerialisedMessage = { role: 'user' | 'assistant'; json: string; blocks: readonly BlockPlace[] };
type BlockPlace = { start: number; end: number; thinking: boolean };

/** A request's parts besides its messages; `system` and `tools` are the JSON of each block and tool. */
export type RequestHead = {
  model: string;
  maxTokens: number;
  system: readonly string[];
  tools: readonly string[];
  /** `thinking`, `output_config` and the like; undefined values are left out. */
  extras: Record<string, Json>;
};

/** The API takes four markers at the most; a marker is found again within 20 blocks. */
const SPARE_MARKER_EVERY_BLOCKS = 15;
const MARKER = '"cache_control":{"type":"ephemeral"}';

export function newHistory(): RequestHistory {
  return {
    messages: [],
    blockCount: 0,
    pending: nothingPending(),
    accepted: { messages: 0, calls: [] },
    refused: 0,
    answer: undefined,
    ends: { previous: 0, newest: 0 },
    turnStart: { messages: 0, pending: nothingPending(), ends: { previous: 0, newest: 0 } },
    prompts: new Map(),
  };
}

function nothingPending(): Pending {
  return { calls: [], results: new Map(), blocks: [] };
}

function copyOf({ calls, results, blocks }: Pending): Pending {
  return { calls, results: new Map(results), blocks: [...blocks] };
}

/** Folds one entry into the history, in place. */
export function foldHistory(history: RequestHistory, entry: Entry): void {
  if (entry.thread !== 'main') return;
  switch (entry.kind) {
    case 'prompt':
      history.prompts.set(entry.seq, entry.content);
      return;
    case 'prompt_withdrawn':
      history.prompts.delete(entry.prompt);
      return;
    case 'turn_start':
      history.turnStart = {
        messages: history.messages.length,
        pending: copyOf(history.pending),
        ends: history.ends,
      };
      return;
    case 'turn_end':
      // A prompt that a hook has blocked is never told to the model.
      if (entry.reason === 'blocked') dropTurn(history);
      return;
    case 'prompt_taken':
      history.pending.blocks.push(...(history.prompts.get(entry.prompt) ?? []).map(toPromptJson));
      history.prompts.delete(entry.prompt);
      return;
    case 'context':
      if (!SHOWN_ONLY.has(entry.source)) history.pending.blocks.push(...entry.content.map(wellFormedJson));
      return;
    case 'segment':
      if (entry.reason === 'plain') makePlain(history);
      else if (entry.reason !== 'start') dropThinking(history);
      return;
    case 'model_request':
      flushPending(history);
      history.answer = { request: entry.request, blocks: [] };
      return;
    case 'model_block':
      if (history.answer?.request !== entry.request) return;
      accept(history);
      // The API sends text without a word in it, and does not take it back.
      if (!isBlankText(entry.block)) history.answer.blocks.push(toSerialisedBlock(entry.block));
      return;
    case 'model_error':
      history.answer = undefined;
      if (isRequestRefused(entry)) foldRefusal(history, entry);
      return;
    case 'model_response':
      closeAnswer(history, entry);
      return;
    case 'tool_result':
      history.pending.results.set(entry.toolUseId, toResultJson(entry));
      return;
    default:
  }
}

/** Context that is told to people and not to the model. */
const SHOWN_ONLY: ReadonlySet<string> = new Set(['warning']);

/** Closes the user message that has been gathering, if it holds anything. Called with each request. */
export function flushPending(history: RequestHistory): void {
  const { calls, results, blocks } = history.pending;
  const inOrder = calls.map((id) => results.get(id)).filter((json) => json !== undefined);
  const json = [...inOrder, ...blocks];
  history.pending = nothingPending();
  if (json.length > 0) {
    if (history.messages.length === history.accepted.messages) history.accepted.calls = calls;
    push(
      history,
      'user',
      json.map((text) => ({ json: text, thinking: false, toolUseId: undefined })),
    );
  }
  if (history.blockCount !== history.ends.newest)
    history.ends = { previous: history.ends.newest, newest: history.blockCount };
}

function push(history: RequestHistory, role: SerialisedMessage['role'], blocks: readonly SerialisedBlock[]): void {
  history.messages.push(toMessage(role, blocks));
  history.blockCount += blocks.length;
}

function toMessage(
  role: SerialisedMessage['role'],
  blocks: readonly Pick<SerialisedBlock, 'json' | 'thinking'>[],
): SerialisedMessage {
  const head = `{"role":"${role}","content":[`;
  let start = head.length;
  const places = blocks.map(({ json, thinking }): BlockPlace => {
    const place = { start, end: start + json.length, thinking };
    start = place.end + 1;
    return place;
  });
  return { role, json: `${head}${blocks.map(({ json }) => json).join(',')}]}`, blocks: places };
}

function toSerialisedBlock(block: Json): SerialisedBlock {
  const type = typeof block === 'object' && block !== null && 'type' in block ? block.type : undefined;
  const id = typeof block === 'object' && block !== null && 'id' in block && type === 'tool_use' ? block.id : undefined;
  return {
    json: wellFormedJson(block),
    thinking: type === 'thinking' || type === 'redacted_thinking',
    toolUseId: typeof id === 'string' ? id : undefined,
  };
}

function closeAnswer(history: RequestHistory, entry: Entry & { kind: 'model_response' }): void {
  const blocks = history.answer?.blocks ?? [];
  history.answer = undefined;
  if (entry.messageId !== '') accept(history);
  // A refused turn is dropped: sent again, it would be refused again.
  if (entry.stopReason === 'refusal') return dropTurn(history);
  // Thinking alone is no message, and neither is an empty answer; the API refuses both at the end of a turn.
  if (!blocks.some((block) => !block.thinking)) return;
  push(history, 'assistant', blocks);
  accept(history);
  history.pending.calls = blocks.map((block) => block.toolUseId).filter((id) => id !== undefined);
}

/** Back to where the turn began; what waited for it then, such as results of a turn that was interrupted, waits again. */
function dropTurn(history: RequestHistory): void {
  const { messages, pending, ends } = history.turnStart;
  history.messages.length = messages;
  history.blockCount = countBlocks(history.messages);
  history.pending = copyOf(pending);
  history.ends = ends;
  history.accepted.messages = Math.min(history.accepted.messages, messages);
  history.refused = 0;
}

const countBlocks = (messages: readonly SerialisedMessage[]): number =>
  messages.reduce((count, { blocks }) => count + blocks.length, 0);

function isRequestRefused({ error }: Entry & { kind: 'model_error' }): boolean {
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
function foldRefusal(history: RequestHistory, { next }: Entry & { kind: 'model_error' }): void {
  if (hasSuspects(history)) dropSuspects(history);
  history.refused = next === 'terminal' ? history.messages.length : 0;
}

function dropSuspects(history: RequestHistory): void {
  const { accepted, turnStart, refused } = history;
  const results = accepted.calls.map(withheldResult);
  const [first, ...rest] = history.messages.slice(refused);
  const next = first === undefined ? [] : [withBlocksBefore(first, results)];
  history.messages = [...history.messages.slice(0, accepted.messages), ...next, ...rest];
  history.blockCount = countBlocks(history.messages);
  history.ends = { previous: countBlocks(history.messages.slice(0, accepted.messages)), newest: history.blockCount };
  history.turnStart = {
    messages: accepted.messages,
    pending: {
      calls: accepted.calls,
      results: new Map(accepted.calls.map((id, index) => [id, results[index] ?? ''])),
      blocks: turnStart.pending.blocks,
    },
    ends: { previous: 0, newest: history.ends.previous },
  };
}

function withBlocksBefore(message: SerialisedMessage, before: readonly string[]): SerialisedMessage {
  const own = message.blocks.map(({ start, end, thinking }) => ({ json: message.json.slice(start, end), thinking }));
  return toMessage(message.role, [...before.map((json) => ({ json, thinking: false })), ...own]);
}

function accept(history: RequestHistory): void {
  if (history.accepted.messages < history.messages.length)
    history.accepted = { messages: history.messages.length, calls: [] };
}

/** A new segment: thinking of earlier answers was bound to another prefix, and must not be sent back. */
function dropThinking(history: RequestHistory): void {
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

const blocksIn = (message: SerialisedMessage | undefined): Json[] =>
  (message?.blocks ?? []).map(({ start, end }): Json => JSON.parse(message?.json.slice(start, end) ?? 'null'));

/**
 * True when the newest answer holds more than plain text and calls. If the first request that sends it back is refused, that may
 * be why: thinking whose signature does not fit, a block or field that was damaged on its way.
 */
export function canBePlainer(history: RequestHistory): boolean {
  const newest = history.messages.findLast(({ role }) => role === 'assistant');
  return blocksIn(newest).some((block) => JSON.stringify(toPlainBlock(block)) !== JSON.stringify(block));
}

/** Leaves of the newest answer its text and calls, and of the results after it those of these calls. */
function makePlain(history: RequestHistory): void {
  const at = history.messages.findLastIndex(({ role }) => role === 'assistant');
  const blocks = blocksIn(history.messages[at]).map(toPlainBlock);
  const calls = new Set(blocks.map((block) => (isRecord(block) ? block['id'] : undefined)));
  const isAnswered = (block: Json): boolean =>
    !isRecord(block) || block['type'] !== 'tool_result' || calls.has(block['tool_use_id']);
  replaceMessages(history, (message, index) => {
    if (index < at) return message;
    const kept = index === at ? blocks.filter((block) => block !== undefined) : blocksIn(message).filter(isAnswered);
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

/** The body of the request that counts the tokens of the next one; nothing is flushed by it. */
export function countBody(history: RequestHistory, head: RequestHead): string {
  const ahead = { ...history, messages: [...history.messages], accepted: { ...history.accepted } };
  flushPending(ahead);
  return requestBody(ahead, head, 'count');
}

/** The body of the request for everything flushed so far, with the cache markers spliced in. */
export function requestBody(history: RequestHistory, head: RequestHead, use: 'stream' | 'count' = 'stream'): string {
  const extras = Object.entries(head.extras)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join('');
  // A marker at the end of the system prompt covers the tools, which come before it in the prefix.
  const system = markLast(head.system);
  const tools = head.system.length === 0 ? markLast(head.tools) : head.tools;
  return (
    `{"model":${JSON.stringify(head.model)}${use === 'count' ? '' : `,"max_tokens":${head.maxTokens},"stream":true`}${extras}` +
    (system.length === 0 ? '' : `,"system":[${system.join(',')}]`) +
    (tools.length === 0 ? '' : `,"tools":[${tools.join(',')}]`) +
    `,"messages":[${markedMessages(history).join(',')}]}`
  );
}

function markLast(blocks: readonly string[]): readonly string[] {
  const last = blocks.at(-1);
  return last === undefined ? blocks : [...blocks.slice(0, -1), marked(last)];
}

function marked(json: string): string {
  return `${json.slice(0, -1)},${MARKER}}`;
}

function markedMessages(history: RequestHistory): string[] {
  const texts = history.messages.map(({ json }) => json);
  let end = history.blockCount;
  const wanted = markerPlaces(history.ends.previous, end);
  for (let index = history.messages.length - 1; index >= 0 && wanted.length > 0; index -= 1) {
    const message = history.messages[index];
    if (message === undefined) break;
    const start = end - message.blocks.length;
    const inside = wanted.filter((place) => place > start && place <= end).map((place) => place - start - 1);
    if (inside.length > 0) {
      texts[index] = withMarkers(message, inside);
      wanted.splice(0, inside.length);
    }
    end = start;
  }
  return texts;
}

/** Where markers go, counted in blocks, from the newest back: the newest end, a spare, the end of the previous request. */
function markerPlaces(previous: number, newest: number): number[] {
  const places = [newest];
  if (newest - previous > SPARE_MARKER_EVERY_BLOCKS && previous > 0) places.push(previous + SPARE_MARKER_EVERY_BLOCKS);
  if (previous > 0 && previous < newest) places.push(previous);
  return places;
}

function withMarkers({ json, blocks }: SerialisedMessage, indexes: readonly number[]): string {
  const ends = new Set<number>();
  for (const wanted of indexes) {
    // Thinking takes no marker: the nearest block before it that does stands in.
    let index = wanted;
    while (blocks[index]?.thinking === true) index -= 1;
    const place = blocks[index];
    if (place !== undefined) ends.add(place.end);
  }
  let out = '';
  let from = 0;
  for (const end of [...ends].sort((a, b) => a - b)) {
    out += `${json.slice(from, end - 1)},${MARKER}}`;
    from = end;
  }
  return out + json.slice(from);
}
