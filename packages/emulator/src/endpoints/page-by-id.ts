import { refuse } from '../refusals/refusal.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** A page of a list whose places are told by ids. */
export type PageById<T> = { data: T[]; has_more: boolean; first_id: string | null; last_id: string | null };

/** The page that `limit` with `after_id` or `before_id` asks for. @throws Refusal for an id that the list does not hold. */
export function pageById<T extends { id: string }>(all: readonly T[], query: URLSearchParams): PageById<T> {
  const limit = limitOf(query.get('limit'));
  const after = query.get('after_id');
  const before = query.get('before_id');
  if (after !== null && before !== null) refuse('after_id, before_id: only one of the two can be given');
  const from = after === null ? 0 : placeOf(all, 'after_id', after) + 1;
  const rest = before === null ? all.slice(from) : all.slice(0, placeOf(all, 'before_id', before));
  const data = before === null ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data,
    has_more: rest.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** How many a page holds: 20 unless told otherwise. @throws Refusal. */
export function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT
    ? limit
    : refuse(`limit: Input should be a whole number from 1 to ${MAX_LIMIT}`);
}

/** The values of a query parameter that may be given several times, as `name` or `name[]`. */
export function valuesOf(query: URLSearchParams, name: string): string[] {
  return [...query.getAll(name), ...query.getAll(`${name}[]`)];
}

function placeOf(all: readonly { id: string }[], name: string, id: string): number {
  const place = all.findIndex((entry) => entry.id === id);
  return place === -1 ? refuse(`${name}: the list does not hold ${id}`) : place;
}
