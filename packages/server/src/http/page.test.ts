import { z } from 'zod';
import { expect, test } from 'vitest';
import { HttpError } from './http-error.ts';
import {
  goesUp,
  isBeyond,
  type Order,
  pageFields,
  pageRequest,
  type PageRequest,
  type Place,
  toTwoWayPage,
} from './page.ts';
import { createdAtFields, createdAtWindow, flag, listOf, parseQuery } from './query.ts';

const Query = z.strictObject({
  ...pageFields,
  ...createdAtFields,
  types: listOf(z.string()).optional(),
  include_archived: flag.default(false),
});
const read = (query: string) => parseQuery(Query, new Request(`http://127.0.0.1/v1/things?${query}`));
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpError) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'taken';
};

test('arrays come with brackets or repeated, and beta means nothing', () => {
  expect(read('types[]=a&types[]=b&beta=true').types).toEqual(['a', 'b']);
  expect(read('types%5B%5D=a').types).toEqual(['a']);
  expect(read('types=a&types=b').types).toEqual(['a', 'b']);
  expect(read('types=a').types).toEqual(['a']);
  expect(read('beta=true')).toEqual({ include_archived: false });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=1e1', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['include_archived=yes', 'include_archived'],
  ['created_at[gte]=yesterday', 'created_at[gte]'],
  ['colour=red', 'colour'],
  ['__proto__=1', '__proto__'],
])('%s is a 400 that names it', (query, name) => {
  expect(refusal(() => read(query))).toMatch(/^400 /);
  expect(refusal(() => read(query))).toContain(name);
});

test('the bounds of a window leave one window', () => {
  const at = Date.parse('2026-01-01T00:00:00Z');
  expect(createdAtWindow(read('created_at%5Bgt%5D=2026-01-01T00:00:00Z'))).toMatchObject({ from: at + 1 });
  expect(createdAtWindow(read('created_at[gte]=2026-01-01T01:00:00%2B01:00'))).toMatchObject({ from: at });
  expect(createdAtWindow(read('created_at[lt]=2026-01-01T00:00:00Z'))).toEqual({ from: 0, to: at - 1 });
});

const ROWS: Place[] = Array.from({ length: 10 }, (_, n) => [Math.floor(n / 3), `id${n}`]);
function pageAt(rows: readonly Place[], request: PageRequest) {
  const sorted = rows.toSorted(([a, x], [b, y]) => (a - b || (x < y ? -1 : 1)) * (goesUp(request) ? 1 : -1));
  const found = sorted.filter((place) => isBeyond(request, place)).slice(0, request.limit + 1);
  return toTwoWayPage(request, found, { placeOf: (place) => place, toObject: ([, id]) => id });
}

test.each(['asc', 'desc'] as Order[])('pages in order %s, forth and back, are the whole list', (order) => {
  const forth: string[][] = [];
  let page: string | undefined;
  let last = pageAt(ROWS, pageRequest({ limit: 3 }, { list: 'x', order }));
  expect(last.prev_page).toBeNull();
  for (;;) {
    forth.push(last.data);
    if (last.next_page === null) break;
    page = last.next_page;
    last = pageAt(ROWS, pageRequest({ limit: 3, page }, { list: 'x', order }));
  }
  const ids = ROWS.map(([, id]) => id);
  expect(forth.flat()).toEqual(order === 'asc' ? ids : ids.toReversed());
  const back: string[][] = [];
  while (last.prev_page !== null) {
    last = pageAt(ROWS, pageRequest({ limit: 3, page: last.prev_page }, { list: 'x', order }));
    back.unshift(last.data);
  }
  expect(back).toEqual(forth.slice(0, -1));
});

test('what is made between two pages moves nothing', () => {
  const first = pageAt(ROWS, pageRequest({ limit: 5 }, { list: 'x', order: 'desc' }));
  const more: Place[] = [...ROWS, [9, 'new1'], [9, 'new2']];
  const second = pageAt(more, pageRequest({ limit: 5, page: first.next_page ?? '' }, { list: 'x', order: 'desc' }));
  expect([...first.data, ...second.data]).toEqual(ROWS.map(([, id]) => id).toReversed());
});

test('a cursor belongs to its list, its order and a window that holds it; anything else is a 400', () => {
  const { next_page } = pageAt(ROWS, pageRequest({ limit: 5 }, { list: 'x', order: 'asc' }));
  const query = { page: next_page ?? '' };
  expect(refusal(() => pageRequest(query, { list: 'x', order: 'asc', window: { from: 0, to: 5 } }))).toBe('taken');
  expect(refusal(() => pageRequest(query, { list: 'y', order: 'asc' }))).toBe('400 page: is a cursor of another list');
  expect(refusal(() => pageRequest(query, { list: 'x', order: 'desc' }))).toContain('order=asc');
  expect(refusal(() => pageRequest(query, { list: 'x', order: 'asc', window: { from: 3, to: 5 } }))).toContain(
    'window',
  );
  for (const page of [
    '',
    'x',
    '....',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('null').toString('base64url'),
  ]) {
    expect(refusal(() => pageRequest({ page }, { list: 'x', order: 'asc' }))).toContain(
      '400 page: must be a next_page',
    );
  }
});
