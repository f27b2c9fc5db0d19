import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { createEmulator, type Reply, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const PROGRAMS = new Map(
  [...README.matchAll(/```ts (\w+)\n([\s\S]+?)```/g)].map(([, name = '', code = '']) => [name, code]),
);

/** What each program of the README prints when the model says this. */
const EXPECTED: [name: string, script: Reply[], printed: string][] = [
  ['hello', [text('There are 3 files.')], 'There are 3 files.\n'],
  ['client', [text('Nothing yet.'), text('README.md')], "[ { type: 'text', text: 'Nothing yet.' } ]\n"],
  ['tool', [toolUse('mcp__calc__add', { a: 2, b: 3 }), text('5')], 'system\nassistant\nuser\nassistant\nresult\n'],
];

test('every program of the README is run here', () => {
  expect([...PROGRAMS.keys()]).toEqual(EXPECTED.map(([name]) => name));
});

test.concurrent.each(EXPECTED)(
  'the program "%s" in the README prints what it should',
  async (name, script, printed) => {
    await using server = await createEmulator({ script }).listen();
    // `await using` is newer than some of the supported Node versions; the scope ends with the program anyway.
    const code = (PROGRAMS.get(name) ?? '')
      .replace('await using client', 'const client')
      .concat('\nprocess.exit(0);\n');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', code],
      {
        cwd: new URL('..', import.meta.url),
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
          ANTHROPIC_API_KEY: 'test',
          ANTHROPIC_BASE_URL: server.url,
          COLLOQUY_HOME: temporaryFolder('readme'),
        },
      },
    );
    expect(stdout.slice(0, printed.length)).toBe(printed);
  },
);
