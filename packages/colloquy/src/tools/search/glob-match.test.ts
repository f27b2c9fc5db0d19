import { matchesGlob } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatcher } from './glob-match.ts';

test.each([
  ['*.ts', 'a.ts', true],
  ['*.ts', 'sub/a.ts', false],
  ['*.ts', '.a.ts', true],
  ['**/*.ts', 'a.ts', true],
  ['**/*.ts', 'a/b/c.ts', true],
  ['src/**/*.test.ts', 'src/a.test.ts', true],
  ['src/**', 'src/a/b', true],
  ['src/**', 'src', true],
  ['**', 'a/b', true],
  ['a/**/b/**/c', 'a/x/b/y/b/z/c', true],
  ['a/**/b', 'a/b/c', false],
  ['a**b', 'axxb', true],
  ['a**b', 'a/b', false],
  ['?.md', 'é.md', true],
  ['?.md', '😀.md', true],
  ['😀*.md', '😀1.md', true],
  ['[😀].md', '😀.md', true],
  ['[a-c]?.md', 'b1.md', true],
  ['[!a-c].md', 'b.md', false],
  ['[]x].md', '].md', true],
  ['[a.md', '[a.md', true],
  ['*.{ts,tsx}', 'a.tsx', true],
  ['{src,test}/**/*.{j,t}s', 'test/x/a.js', true],
  ['{a,b{c,d}}.md', 'bd.md', true],
  ['{a}.md', '{a}.md', true],
  ['{a,b', '{a,b', true],
  ['a{,b}.md', 'a.md', true],
  ['\\*.md', '*.md', true],
  ['\\*.md', 'a.md', false],
  ['\\{a,b\\}', '{a,b}', true],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(globMatcher(pattern)(path)).toBe(expected);
});

test('matches like the matcher of Node for patterns of plain characters and wildcards', () => {
  const segment = fc.oneof(
    fc.constant('**'),
    fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 5 }),
  );
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
  const joined = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(joined(segment), joined(name), (pattern, path) => {
      // Where a path ends before a last `**`, Node's matcher wants one more segment or not, by its place.
      fc.pre(!pattern.endsWith('**'));
      expect(globMatcher(pattern)(path)).toBe(matchesGlob(path, pattern));
    }),
    { numRuns: 500 },
  );
});

test('a pattern made to be slow is not', () => {
  const pattern = `${'*a'.repeat(400)}*b`;
  expect(globMatcher(pattern)('a'.repeat(5000))).toBe(false);
  expect(globMatcher(`${'**/a/'.repeat(150)}b`)('a/'.repeat(2000))).toBe(false);
});

test('too many alternatives are refused', () => {
  expect(() => globMatcher('{a,b}'.repeat(20))).toThrow('too many alternatives');
  expect(() => globMatcher('x'.repeat(2000))).toThrow('longer than');
});
