import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator, type Reply, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const ROOT = new URL('../../../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/direct.md', ROOT), 'utf8');
const PROGRAMS = [...GUIDE.matchAll(/```ts (\w+)\n([\s\S]+?)```\n\n((?: {4}.*\n)+)/g)].map(
  ([, name = '', code = '', printed = '']) => ({ name, code, printed: printed.replaceAll(/^ {4}/gm, '') }),
);

const SCRIPTS: Record<string, Reply[]> = {
  chat: [text('42.'), text('Forty-two.')],
  agent: [toolUse('Glob', { pattern: '*.md' }), text('README.md is here.')],
  parser: [text('Hello.')],
};

test('every program of the guide is run here', () => {
  expect(PROGRAMS.map(({ name }) => name)).toEqual(Object.keys(SCRIPTS));
});

test.concurrent.each(PROGRAMS)('the program "$name" prints what the guide says', async ({ name, code, printed }) => {
  await using server = await createEmulator({ script: SCRIPTS[name] ?? [] }).listen();
  const cwd = temporaryFolder('direct');
  await writeFile(join(cwd, 'README.md'), '');
  const program = code.replaceAll("'colloquy'", `'${new URL('packages/colloquy/src/index.ts', ROOT).href}'`);
  const env = { PATH: process.env['PATH'], ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: server.url };
  const run = promisify(execFile)(
    process.execPath,
    ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program],
    { cwd, env },
  );
  expect((await run).stdout.trimEnd()).toBe(printed.trimEnd());
});
