import { z } from 'zod';
import { HttpError } from './http-error.ts';
import { wholeNumber, type Window } from './query.ts';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1_000;

const MAX_CURSOR_CHARS = 500;

/** The parameters of every list. */
export const pageFields = {
  limit: wholeNumber(1, MAX_LIMIT).optional(),
  page: z.string().max(MAX_CURSOR_CHARS).optional(),
};

export type Order = 'asc' | 'desc';

/** Where something stands in a list: by a number, its time or its number in a log, and among those of the same number by its id. */
export type Place = readonly [at: number, id: string];

/** The part of a list that a request asks for. */
export type PageRequest = {
  /** Names the list, with the id of what it belongs to: a cursor of one list is refused by another. */
  readonly list: string;
  readonly order: Order;
  readonly limit: number;
  /** Go on from this place, which is not part of the page; undefined: from the beginning. */
  readonly from: Place | undefined;
  /** True for a `prev_page`: what stands before the place, to be read in the opposite order. */
  readonly backwards: boolean;
};

const Cursor = z.tuple([z.string(), z.enum(['asc', 'desc']), z.boolean(), z.number(), z.string()]);

/**
 * Reads `limit` and `page`. A cursor is a place, not a number of rows: what is made or removed meanwhile moves nothing.
 * @throws HttpError 400 for a cursor that is none, is another list's, was made in another order, or lies outside the window
 */
export function pageRequest(
  query: { limit?: number | undefined; page?: string | undefined },
  o: { list: string; order: Order; window?: Window; defaultLimit?: number },
): PageRequest {
  const limit = query.limit ?? o.defaultLimit ?? DEFAULT_LIMIT;
  const { list, order } = o;
  if (query.page === undefined) return { list, order, limit, from: undefined, backwards: false };
  const [cursorList, cursorOrder, backwards, at, id] = decode(query.page);
  if (cursorList !== list) throw new HttpError(400, 'page: is a cursor of another list');
  if (cursorOrder !== order) throw new HttpError(400, `page: this cursor was made with order=${cursorOrder}`);
  if (o.window !== undefined && (at < o.window.from || at > o.window.to)) {
    throw new HttpError(400, 'page: this cursor lies outside of the window that created_at leaves');
  }
  return { list, order, limit, from: [at, id], backwards };
}

export type Page<T> = { data: T[]; next_page: string | null };

/**
 * The answer of a list.
 * @param rows what stands after `request.from` in the list's order; one more than `limit` where there is more.
 */
export function toPage<T, U>(
  request: PageRequest,
  rows: readonly T[],
  o: { placeOf: (row: T) => Place; toObject: (row: T) => U },
): Page<U> {
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  const next_page = rows.length > shown.length && last !== undefined ? cursorAt(request, o.placeOf(last)) : null;
  return { data: shown.map(o.toObject), next_page };
}

/**
 * The answer of a list that can be read backwards.
 * @param rows what stands after the place or, if the request goes backwards, before it, nearest first; one more where there is more.
 */
export function toTwoWayPage<T, U>(
  request: PageRequest,
  rows: readonly T[],
  o: { placeOf: (row: T) => Place; toObject: (row: T) => U },
): Page<U> & { prev_page: string | null } {
  const nearest = rows.slice(0, request.limit);
  const hasMore = rows.length > nearest.length;
  const shown = request.backwards ? nearest.toReversed() : nearest;
  const edge = (row: T | undefined, isThere: boolean, backwards: boolean): string | null =>
    row === undefined || !isThere ? null : cursorAt(request, o.placeOf(row), backwards);
  return {
    data: shown.map(o.toObject),
    next_page: edge(shown.at(-1), request.backwards || hasMore, false),
    prev_page: edge(shown[0], request.backwards ? hasMore : request.from !== undefined, true),
  };
}

/** Whether a row belongs to the part of the list that the request asks for, as far as its place goes. */
export function isBeyond(request: PageRequest, [at, id]: Place): boolean {
  if (request.from === undefined) return true;
  const [fromAt, fromId] = request.from;
  const isLater = at > fromAt || (at === fromAt && id > fromId);
  const isSame = at === fromAt && id === fromId;
  return !isSame && isLater === goesUp(request);
}

/** Whether rows are to be read from small to great. */
export function goesUp({ order, backwards }: PageRequest): boolean {
  return (order === 'asc') !== backwards;
}

function cursorAt({ list, order }: PageRequest, [at, id]: Place, backwards = false): string {
  const cursor: z.infer<typeof Cursor> = [list, order, backwards, at, id];
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function decode(page: string): z.infer<typeof Cursor> {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(page, 'base64url').toString()));
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof z.ZodError)) throw cause;
    throw new HttpError(400, 'page: must be a next_page or prev_page of an earlier answer', { cause });
  }
}
