import { LateMap } from '../helpers/late-map.ts';
import type { Json, Seq, Thread } from '../log/entries.ts';

/**
 * The log as the messages of the next model request. Each message is serialised once, without cache markers, so the request of a
 * longer log begins with that of the shorter one to the byte; `requestBody` splices the markers in.
 */
export type RequestHistory = {
  /** Entries of other threads are passed over. */
  thread: Thread;
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
  prompts: LateMap<Seq, Json[]>;
};

/** What the next user message will hold: results in the order of their calls, then everything else as it came. */
export type Pending = { calls: readonly string[]; results: LateMap<string, string>; blocks: string[] };

export type SerialisedBlock = { json: string; thinking: boolean; toolUseId: string | undefined };
/** A message as it is sent; its blocks are known by where they end in it, so that nothing is held twice. */
export type SerialisedMessage = { role: 'user' | 'assistant'; json: string; blocks: readonly BlockPlace[] };
type BlockPlace = { start: number; end: number; thinking: boolean };

/** Before the first entry. */
export function newHistory(thread: Thread = 'main'): RequestHistory {
  return {
    thread,
    messages: [],
    blockCount: 0,
    pending: nothingPending(),
    accepted: { messages: 0, calls: [] },
    refused: 0,
    answer: undefined,
    ends: { previous: 0, newest: 0 },
    turnStart: { messages: 0, pending: nothingPending(), ends: { previous: 0, newest: 0 } },
    prompts: new LateMap(),
  };
}

/** Nothing said yet. */
export function nothingPending(): Pending {
  return { calls: [], results: new LateMap(), blocks: [] };
}

/** A copy that does not change with the first. */
export function copyOf({ calls, results, blocks }: Pending): Pending {
  return { calls, results: new LateMap(results), blocks: [...blocks] };
}

/** A message of these blocks, as it is sent. */
export function toMessage(
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

/** The blocks of all messages together. */
export function countBlocks(messages: readonly SerialisedMessage[]): number {
  return messages.reduce((count, { blocks }) => count + blocks.length, 0);
}

/** The API has taken all messages that there are. */
export function accept(history: RequestHistory): void {
  if (history.accepted.messages < history.messages.length)
    history.accepted = { messages: history.messages.length, calls: [] };
}
