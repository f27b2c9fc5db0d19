import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutJson, cutWords } from './cut-deltas.ts';

test('words joined are the text, and each but the first begins with its first letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '🌙', ' ', '\n') }), (text) => {
      const words = cutWords(text);
      expect(words.join('')).toBe(text);
      expect(words.slice(1).every((word) => /^\S/.test(word))).toBe(true);
    }),
  );
});

test('pieces of JSON joined are the JSON, the first of them empty', () => {
  const json = JSON.stringify({ command: 'echo "🌙🌙🌙🌙🌙🌙🌙🌙"\n' });
  expect(cutJson(json).join('')).toBe(json);
  expect(cutJson(json)[0]).toBe('');
});

test('long white space costs no more than other text', () => {
  const startMs = performance.now();
  for (const text of [' '.repeat(200_000), `a${' '.repeat(200_000)}b`]) expect(cutWords(text).join('')).toBe(text);
  expect(performance.now() - startMs).toBeLessThan(1000);
});
