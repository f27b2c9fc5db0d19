// script/bench commands: how long the permissions take for commands that are huge, in one way or another. Fails over the gate.
import { resolve } from 'node:path';
import { decide, initialPermissions } from 'colloquy/internal';
import { median } from './measures/measure.ts';

const GATE_MS = 50;
const RUNS = 11;
const BASH = { name: 'Bash', aliases: ['bash'], effect: 'write' } as const;

const COMMANDS: Readonly<Record<string, string>> = {
  'one plain command': 'git status',
  '10,000 parts': Array.from({ length: 10_000 }, () => 'echo a').join('; '),
  '1 MB': `echo ${'a '.repeat(512 * 1024)}`,
  '5,000 subshells in one another': `${'( '.repeat(5_000)}echo${' )'.repeat(5_000)}`,
  '5,000 substitutions in one another': `echo ${'$('.repeat(5_000)}echo${')'.repeat(5_000)}`,
};

const state = initialPermissions({ allowedTools: ['Bash(echo:*)', 'Bash(git *)'], disallowedTools: ['Bash(rm:*)'] });

async function timeOf(command: string): Promise<number> {
  const startedMs = performance.now();
  await decide({ tool: BASH, input: { command }, target: { command } }, state, {
    cwd: '/work',
    sandbox: 'none',
    canAsk: true,
    resolve: async (path) => resolve('/work', path),
  });
  return performance.now() - startedMs;
}

const firstMs = await timeOf('true');
console.log(`the first decision, which loads the parser: ${firstMs.toFixed(1)} ms`);
for (const [name, command] of Object.entries(COMMANDS)) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await timeOf(command));
  const ms = median(times);
  console.log(`${name}: ${ms.toFixed(2)} ms (gate ${GATE_MS} ms)`);
  if (ms > GATE_MS) process.exitCode = 1;
}
