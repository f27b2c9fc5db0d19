import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LINK_LIFETIME_MS, LoginLinks } from './login-links.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a token works once', () => {
  const links = new LoginLinks();
  const token = links.create();
  expect(links.redeem(token)).toBe(true);
  expect(links.redeem(token)).toBe(false);
});

test('a token works one millisecond before its ten minutes are over, and not after them', () => {
  const links = new LoginLinks();
  const early = links.create();
  const late = links.create();
  vi.setSystemTime(Date.now() + LINK_LIFETIME_MS - 1);
  expect(links.redeem(early)).toBe(true);
  vi.setSystemTime(Date.now() + 1);
  expect(links.redeem(late)).toBe(false);
});

test('each link has a token of its own, with 256 bits, and the earlier ones stay good', () => {
  const links = new LoginLinks();
  const tokens = Array.from({ length: 5 }, () => links.create());
  expect(new Set(tokens).size).toBe(5);
  expect(tokens.every((token) => Buffer.from(token, 'base64url').length === 32)).toBe(true);
  expect(tokens.map((token) => links.redeem(token))).toEqual([true, true, true, true, true]);
});

test.each(['', 'x', 'a'.repeat(43), 'a'.repeat(1_000_000), '../../etc/passwd'])('refuses what is no token', (text) => {
  const links = new LoginLinks();
  links.create();
  expect(links.redeem(text)).toBe(false);
});

test('a hundred and first link makes the oldest one void', () => {
  const links = new LoginLinks();
  const first = links.create();
  for (let i = 0; i < 100; i++) links.create();
  expect(links.redeem(first)).toBe(false);
});
