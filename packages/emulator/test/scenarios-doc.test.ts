import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parseScenario } from '@colloquy/emulator';

const doc = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...doc.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]+?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

test('the scenarios in docs/scenarios.md can be played', () => {
  const scenarios = blocks('json').map((json) => JSON.parse(json) as unknown);
  expect(scenarios).toHaveLength(2);
  for (const scenario of scenarios) expect(parseScenario(scenario)).toBe(scenario);
});

test('the program in docs/scenarios.md prints what stands there', async () => {
  const [program = ''] = blocks('ts');
  const printed = [...(doc.split(program)[1] ?? '').matchAll(/^ {4}(.+)\n/gm)]
    .map(([, line = '']) => `${line}\n`)
    .join('');
  const node = ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: new URL('..', import.meta.url) });
  expect(stdout).toBe(printed);
});
