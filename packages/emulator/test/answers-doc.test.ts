import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the program in docs/emulator-answers.md prints what stands there', async () => {
  const doc = readFileSync(new URL('../../../docs/emulator-answers.md', import.meta.url), 'utf8');
  const [, program = '', after = ''] = /^```ts\n([\s\S]+?)^```\n([\s\S]+)/m.exec(doc) ?? [];
  const printed = [...after.matchAll(/^ {4}(.+)\n/gm)].map(([, line = '']) => `${line}\n`).join('');
  const node = ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: new URL('..', import.meta.url) });
  expect(stdout).toBe(printed);
});
