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
/** Against 1,000 rules, with options that a rule about a subcommand has to look behind. */
const AMONG_MANY_RULES: Readonly<Record<string, string>> = {
  'one plain command, 1,000 rules': 'git status',
  '20 parts, 1,000 rules': Array.from({ length: 20 }, (_, part) => `make t${part}`).join(' && '),
  '5,000 options, 1,000 rules': `git ${'-a '.repeat(5_000)}`,
};

const few = initialPermissions({ allowedTools: ['Bash(echo:*)', 'Bash(git *)'], disallowedTools: ['Bash(rm:*)'] });
const many = initialPermissions({
  allowedTools: Array.from({ length: 500 }, (_, index) => `Bash(run${index} *)`),
  disallowedTools: Array.from({ length: 500 }, (_, index) => `Bash(git * branch${index})`),
});

async function timeOf(command: string, state = few): Promise<number> {
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
await measure(COMMANDS, few);
await measure(AMONG_MANY_RULES, many);

async function measure(commands: typeof COMMANDS, state: typeof few): Promise<void> {
  for (const [name, command] of Object.entries(commands)) await measureOne(name, command, state);
}

async function measureOne(name: string, command: string, state: typeof few): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await timeOf(command, state));
  const ms = median(times);
  console.log(`${name}: ${ms.toFixed(2)} ms (gate ${GATE_MS} ms)`);
  if (ms > GATE_MS) process.exitCode = 1;
}
