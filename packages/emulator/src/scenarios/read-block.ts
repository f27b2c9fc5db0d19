import { cutWords } from '../replies/cut-deltas.ts';
import type { RawData, ReplyBlock, ServerToolError } from '../replies/reply.ts';
import { data, list, object, oneOf, optional, required, text, wrong, type Reader } from './data-reader.ts';
import { ScenarioError } from './scenario-error.ts';

/** A text, or its deltas. */
export const words: Reader<string | readonly string[]> = (value, path) =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? list(text)(value, path)
      : wrong(path, 'a string or a list', value);

const nullableText: Reader<string | null> = (value, path) => (value === null ? null : text(value, path));

const input: Reader<Record<string, unknown> | string> = (value, path) =>
  typeof value === 'string' ? value : data(value, path);

const rawData: Reader<RawData> = (value, path) => {
  const fields = data(value, path);
  return { ...fields, type: text(fields.type, `${path}.type`) };
};

/** What a tool call has besides its type. */
export const TOOL_USE = { name: required(text), input: optional(input), id: optional(text) };

const type = required(text);
const textBlock = object({ type, text: required(words), citations: optional(list(rawData)) });
const thinkingBlock = object({ type, thinking: required(words) });
const redactedBlock = object({ type });
const toolUseBlock = object({ type, ...TOOL_USE });
const searchBlock = object({
  type,
  query: required(text),
  id: optional(text),
  results: optional(list(object({ url: required(text), title: required(text), pageAge: optional(nullableText) }))),
  error: optional(text),
});
const fetchBlock = object({
  type,
  url: required(text),
  id: optional(text),
  page: optional(object({ text: required(text), title: optional(text), retrievedAt: optional(text) })),
  error: optional(text),
});
const rawBlock = object({
  type,
  block: required(rawData),
  start: optional(rawData),
  deltas: optional(list(rawData)),
  counts: optional(oneOf(['input', 'output'])),
});

const READERS: { [T in ReplyBlock['type']]: Reader<ReplyBlock> } = {
  text: (value, path) => {
    const { text: said, citations } = textBlock(value, path);
    return { type: 'text', deltas: deltasOf(said), citations };
  },
  thinking: (value, path) => ({ type: 'thinking', deltas: deltasOf(thinkingBlock(value, path).thinking) }),
  redacted_thinking: (value, path) => {
    redactedBlock(value, path);
    return { type: 'redacted_thinking' };
  },
  tool_use: (value, path) => {
    const { name, input: given = {}, id } = toolUseBlock(value, path);
    return { type: 'tool_use', name, input: given, id };
  },
  web_search: (value, path) => {
    const { query, id, results, error } = searchBlock(value, path);
    return { type: 'web_search', query, id, outcome: outcomeOf(results && { results }, error, path) };
  },
  web_fetch: (value, path) => {
    const { url, id, page, error } = fetchBlock(value, path);
    return { type: 'web_fetch', url, id, outcome: outcomeOf(page && { page }, error, path) };
  },
  block: (value, path) => ({ ...rawBlock(value, path), type: 'block' }),
};

/** A block of a reply. */
export const readBlock: Reader<ReplyBlock> = (value, path) => {
  const { type: name } = data(value, path);
  const read = Object.entries(READERS).find(([known]) => known === name)?.[1];
  return read === undefined
    ? wrong(`${path}.type`, `one of ${Object.keys(READERS).join(', ')}`, name)
    : read(value, path);
};

/** What a tool of the API came to; neither result nor error means that it is still at work. */
function outcomeOf<T>(result: T | undefined, error: string | undefined, path: string): T | ServerToolError | undefined {
  if (result !== undefined && error !== undefined)
    throw new ScenarioError(path, 'has a result and an error; only one of the two can be');
  return error === undefined ? result : { error };
}

function deltasOf(said: string | readonly string[]): readonly string[] {
  return typeof said === 'string' ? cutWords(said) : said;
}
