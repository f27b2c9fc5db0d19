import type { Json } from '../log/entries.ts';
import { flushPending } from './fold-history.ts';
import type { RequestHistory, SerialisedMessage } from './request-history.ts';

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

/** The body of the request that counts the tokens of the next one; nothing is flushed by it. */
export function countBody(history: RequestHistory, head: RequestHead): string {
  const ahead = { ...history, messages: [...history.messages], accepted: { ...history.accepted } };
  flushPending(ahead);
  return requestBody(ahead, head, 'count');
}

/**
 * The body of the request for everything flushed so far, with the cache markers spliced in unless they are not wanted.
 * `create`: answered in one piece.
 */
export function requestBody(
  history: Pick<RequestHistory, 'messages' | 'blockCount' | 'ends'>,
  head: RequestHead,
  use: 'stream' | 'create' | 'count' = 'stream',
  { marks = true }: { marks?: boolean } = {},
): string {
  const extras = Object.entries(head.extras)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join('');
  // A marker at the end of the system prompt covers the tools, which come before it in the prefix.
  const system = marks ? markLast(head.system) : head.system;
  const tools = marks && head.system.length === 0 ? markLast(head.tools) : head.tools;
  const messages = marks ? markedMessages(history) : history.messages.map(({ json }) => json);
  return (
    `{"model":${JSON.stringify(head.model)}${use === 'count' ? '' : `,"max_tokens":${head.maxTokens}`}` +
    `${use === 'stream' ? ',"stream":true' : ''}${extras}` +
    (system.length === 0 ? '' : `,"system":[${system.join(',')}]`) +
    (tools.length === 0 ? '' : `,"tools":[${tools.join(',')}]`) +
    `,"messages":[${messages.join(',')}]}`
  );
}

function markLast(blocks: readonly string[]): readonly string[] {
  const last = blocks.at(-1);
  return last === undefined ? blocks : [...blocks.slice(0, -1), marked(last)];
}

function marked(json: string): string {
  return `${json.slice(0, -1)},${MARKER}}`;
}

function markedMessages(history: Pick<RequestHistory, 'messages' | 'blockCount' | 'ends'>): string[] {
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
