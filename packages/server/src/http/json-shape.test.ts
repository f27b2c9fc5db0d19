import { expect, test } from 'vitest';
import { shapeProblem } from './json-shape.ts';

const problem = (text: string): string | undefined => shapeProblem(Buffer.from(text));

test.each([
  ['{"a":[1,{"b":"c"}]}', undefined],
  ['['.repeat(100) + ']'.repeat(100), undefined],
  ['['.repeat(101) + ']'.repeat(101), 'it has more than 100 levels'],
  ['{"a":'.repeat(101) + '1' + '}'.repeat(101), 'it has more than 100 levels'],
  [`["${'['.repeat(1_000)}"]`, undefined],
  [`["\\"${'['.repeat(1_000)}"]`, undefined],
  [`["\\\\",${'['.repeat(101)}`, 'it has more than 100 levels'],
  [`[${'1,'.repeat(200_001)}1]`, 'it has more than 200000 values'],
  [`[${'[],'.repeat(150_000)}1]`, 'it has more than 200000 values'],
  ['"never ends', undefined],
  ['', undefined],
])('%.30s', (text, expected) => {
  expect(problem(text)).toBe(expected);
});

test('megabytes are looked at quickly, of one string and of brackets', () => {
  const startedMs = performance.now();
  expect(problem(`{"data":"${'A'.repeat(30_000_000)}"}`)).toBeUndefined();
  expect(problem('[],'.repeat(10_000_000))).toBe('it has more than 200000 values');
  expect(performance.now() - startedMs).toBeLessThan(500);
});
