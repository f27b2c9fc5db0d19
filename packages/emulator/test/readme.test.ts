import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the program in the README prints what the README says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, program = ''] = /```ts\n([\s\S]+?)```/.exec(readme) ?? [];
  const [, printed = ''] = /```\n\n {4}(.+)\n/.exec(readme) ?? [];
  // `await using` is newer than some of the supported Node versions; the block's scope ends with the program anyway.
  const code = program.replace('await using', 'const').concat('\nawait server.close();\n');
  const node = ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: new URL('..', import.meta.url) });
  expect(stdout).toBe(`${printed}\n`);
});
