import { isRecord } from '../helpers/is-record.ts';
import { mapStrings } from './scrub.ts';

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g;

/** What of a request has a part in its answer. */
const OF_MEANING = ['model', 'system', 'tools', 'messages'] as const;

/**
 * What a request asks: model, system prompt, tools and messages, without cache markers; ids are numbered as they come, and UUIDs and
 * moments within texts are left out. Of a body that is no such request: all of it, but `metadata`.
 */
export function meaningOf(body: unknown): unknown {
  if (!isRecord(body)) return plain(body);
  if (!Array.isArray(body['messages'])) {
    const { metadata: _, ...rest } = body;
    return plain(rest);
  }
  const asked = Object.fromEntries(
    OF_MEANING.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  );
  const system = typeof asked['system'] === 'string' ? [{ type: 'text', text: asked['system'] }] : asked['system'];
  const messages = body['messages'].map((message: unknown) =>
    isRecord(message) && typeof message['content'] === 'string'
      ? { ...message, content: [{ type: 'text', text: message['content'] }] }
      : message,
  );
  const numbers = new Map<unknown, string>();
  return numbered(plain({ ...asked, ...(system === undefined ? {} : { system }), messages }), numbers);
}

function plain(value: unknown): unknown {
  return mapStrings(withoutMarkers(value), (text) => text.replaceAll(UUID, '<uuid>').replaceAll(TIME, '<time>'));
}

function withoutMarkers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarkers);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([name]) => name !== 'cache_control');
  return Object.fromEntries(fields.map(([name, field]) => [name, name === 'input' ? field : withoutMarkers(field)]));
}

/** Ids of calls as numbers, in the order in which they come. */
function numbered(value: unknown, numbers: Map<unknown, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => numbered(item, numbers));
  if (!isRecord(value)) return value;
  const isCall = value['type'] === 'tool_use' || value['type'] === 'server_tool_use';
  const fields = Object.entries(value).map(([name, field]) => {
    if (name !== 'tool_use_id' && !(isCall && name === 'id'))
      return [name, name === 'input' ? field : numbered(field, numbers)];
    if (!numbers.has(field)) numbers.set(field, `call ${numbers.size + 1}`);
    return [name, numbers.get(field)];
  });
  return Object.fromEntries(fields);
}
