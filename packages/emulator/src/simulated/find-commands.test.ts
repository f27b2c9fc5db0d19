import { expect, test } from 'vitest';
import { findCommands } from './find-commands.ts';

test.each<[string, string, string[]]>([
  ['lines of shell blocks', '```bash\nfoo --bar\n\n# note\n$ baz # why\n```', ['foo --bar', 'baz']],
  ['commands in blocks without a language', '```\nnpm ci\nsome output\n$ odd thing\n```', ['npm ci', 'odd thing']],
  ['nothing in blocks of other languages', '```ts\nnpm ci\n```\n```json\n{}\n```', []],
  ['indented code', 'Two commands:\n\n    script/server\n    not this\n\ttools/run.sh x', ['script/server']],
  [
    'code spans that are commands',
    'Run `script/test`, `./build.sh -x` or `npm test`; see `docs/a.md`, `index.ts`, `src/` and `a/b.ts`.',
    ['script/test', './build.sh -x', 'npm test'],
  ],
  ['each once, in order', '`script/b` `script/a` `script/b`', ['script/b', 'script/a']],
  ['nothing in prose', 'script/server and script/test', []],
])('finds %s', (_, text, commands) => {
  expect(findCommands(text)).toEqual(commands);
});
