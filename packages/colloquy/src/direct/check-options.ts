import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { nearestName } from '../helpers/nearest-name.ts';
import type { ConnectionOptions } from './connection.ts';
import type { CallOptions, RequestOptions } from './request-options.ts';

/** Says what a value would have to be, after "must be "; `undefined` when it is fine. */
export type Check = (value: unknown) => string | undefined;

export const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'a string that is not empty';
export const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
export const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => text(item) === undefined)
    ? undefined
    : 'an array of strings that are not empty';
export const record: Check = (value) => (isRecord(value) ? undefined : 'an object');
const fn: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
const positive: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : 'a positive finite number';
const positiveInteger: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'a positive whole number';
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'a whole number, 0 or more';
const share: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1';
const textsOfRecord: Check = (value) =>
  isRecord(value) && Object.values(value).every((item) => item === undefined || typeof item === 'string')
    ? undefined
    : 'an object whose values are strings';
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(String(value)) ? undefined : `one of ${values.join(', ')}`;
// What HTTP allows in a header; anything else would fail like a lost connection, again and again.
const headers: Check = (value) =>
  isRecord(value) && Object.entries(value).every(([name, item]) => isHeader(name, item))
    ? undefined
    : 'an object of headers: names without spaces, values of one line in Latin script';
const isHeader = (name: string, value: unknown): boolean =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) &&
  (value === undefined || (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)));
const names: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && /^[\x21-\x7e]+$/.test(item))
    ? undefined
    : 'an array of names without spaces';
const typed =
  (...types: string[]): Check =>
  (value) =>
    isRecord(value) && types.includes(String(value['type']))
      ? undefined
      : `an object whose type is one of ${types.join(', ')}`;

// A check for each option: the type makes a forgotten one a compile error.
export const CONNECTION_CHECKS: Record<keyof ConnectionOptions, Check> = {
  apiKey: text,
  apiVersion: oneOf('2026-10-21', '2023-06-01'),
  authToken: text,
  baseURL: text,
  betas: names,
  client: (value) =>
    isRecord(value) && isRecord(value['messages']) && typeof value['messages']['create'] === 'function'
      ? undefined
      : 'a client with a function messages.create()',
  env: textsOfRecord,
  headers,
  http2: boolean,
  idleTimeoutMs: positive,
  keepAlive: boolean,
  proxy: text,
  send: fn,
};

export const REQUEST_CHECKS: Record<keyof RequestOptions, Check> = {
  effort: oneOf('low', 'medium', 'high', 'xhigh', 'max'),
  extraBody: record,
  maxTokens: positiveInteger,
  model: text,
  outputSchema: record,
  stopSequences: texts,
  system: (value) =>
    typeof value === 'string' || (Array.isArray(value) && value.every(isTextBlock))
      ? undefined
      : 'a string, or an array of text blocks',
  temperature: share,
  thinking: typed('adaptive', 'enabled', 'disabled', 'between_tools'),
  toolChoice: typed('auto', 'any', 'tool', 'none'),
  tools: (value) =>
    Array.isArray(value) && value.every((tool) => isRecord(tool) && text(tool['name']) === undefined)
      ? undefined
      : 'an array of tools, each with a name',
  topK: count,
  topP: share,
};

export const CALL_CHECKS: Record<keyof CallOptions, Check> = {
  maxRetries: count,
  onRetry: fn,
  onText: fn,
  signal: (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
  stream: boolean,
  timeoutMs: positive,
};

function isTextBlock(block: unknown): boolean {
  return isRecord(block) && block['type'] === 'text' && typeof block['text'] === 'string';
}

/**
 * Checks names and kinds of values; what is `undefined` counts as absent.
 * @throws ConfigurationError which names the option and the way out
 */
export function checkOptions(options: unknown, checks: Readonly<Record<string, Check>>): void {
  if (!isRecord(options)) throw new ConfigurationError('Options must be an object');
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const meant = nearestName(name, Object.keys(checks));
      throw new ConfigurationError(
        `There is no option \`${name}\` here${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`,
      );
    }
    const wanted = check(value);
    if (wanted !== undefined) throw new ConfigurationError(`Option \`${name}\` must be ${wanted}`);
  }
}

/** The second on top of the first; what is `undefined` there leaves the first. */
export function over<A extends object, B extends object>(defaults: A, overrides: B): A & B {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  // Values of B replace those of A under the same names, and both are options of one kind.
  return { ...defaults, ...given } as A & B;
}
