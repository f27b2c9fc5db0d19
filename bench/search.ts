// script/bench search: Grep and Glob over 50,000 files beside ripgrep itself, taking turns. Fails over the gate.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtInTools, createLocalFiles, ripgrepPath } from 'colloquy/internal';
import { median } from './measures/measure.ts';

const FOLDERS = 500;
const FILES_A_FOLDER = 100;
const ENDINGS = ['ts', 'ts', 'js', 'md', 'json'];
/** The highest ratio to what ripgrep takes for the same. */
const GATE = 1.5;

const { values: flags } = parseArgs({ options: { runs: { type: 'string' } }, allowPositionals: true });
const RUNS = Number(flags.runs ?? 21);
const ripgrep = await ripgrepPath();

/** One job: as a call of a tool, and as a command line of ripgrep that finds the same. */
type Job = { title: string; tool: string; input: Record<string, unknown>; ripgrep: string[] };
const PLAIN = ['--no-config', '--hidden', '--no-require-git', '--color=never'];
const JOBS: Job[] = [
  {
    title: 'Grep, names of the 1,000 files that match',
    tool: 'Grep',
    input: { pattern: 'needle[0-9]+', head_limit: 2000 },
    ripgrep: [...PLAIN, '--files-with-matches', '--regexp=needle[0-9]+', '.'],
  },
  {
    title: 'Grep, matching lines',
    tool: 'Grep',
    input: { pattern: 'needle[0-9]+', output_mode: 'content', head_limit: 2000 },
    ripgrep: [...PLAIN, '--line-number', '--with-filename', '--no-heading', '--regexp=needle[0-9]+', '.'],
  },
  {
    title: 'Grep, nothing found',
    tool: 'Grep',
    input: { pattern: 'nowhere to be seen', output_mode: 'count' },
    ripgrep: [...PLAIN, '--count', '--regexp=nowhere to be seen', '.'],
  },
  {
    title: 'Grep, 400,000 lines match and 250 are shown',
    tool: 'Grep',
    input: { pattern: 'export', output_mode: 'content' },
    ripgrep: [...PLAIN, '--line-number', '--with-filename', '--no-heading', '--regexp=export', '.'],
  },
  {
    title: 'Glob, 500 of the files, the newest first',
    tool: 'Glob',
    input: { pattern: '**/file42.*' },
    ripgrep: [...PLAIN, '--files', '--glob=**/file42.*', '--sortr=modified'],
  },
  {
    title: 'Glob, 20,000 of the files, the newest first',
    tool: 'Glob',
    input: { pattern: '**/*.ts' },
    ripgrep: [...PLAIN, '--files', '--glob=**/*.ts', '--sortr=modified'],
  },
  {
    title: 'Glob, all files, the newest first',
    tool: 'Glob',
    input: { pattern: '**' },
    ripgrep: [...PLAIN, '--files', '--sortr=modified'],
  },
];

const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-search-'));
try {
  makeFiles();
  for (const job of JOBS) await runJob(job);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeFiles(): void {
  for (let number = 0; number < FOLDERS; number += 1) {
    const path = join(folder, `package${number % 20}`, `part${Math.floor(number / 20)}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_A_FOLDER; file += 1) {
      const line = `export const value${file} = ${number};\n// a line of text that is about nothing\n`;
      const content = line.repeat(8) + (file % 50 === 0 ? `needle${number}\n` : '');
      writeFileSync(join(path, `file${file}.${ENDINGS[file % ENDINGS.length]}`), content);
    }
  }
}

async function runJob(job: Job): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const runs: [number[], () => Promise<void>][] = [
    [ours, () => runTool(job)],
    [theirs, () => runRipgrep(job.ripgrep)],
  ];
  // Once without a watch, which fills the caches; then each goes first as often as the other.
  for (const [, work] of runs) await work();
  for (let run = 0; run < RUNS; run += 1) {
    for (const [times, work] of run % 2 === 0 ? runs : runs.toReversed()) times.push(await timeOf(work));
  }
  const [own, their] = [median(ours), median(theirs)];
  // Of neighbours, so that what else the machine does counts for both.
  const ratio = median(ours.map((ms, run) => ms / (theirs[run] ?? Number.NaN)));
  const verdict = ratio <= GATE ? 'met' : 'MISSED';
  console.log(
    `${job.title}: ${own.toFixed(0)} ms, rg ${their.toFixed(0)} ms, ×${ratio.toFixed(2)} (gate ${GATE}: ${verdict})`,
  );
  if (ratio > GATE) process.exitCode = 1;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function runRipgrep(args: string[]): Promise<void> {
  const child = spawn(ripgrep, args, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  await once(child, 'close');
}

async function runTool({ tool: name, input }: Job): Promise<void> {
  const tool = builtInTools('claude_code').find((one) => one.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}`);
  const files = createLocalFiles({ cwd: folder, roots: () => [folder] });
  const context = { cwd: folder, files, signal: new AbortController().signal };
  // The rest of what tools may use is not used by a search.
  await tool.run(await tool.parse(input), context as Parameters<typeof tool.run>[1]);
}
