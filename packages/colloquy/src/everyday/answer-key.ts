import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';

/** Options that say who asks, how, and who is told, but not what: the same question with others has the same answer. */
const NOT_THE_QUESTION: ReadonlySet<string> = new Set([
  'abortController',
  'apiKey',
  'authToken',
  'client',
  'debug',
  'debugFile',
  'headers',
  'http2',
  'idleTimeoutMs',
  'includePartialMessages',
  'keepAlive',
  'maxRetries',
  'onRetry',
  'onText',
  'persistSession',
  'promptCaching',
  'proxy',
  'send',
  'signal',
  'stderr',
  'stream',
  'timeoutMs',
  'title',
  'verbose',
]);

/** Of the environment only these choose who answers. */
const OF_ENVIRONMENT: ReadonlySet<string> = new Set(['ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL']);

/**
 * A text that is the same for the same question: of the prompt, and of the options that have a part in the answer, whatever the order of
 * their names. Credentials are not in it.
 * @throws ConfigurationError for what has no such text: functions, classes, circles
 */
export function answerKey(prompt: unknown, options: unknown): string {
  const asked = isRecord(options)
    ? Object.fromEntries(Object.entries(options).filter(([name]) => !NOT_THE_QUESTION.has(name)))
    : options;
  const env = isRecord(asked) ? asked['env'] : undefined;
  const chosen = isRecord(env)
    ? {
        ...(asked as object),
        env: Object.fromEntries(Object.entries(env).filter(([name]) => OF_ENVIRONMENT.has(name))),
      }
    : asked;
  return `[${textOf(prompt, 'prompt', [])},${textOf(chosen, 'options', [])}]`;
}

/** The text of a value of JSON, its names in order; what is undefined counts as absent. */
export function canonicalJson(value: unknown): string {
  return textOf(value, 'value', []);
}

function textOf(value: unknown, place: string, above: readonly object[]): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'string')
    return JSON.stringify(value ?? null);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || above.includes(value)) throw hasNoKey(place, value);
  const within = [...above, value];
  if (Array.isArray(value))
    return `[${value.map((item, index) => textOf(item, `${place}[${index}]`, within)).join(',')}]`;
  // A zod schema says what it accepts.
  if ('toJSONSchema' in value && typeof value.toJSONSchema === 'function')
    return textOf(value.toJSONSchema(), place, within);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw hasNoKey(place, value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${textOf(field, `${place}.${name}`, within)}`);
  return `{${fields.join(',')}}`;
}

function hasNoKey(place: string, value: unknown): ConfigurationError {
  const kind = typeof value === 'object' ? 'an object that is no plain data' : `a ${typeof value}`;
  return new ConfigurationError(
    `What is asked must be plain data to have a key, and \`${place}\` is ${kind}; leave it out here, and put what tells it apart in its place`,
  );
}
