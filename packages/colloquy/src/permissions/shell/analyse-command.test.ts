import { expect, test } from 'vitest';
import { analyseCommand } from './analyse-command.ts';

test('a command line is taken apart into all that it would run, with what runs it', async () => {
  const { parts, unknown } = await analyseCommand(
    'cd sub && LANG=C timeout 5 cat "a b" $x > out 2>&1 | xargs -n1 sh -c \'wc -l\'',
  );
  expect(unknown).toBeUndefined();
  expect(parts.map(({ text, words, wrappers, inside }) => ({ text, words, wrappers, inside }))).toEqual([
    { text: '> out 2>&1', words: [], wrappers: [], inside: undefined },
    { text: 'cd sub', words: ['cd', 'sub'], wrappers: [], inside: undefined },
    {
      text: 'LANG=C timeout 5 cat "a b" $x',
      words: ['timeout', '5', 'cat', 'a b', undefined],
      wrappers: [],
      inside: undefined,
    },
    { text: 'cat a b …', words: ['cat', 'a b', undefined], wrappers: ['timeout'], inside: { part: 2, word: 2 } },
    { text: "xargs -n1 sh -c 'wc -l'", words: ['xargs', '-n1', 'sh', '-c', 'wc -l'], wrappers: [], inside: undefined },
    {
      text: 'sh -c wc -l …',
      words: ['sh', '-c', 'wc -l', undefined],
      wrappers: ['xargs'],
      inside: { part: 4, word: 2 },
    },
    { text: 'wc -l', words: ['wc', '-l'], wrappers: ['xargs', 'sh'], inside: { part: 5, word: undefined } },
  ]);
});

test('files that are named or redirected to are told; after a change of the folder only absolute ones are known', async () => {
  const paths = async (command: string): Promise<unknown> =>
    (await analyseCommand(command)).parts.flatMap((part) => [...part.paths, ...part.redirects]);
  expect(await paths('cat a ../b < c >> d 2> /dev/null')).toEqual([
    { path: 'a', access: 'read' },
    { path: '../b', access: 'read' },
    { path: 'c', access: 'read' },
    { path: 'd', access: 'write' },
  ]);
  expect(await paths('grep -r needle src; mv a b')).toEqual([
    { path: 'src', access: 'read' },
    { path: 'a', access: 'write' },
    { path: 'b', access: 'write' },
  ]);
  expect(await paths('cd sub; cat a /b')).toEqual([
    { path: 'sub', access: 'read' },
    { path: undefined, access: 'read' },
    { path: '/b', access: 'read' },
  ]);
});

test.each<[string, string]>([
  ['git status |', 'it cannot be parsed'],
  ['git\u200b status', 'it has characters that cannot be seen'],
  ['f() { ls; }', 'it defines a function'],
  ['PATH=.; ls', 'the variable PATH changes what the commands after it mean'],
  ['x="a[1]"; echo $((x))', 'it calculates with x, whose value cannot be known'],
  ['echo a > x.sh; ./x.sh', 'it writes ./x.sh and runs it'],
  ['', 'there is no command in it'],
])('%s is not fully understood: %s', async (command, why) => {
  expect((await analyseCommand(command)).unknown).toBe(why);
});
