import { expect, test } from 'vitest';
import type { WebPage } from '../tool.ts';
import { PageCache } from './page-cache.ts';

const page = (text: string): WebPage => ({
  url: 'https://a.example/',
  code: 200,
  codeText: 'OK',
  bytes: 1,
  text,
  isText: true,
  notes: [],
});

test('a page is kept for 15 minutes', () => {
  let nowMs = 0;
  const cache = new PageCache(() => nowMs);
  cache.set('a', page('one'));
  nowMs = 15 * 60_000 - 1;
  expect(cache.get('a')?.text).toBe('one');
  nowMs += 1;
  expect(cache.get('a')).toBeUndefined();
});

test('the oldest pages make room, by number and by size', () => {
  const cache = new PageCache(() => 0);
  for (let index = 0; index < 51; index += 1) cache.set(`p${index}`, page('x'));
  expect(cache.get('p0')).toBeUndefined();
  expect(cache.get('p50')?.text).toBe('x');
  cache.set('big', page('y'.repeat(9_999_990)));
  expect(cache.get('p1')).toBeUndefined();
  expect(cache.get('p50')?.text).toBe('x');
  expect(cache.get('big')?.text).toHaveLength(9_999_990);
  cache.set('huge', page('z'.repeat(10_000_001)));
  expect(cache.get('huge')).toBeUndefined();
  expect(cache.get('big')).toBeDefined();
});
