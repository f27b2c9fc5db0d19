import { z } from 'zod';
import { parse } from './parse.ts';

/** Values of one array in a query. */
const MAX_VALUES = 100;

/**
 * What a schema makes of a request's query. An array comes as `types[]=a&types[]=b` or as `types=a&types=b`, under its name without
 * brackets. `beta` is taken everywhere and means nothing: a client library adds it to every address.
 * @throws HttpError 400 that names the parameter
 */
export function parseQuery<T>(schema: z.ZodType<T>, request: Request): T {
  const given = new Map<string, string | string[]>();
  for (const [key, value] of new URL(request.url).searchParams) {
    if (key === 'beta') continue;
    const isArray = key.endsWith('[]');
    const name = isArray ? key.slice(0, -2) : key;
    const before = given.get(name);
    if (before === undefined) given.set(name, isArray ? [value] : value);
    else given.set(name, [...[before].flat(), value]);
  }
  return parse(schema, Object.fromEntries(given));
}

/** An array in a query. */
export function listOf<T>(item: z.ZodType<T, string>, max: number = MAX_VALUES): z.ZodType<T[], string | string[]> {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat())
    .pipe(z.array(item).max(max));
}

/** A whole number in a query: digits and nothing else, for which `Number` has many other spellings. */
export function wholeNumber(least: number, most: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least).max(most));
}

export const flag: z.ZodType<boolean, string> = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A moment in a query, in milliseconds since 1970. */
const moment = z.iso.datetime({ offset: true }).transform((value) => Date.parse(value));

/** `created_at[gt]` and its like, all of them bounds of one window. */
export const createdAtFields = {
  'created_at[gt]': moment.optional(),
  'created_at[gte]': moment.optional(),
  'created_at[lt]': moment.optional(),
  'created_at[lte]': moment.optional(),
};

/** Milliseconds since 1970, both included. */
export type Window = { from: number; to: number };

type CreatedAt = { [key in keyof typeof createdAtFields]?: number | undefined };

/** The window that the bounds leave. Times are kept to the millisecond, so that an excluded bound is the next one. */
export function createdAtWindow(query: CreatedAt): Window {
  const { 'created_at[gt]': gt, 'created_at[gte]': gte, 'created_at[lt]': lt, 'created_at[lte]': lte } = query;
  return {
    from: Math.max(gte ?? 0, gt === undefined ? 0 : gt + 1),
    to: Math.min(lte ?? Number.MAX_SAFE_INTEGER, lt === undefined ? Number.MAX_SAFE_INTEGER : lt - 1),
  };
}
