import { isRecord } from '../helpers/is-record.ts';
import { errorInStream, excerpt, invalidStream } from './api-error.ts';
import { plainDelta } from './plain-delta.ts';
import type { StreamEvent } from './types.ts';

/**
 * Reads the data of one frame. Events, deltas and blocks of unknown types pass as they came; known ones must have what their type
 * promises, so that nobody needs to look again.
 * @throws APIError of type `invalid_stream`; for an `error` event, of the type it names.
 */
export function parseStreamEvent(data: string, requestId: string | undefined): StreamEvent {
  const plain = plainDelta(data);
  if (plain !== undefined) return plain;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidStream(`the data of an event is not JSON: ${excerpt(data)}`, { requestId }, { cause });
  }
  return checkStreamEvent(value, requestId);
}

/** Like `parseStreamEvent`, for an event that somebody else has parsed. */
export function checkStreamEvent(value: unknown, requestId: string | undefined): StreamEvent {
  if (!isRecord(value) || typeof value['type'] !== 'string') {
    throw invalidStream('an event is not an object with a type', { requestId });
  }
  const error = errorInStream(value, requestId);
  if (error !== undefined) throw error;
  const wrong = flawOf(value);
  if (wrong !== undefined) throw invalidStream(`${value['type']} ${wrong}`, { requestId });
  // The fields that the known types promise have just been looked at; unknown types are part of the contract of StreamEvent.
  return value as StreamEvent;
}

type Fields = Record<string, unknown>;

function flawOf(event: Fields): string | undefined {
  switch (event['type']) {
    case 'content_block_delta':
      return indexFlaw(event) ?? deltaFlaw(event['delta']);
    case 'content_block_start':
      return indexFlaw(event) ?? blockFlaw(event['content_block']);
    case 'content_block_stop':
      return indexFlaw(event);
    case 'message_start':
      return messageFlaw(event['message']);
    case 'message_delta':
      if (!isRecord(event['delta'])) return 'has no delta';
      if (!isTextOrAbsent(event['delta']['stop_reason'])) return 'has a stop reason that is no text';
      if (!isRecord(event['usage'] ?? {})) return 'has a usage that is not an object';
      return isRecord(event['usage']) ? usageFlaw(event['usage']) : undefined;
    default:
      return undefined;
  }
}

function indexFlaw(event: Fields): string | undefined {
  const index = event['index'];
  return Number.isSafeInteger(index) && Number(index) >= 0 ? undefined : 'has no index';
}

/** What is wrong with a message of the API, apart from its content: undefined if nothing is. */
export function messageFlaw(message: unknown): string | undefined {
  if (!isRecord(message)) return 'has no message';
  if (typeof message['id'] !== 'string' || typeof message['model'] !== 'string') return 'has no id or no model';
  if (!Array.isArray(message['content'])) return 'has no content';
  if (!isTextOrAbsent(message['stop_reason'])) return 'has a stop reason that is no text';
  return isRecord(message['usage']) ? usageFlaw(message['usage']) : 'has no usage';
}

/** The counts that costs and budgets are made of; what else is told of the usage passes as it came. */
const COUNTS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'];
const PARTS: Readonly<Record<string, readonly string[]>> = {
  cache_creation: ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'],
  output_tokens_details: ['thinking_tokens'],
  server_tool_use: ['web_search_requests'],
};

function usageFlaw(usage: Fields): string | undefined {
  const wrong = COUNTS.find((name) => !isCountOrAbsent(usage[name]));
  if (wrong !== undefined) return `has a usage whose ${wrong} is no count`;
  for (const [name, counts] of Object.entries(PARTS)) {
    const part = usage[name] ?? {};
    if (!isRecord(part) || !counts.every((count) => isCountOrAbsent(part[count])))
      return `has a usage whose ${name} is no object of counts`;
  }
  return undefined;
}

const isCountOrAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);

const isTextOrAbsent = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string';

/** What is wrong with a content block: undefined if nothing is, or if its type is not known. */
export function blockFlaw(block: unknown): string | undefined {
  if (!isRecord(block) || typeof block['type'] !== 'string') return 'has no block with a type';
  switch (block['type']) {
    case 'text':
      return typeof block['text'] === 'string' ? undefined : 'has a text block without text';
    case 'thinking':
      return typeof block['thinking'] === 'string' ? undefined : 'has a thinking block without thinking';
    case 'tool_use':
    case 'server_tool_use':
      return filled(block['id']) && filled(block['name'])
        ? undefined
        : `has a ${block['type']} block without id or name`;
    default:
      return undefined;
  }
}

function deltaFlaw(delta: unknown): string | undefined {
  if (!isRecord(delta) || typeof delta['type'] !== 'string') return 'has no delta with a type';
  switch (delta['type']) {
    case 'text_delta':
      return stringFlaw(delta, 'text');
    case 'thinking_delta':
      return stringFlaw(delta, 'thinking');
    case 'signature_delta':
      return stringFlaw(delta, 'signature');
    case 'input_json_delta':
      return stringFlaw(delta, 'partial_json');
    default:
      return undefined;
  }
}

function stringFlaw(delta: Fields, key: string): string | undefined {
  return typeof delta[key] === 'string' ? undefined : `has a delta without ${key}`;
}

function filled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
