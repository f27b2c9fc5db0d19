import { MAX_TIMER_MS } from '../clock/clock.ts';
import { isRecord } from '../request/messages-request.ts';
import { ScenarioError } from './scenario-error.ts';

/** Takes a value at a place of the scenario, or throws ScenarioError. */
export type Reader<T> = (value: unknown, path: string) => T;

type Fields = Readonly<Record<string, { read: Reader<unknown>; isOptional: boolean }>>;
type Read<F> = F extends { read: Reader<infer T> } ? T : never;
type OptionalNames<F extends Fields> = { [K in keyof F]: F[K]['isOptional'] extends true ? K : never }[keyof F];
type ObjectOf<F extends Fields> = {
  [K in Exclude<keyof F, OptionalNames<F>>]: Read<F[K]>;
} & { [K in OptionalNames<F>]?: Read<F[K]> | undefined };

/** A field that must be there. */
export function required<T>(read: Reader<T>): { read: Reader<T>; isOptional: false } {
  return { read, isOptional: false };
}

/** A field that may be absent. */
export function optional<T>(read: Reader<T>): { read: Reader<T>; isOptional: true } {
  return { read, isOptional: true };
}

/** An object with these fields and no others. */
export function object<F extends Fields>(fields: F): Reader<ObjectOf<F>> {
  return (value, path) => {
    if (!isRecord(value)) return wrong(path, 'an object', value);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key))
        throw new ScenarioError(join(path, key), `is not known here; known are ${Object.keys(fields).join(', ')}`);
    }
    const read = Object.entries(fields).flatMap(([key, field]) => {
      if (value[key] !== undefined) return [[key, field.read(value[key], join(path, key))]];
      if (!field.isOptional) throw new ScenarioError(join(path, key), 'is missing');
      return [];
    });
    // Each field has been read by its own reader, and no other field is there.
    return Object.fromEntries(read) as ObjectOf<F>;
  };
}

export function list<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path) =>
    Array.isArray(value) ? value.map((item, index) => read(item, `${path}[${index}]`)) : wrong(path, 'a list', value);
}

/** An object whose fields have any names, and values of one kind. */
export function record<T>(read: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, read(inner, join(path, key))]))
      : wrong(path, 'an object', value);
}

/** Any object, as it stands. */
export const data: Reader<Record<string, unknown>> = (value, path) =>
  isRecord(value) ? value : wrong(path, 'an object', value);

export const text: Reader<string> = (value, path) =>
  typeof value === 'string' ? value : wrong(path, 'a string', value);

export const bool: Reader<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : wrong(path, 'true or false', value);

/** A whole number of at least `least`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  return (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : wrong(path, `a whole number ${range}`, value);
}

/** Milliseconds that a timer can wait: up to 24 days. */
export const milliseconds: Reader<number> = whole(0, MAX_TIMER_MS);

/** One of these strings. */
export function oneOf<const T extends string>(values: readonly T[]): Reader<T> {
  return (value, path) =>
    values.find((known) => known === value) ?? wrong(path, values.map((known) => `"${known}"`).join(' or '), value);
}

export function wrong(path: string, expected: string, value: unknown): never {
  throw new ScenarioError(path, `should be ${expected}, and is ${shown(value)}`);
}

export function join(path: string, key: string): string {
  const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
  if (path === '') return name;
  return name === key ? `${path}.${key}` : `${path}[${name}]`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'an object';
  // Undefined, functions and symbols have no JSON.
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
