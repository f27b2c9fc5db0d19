import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase32, idFrom, idToUuid, newId, sessionUuid, toBase32, uuidFrom, uuidToId } from './ids.ts';

test('an id holds its UUID', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const id = uuidToId('sesn', uuid);
      expect(id).toMatch(/^sesn_[0-9a-z]{26}$/);
      expect(idToUuid('sesn', id)).toBe(uuid);
      expect(sessionUuid(id)).toBe(uuid);
      expect(sessionUuid(uuid)).toBe(uuid);
    }),
  );
});

test('base32 gives bytes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      expect(fromBase32(toBase32(bytes))).toEqual(Buffer.from(bytes));
    }),
  );
});

test.each([
  '',
  'sesn_',
  'sesn_u',
  'agent_00000000000000000000000000',
  `sesn_${'z'.repeat(26)}`,
  `sesn_${'0'.repeat(27)}`,
  '../x',
])('%j names no session', (text) => expect(sessionUuid(text)).toBeUndefined());

test('a text of millions of digits is no id, and is told so at once', () => {
  const digits = `sesn_${'z'.repeat(10_000_000)}`;
  const begun = performance.now();
  expect(sessionUuid(digits)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(100);
});

test('a request that is done twice names the same things', () => {
  const nonce = '7f0f6f5e-0000-4000-8000-000000000000';
  expect(idFrom('agent', nonce)).toBe(idFrom('agent', nonce));
  expect(idFrom('agent', nonce, 1)).not.toBe(idFrom('agent', nonce));
  expect(uuidFrom(nonce, 'a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newId('agent')).not.toBe(newId('agent'));
});
