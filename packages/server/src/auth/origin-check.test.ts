import { expect, test } from 'vitest';
import { foreignOriginProblem, isVouchedSameOrigin, type RequestOrigin } from './origin-check.ts';

const NOTHING = { origin: undefined, fetchSite: undefined, fetchMode: undefined, fetchDest: undefined };
const request = (headers: Partial<RequestOrigin>): RequestOrigin => ({
  method: 'POST',
  host: '127.0.0.1:4010',
  ...NOTHING,
  ...headers,
});
const isForeign = (from: RequestOrigin, o: { publicOrigin?: string; isPage?: boolean } = {}): boolean =>
  foreignOriginProblem(from, { publicOrigin: o.publicOrigin, isPage: o.isPage ?? false }) !== undefined;

test.each([
  [undefined, false],
  ['http://127.0.0.1:4010', false],
  ['HTTP://127.0.0.1:4010', false],
  ['https://127.0.0.1:4010', false],
  ['http://127.0.0.1:4011', true],
  ['http://127.0.0.1', true],
  ['http://localhost:4010', true],
  ['http://evil.example', true],
  ['http://127.0.0.1:4010.evil.example', true],
  ['http://127.0.0.1:4010/', true],
  ['http://user@127.0.0.1:4010', true],
  ['http://127.0.0.1:4010, http://evil.example', true],
  ['null', true],
  ['', true],
  ['file://', true],
  ['chrome-extension://abcdefgh', true],
])('Origin %s is foreign: %s', (origin, foreign) => {
  expect(isForeign(request({ origin }))).toBe(foreign);
});

test('the public origin is ours, though a proxy calls us by another host', () => {
  const origin = 'https://chat.example.org';
  expect(isForeign(request({ origin }), { publicOrigin: origin })).toBe(false);
  expect(isForeign(request({ origin: 'http://chat.example.org' }), { publicOrigin: origin })).toBe(true);
});

test.each([
  ['same-origin', false],
  ['none', false],
  ['same-site', true],
  ['cross-site', true],
  ['anything-new', true],
])('Sec-Fetch-Site %s is foreign: %s', (fetchSite, foreign) => {
  expect(isForeign(request({ fetchSite }))).toBe(foreign);
});

test('a link on another site may lead to the page, and to nothing else', () => {
  const link = request({ method: 'GET', fetchSite: 'cross-site', fetchMode: 'navigate', fetchDest: 'document' });
  expect(isForeign(link, { isPage: true })).toBe(false);
  expect(isForeign(link)).toBe(true);
  expect(isForeign({ ...link, method: 'POST' }, { isPage: true })).toBe(true);
  expect(isForeign({ ...link, fetchDest: 'iframe' }, { isPage: true })).toBe(true);
  expect(isForeign({ ...link, fetchMode: 'no-cors', fetchDest: 'script' }, { isPage: true })).toBe(true);
});

test('a browser vouches by Origin or by Sec-Fetch-Site; without both, nobody has', () => {
  expect(isVouchedSameOrigin(request({ origin: 'http://127.0.0.1:4010' }))).toBe(true);
  expect(isVouchedSameOrigin(request({ fetchSite: 'same-origin' }))).toBe(true);
  expect(isVouchedSameOrigin(request({}))).toBe(false);
});
