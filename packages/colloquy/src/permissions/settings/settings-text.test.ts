import { expect, test } from 'vitest';
import fc from 'fast-check';
import { setInJson } from './settings-text.ts';

test('of keys that are there twice, the last is meant', () => {
  const text = '{"permissions":{"allow":["a"]},"permissions":{"allow":["b"]}}';
  expect(setInJson(text, ['permissions', 'allow'], ['c'])).toBe(
    '{"permissions":{"allow":["a"]},"permissions":{"allow":["c"]}}',
  );
});

test('any JSON object keeps all but the value that is set', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 2, '\t'), fc.array(fc.string()), (given, indent, value) => {
      const text = JSON.stringify({ ...given, permissions: { keep: given } }, null, indent);
      const changed = setInJson(text, ['permissions', 'allow'], value);
      const before = JSON.parse(text) as { permissions: object };
      expect(JSON.parse(changed)).toEqual({ ...before, permissions: { ...before.permissions, allow: value } });
      // Set once more, nothing else moves.
      expect(setInJson(changed, ['permissions', 'allow'], value)).toBe(changed);
    }),
    { numRuns: 200 },
  );
});
