import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ROOT } from './source-files.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(README)?.[1];
  if (found === undefined) throw new Error(`README.md has no block of ${language}`);
  return found;
}

test('the first program prints what the README says', async () => {
  const data = await mkdtemp(join(tmpdir(), 'colloquy-readme-'));
  const child = spawn(process.execPath, ['--conditions=colloquy-source', '--input-type=module-typescript', '-'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: data, COLLOQUY_HOME: data },
  });
  child.stdin.end(block('ts'));
  const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await rm(data, { recursive: true });
  expect(errors).toBe('');
  expect(printed.trimEnd()).toBe(block('text').trimEnd());
}, 20_000);

test('the two commands are there', () => {
  const commands = block('sh')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  expect(commands).toEqual(['script/server', 'script/test']);
  expect(commands.filter((command) => !existsSync(join(ROOT, command)))).toEqual([]);
});

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/README.md',
  'docs/dependencies.md',
  'docs/scenarios.md',
  '.changeset/README.md',
])('the links of %s lead somewhere', (file) => {
  const links = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(
    ([, target = '']) => target,
  );
  expect(links.filter((target) => !existsSync(join(ROOT, file, '..', target)))).toEqual([]);
});
