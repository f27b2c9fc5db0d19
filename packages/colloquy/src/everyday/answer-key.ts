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

/** Of the environment, and of a server, only these choose who answers. */
const OF_SERVER: ReadonlySet<string> = new Set(['url']);
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
  const chosen = isRecord(asked)
    ? {
        ...asked,
        ...(isRecord(asked['env']) ? { env: pick(asked['env'], OF_ENVIRONMENT) } : {}),
        ...(isRecord(asked['server']) ? { server: pick(asked['server'], OF_SERVER) } : {}),
      }
    : asked;
  return `[${textAt('prompt', prompt)},${textAt('options', chosen)}]`;
}

/** The text of a value of JSON, its names in order; what is undefined counts as absent. */
export function canonicalJson(value: unknown): string {
  return textAt('value', value);
}

function pick(fields: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
}

function textAt(name: string, value: unknown): string {
  const path: Path = { places: [name], above: new Set() };
  try {
    return textOf(value, path);
  } catch (error) {
    if (error instanceof RangeError)
      throw new ConfigurationError(`\`${name}\` is too deep to have a key`, { cause: error });
    throw error;
  }
}

/** Where the value stands, and in which objects. */
type Path = { places: string[]; above: Set<object> };

function textOf(value: unknown, path: Path): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'string')
    return JSON.stringify(value ?? null);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || path.above.has(value)) throw hasNoKey(path, value);
  path.above.add(value);
  const text = textOfObject(value, path);
  path.above.delete(value);
  return text;
}

function textOfObject(value: object, path: Path): string {
  if (Array.isArray(value)) return `[${value.map((item, index) => textIn(`[${index}]`, item, path)).join(',')}]`;
  // A zod schema says what it accepts.
  if ('toJSONSchema' in value && typeof value.toJSONSchema === 'function') return textOf(value.toJSONSchema(), path);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw hasNoKey(path, value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${textIn(`.${name}`, field, path)}`);
  return `{${fields.join(',')}}`;
}

function textIn(place: string, value: unknown, path: Path): string {
  path.places.push(place);
  const text = textOf(value, path);
  path.places.pop();
  return text;
}

function hasNoKey({ places }: Path, value: unknown): ConfigurationError {
  const kind = typeof value === 'object' ? 'an object that is no plain data' : `a ${typeof value}`;
  return new ConfigurationError(
    `What is asked must be plain data to have a key, and \`${places.join('')}\` is ${kind}; leave it out here, and put what tells it apart in its place`,
  );
}
