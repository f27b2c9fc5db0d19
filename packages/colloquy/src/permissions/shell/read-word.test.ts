import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyseCommand } from './analyse-command.ts';
import { readWord } from './read-word.ts';

const read = (word: string): string | undefined => readWord(word, [0, word.length], []).value;

describe('a word', () => {
  test.each<[string, string | undefined]>([
    ['plain', 'plain'],
    [`'a b'"c d"e`, 'a bc de'],
    ['a\\ b\\\\', 'a b\\'],
    ['"a\\"b\\$c\\x"', 'a"b$c\\x'],
    ["$'\\x72m\\n\\101'", 'rm\nA'],
    ["$'\\u0041'", undefined],
    ['*.ts', undefined],
    ['"*.ts"', '*.ts'],
    ['~/x', undefined],
    ['x~', 'x~'],
    ['{a,b}', undefined],
    ['{}', '{}'],
    ['a$', 'a$'],
    ['a#b', 'a#b'],
    ["''", ''],
  ])('%s is %s', (word, value) => {
    expect(read(word)).toBe(value);
  });

  test.each(['$x', '"$x"', '`x`', '$(x)', '"unclosed', "'unclosed", 'a;b', 'a b', '#a', 'a\\', '$"x"', '$((1))'])(
    '%s is a doubt where the parser saw nothing special in it',
    (word) => {
      expect(readWord(word, [0, word.length], []).doubt).toBeTypeOf('string');
    },
  );
});

const PIECES = [
  'a',
  'b c',
  ' ',
  "'",
  '"',
  '\\',
  '$',
  "$'",
  '\\n',
  '\\x41',
  '*',
  '=',
  '#',
  '-',
  '{',
  '}',
  '!',
  ';',
  '&',
  '|',
  '\n',
  '\t',
  '~',
  'é',
  '`',
  '(',
  ')',
  '<',
];

test('what is taken for known words is what bash makes of them', { timeout: 60_000 }, async () => {
  const lines = fc.sample(
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 }).map((pieces) => `p ${pieces.join('')}`),
    { numRuns: 4_000, seed: 4 },
  );
  const known: { line: string; calls: string[][] }[] = [];
  for (const line of lines) {
    const { unknown, parts } = await analyseCommand(line);
    const isPlain =
      parts.length === 1 &&
      parts.every(({ name, words, redirects }) => name === 'p' && !words.includes(undefined) && redirects.length === 0);
    if (unknown === undefined && isPlain)
      known.push({ line, calls: parts.map(({ words }) => words.slice(1).map((word) => word ?? '')) });
  }
  expect(known.length).toBeGreaterThan(300);
  // Each line is run by a bash that only knows `p`, which prints its arguments.
  const script = known
    .map(
      ({ line }) =>
        `(PATH=; p() { printf '%s\\0' "$#" "$@"; }; eval ${quote(line)}; wait) 2>/dev/null; printf 'end\\0'`,
    )
    .join('\n');
  const printed = execFileSync('bash', ['-s'], { input: script, maxBuffer: 1 << 26 }).toString();
  const ran = printed.split('end\0').map((call) => call.split('\0').slice(0, -1));
  const differing = known.filter(({ calls: [words = []] }, index) => {
    const seen = ran[index] ?? [];
    // What bash refuses as a whole has no effect.
    return seen.length > 0 && JSON.stringify(seen) !== JSON.stringify([String(words.length), ...words]);
  });
  expect(differing).toEqual([]);
});

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
