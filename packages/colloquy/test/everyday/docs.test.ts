import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator, type Reply, status, text } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const ROOT = new URL('../../../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/everyday.md', ROOT), 'utf8');
const PROGRAMS = [...GUIDE.matchAll(/```ts (\w+)\n([\s\S]+?)```\n\n((?: {4}.*\n)+)/g)].map(
  ([, name = '', code = '', printed = '']) => ({ name, code, printed: printed.replaceAll(/^ {4}/gm, '') }),
);

const SCRIPTS: Record<string, Reply[]> = {
  retry: [status(529), text('Hi.')],
  pool: [text('1'), text('2'), text('3')],
  cache: [text('42.')],
  buffer: [text('One.'), text('Two.')],
  sessions: [text('Hi.')],
  conversations: [text('Put it out.'), text('Good.')],
  batch: [text('Paris.'), text('Lima.')],
  streams: [text(['Once upon', ' a ti'])],
  simple: [text('Hi.')],
  signal: [],
  replay: [text('Lima.')],
};

test('every program of the guide is run here', () => {
  expect(PROGRAMS.map(({ name }) => name)).toEqual(Object.keys(SCRIPTS));
});

test.each(PROGRAMS)(
  'the program "$name" prints what the guide says',
  { timeout: 20_000 },
  async ({ name, code, printed }) => {
    await using server = await createEmulator({ script: SCRIPTS[name] ?? [] }).listen();
    const cwd = temporaryFolder('everyday');
    const source = new URL('packages/colloquy/src/', ROOT).href;
    const program = code
      .replaceAll("'colloquy'", `'${source}index.ts'`)
      .replaceAll("'colloquy/testing'", `'${source}testing.ts'`);
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ANTHROPIC_API_KEY: 'test',
      ANTHROPIC_BASE_URL: server.url,
      COLLOQUY_HOME: join(cwd, 'home'),
    };
    const run = promisify(execFile)(
      process.execPath,
      ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program],
      { cwd, env },
    );
    expect((await run).stdout.trimEnd()).toBe(printed.trimEnd());
  },
);
