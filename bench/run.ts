// script/bench: every measure with every contestant, interleaved; see README.md beside this file.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Contestant } from './contestants/contestant.ts';
import { CONTESTANTS, type ContestantName, FLOOR, loadContestant } from './contestants/roster.ts';
import { loadMeasure, MEASURES } from './measures/all-measures.ts';
import { whatGotWorse } from './report/compare.ts';
import { tableLines } from './report/table.ts';
import type { Results, Row } from './report/rows.ts';
import { RESULTS, writePage } from './report/write-page.ts';
import { type Bench, runMeasure } from './run-measure.ts';
import { stripTypes } from './strip-types.ts';

const ROOT = join(import.meta.dirname, '..');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    with: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean' },
    check: { type: 'boolean' },
    try: { type: 'boolean' },
  },
});
refuseUnknown(positionals, MEASURES, 'measure');
const chosenContestants = flags.with?.split(',') ?? [];
refuseUnknown(chosenContestants, CONTESTANTS, 'contestant');
if (flags.write === true && (positionals.length > 0 || flags.with !== undefined || flags.try === true)) {
  console.error('--write is for a whole run');
  process.exit(2);
}

const committed = flags.check === true ? committedRows() : [];

const begun = new Date();
const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
const program = stripTypes();
const emulator = spawn(process.execPath, [join(import.meta.dirname, 'emulator.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  emulator.kill('SIGKILL');
  for (const folder of [home, dirname(program)]) rmSync(folder, { recursive: true, force: true });
});
const lines = createInterface({ input: emulator.stdout })[Symbol.asyncIterator]();
const { all, leftOut } = await findContestants();
const bench: Bench = {
  program,
  url: await nextLine(),
  toldUrl: await nextLine(),
  home,
  root: ROOT,
  runs: flags.runs === undefined ? undefined : Number(flags.runs),
  scale: flags.try === true ? 0.02 : 1,
  contestants: all,
};
const rows = await runAll();
const results: Results = {
  at: begun.toISOString(),
  command: ['script/bench', ...process.argv.slice(2)].join(' '),
  minutes: Math.round((Date.now() - begun.getTime()) / 6_000) / 10,
  machine: {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
  },
  contestants: Object.fromEntries(
    [...all].map(([name, contestant]) => [name, { ...about(contestant), version: versionOf(contestant) }]),
  ),
  leftOut,
  rows,
};
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(results, null, 1)}\n`);
process.exitCode = tellOutcome(results) ? 0 : 1;
if (flags.write === true) {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  writePage(results);
}
emulator.stdin.end();
process.exit();

async function runAll(): Promise<Row[]> {
  const found: Row[] = [];
  for (const name of positionals.length > 0 ? positionals : MEASURES) {
    const measure = await loadMeasure(name);
    const { rows: own, failures } = await runMeasure(name, measure, bench);
    found.push(...own);
    for (const figure of Object.keys(measure.figures)) {
      const ofFigure = own.filter((row) => row.figure === figure);
      console.log(tableLines(ofFigure, (contestant) => all.get(contestant)?.title ?? contestant).join('\n'));
    }
    for (const failure of failures) {
      console.log(`  ${failure.contestant} has failed: ${failure.reason}`);
      leftOut.push({ ...failure, measure: name });
    }
  }
  return found;
}

/** Gates, what failed, and with --check what got worse; whether all is well. */
function tellOutcome({ machine, minutes }: Results): boolean {
  const { cores, cpu, memoryGb, node } = machine;
  console.log(`\n${cores} × ${cpu}, ${memoryGb} GB, Node ${node}; ${minutes} minutes`);
  const worse = flags.check === true ? whatGotWorse(committed, rows) : [];
  if (flags.check === true)
    console.log(worse.length === 0 ? 'Nothing of ours got worse.' : `Worse:\n${worse.join('\n')}`);
  const gated = rows.filter(({ isMet }) => isMet !== undefined);
  // Figures of tiny counts are judged by nobody.
  const missed = flags.try === true ? [] : gated.filter(({ isMet }) => isMet === false);
  for (const { title, contestant } of missed) console.log(`Gate missed: ${title}, ${contestant}`);
  const broken = leftOut.filter(({ contestant, measure }) => measure !== undefined && isOurs(contestant));
  const failed = missed.length + worse.length + broken.length;
  console.log(`${gated.length - missed.length} passed, ${failed} failed`);
  return failed === 0;
}

function isOurs(name: ContestantName): boolean {
  return all.get(name)?.kind !== 'peer';
}

function committedRows(): readonly Row[] {
  if (existsSync(RESULTS)) return (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results).rows;
  console.error('There is nothing to compare with yet: script/bench --write');
  return process.exit(2);
}

async function findContestants() {
  const found = new Map<ContestantName, Contestant>();
  const missing: { contestant: ContestantName; measure?: string; reason: string }[] = [];
  for (const name of CONTESTANTS) {
    if (chosenContestants.length > 0 && name !== FLOOR && !chosenContestants.includes(name)) continue;
    const contestant = await loadContestant(name);
    const reason = contestant.missing?.();
    if (reason === undefined) found.set(name, contestant);
    else {
      missing.push({ contestant: name, reason });
      console.log(`Without ${contestant.title}: ${reason}`);
    }
  }
  return { all: found, leftOut: missing };
}

function about({ title, kind }: Contestant): Pick<Contestant, 'title' | 'kind'> {
  return { title, kind };
}

function versionOf({ kind, packages }: Contestant): string {
  if (packages === undefined) return kind === 'ours' ? versionIn('packages/colloquy') : process.version;
  return `${packages.name} ${versionIn(join(packages.folder, 'node_modules', packages.name))}`;
}

function versionIn(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, folder.replace(ROOT, ''), 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return folder === 'packages/colloquy' ? `${name} ${version}` : version;
}

async function nextLine(): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('The emulator ended before it said its addresses');
  return value;
}

function refuseUnknown(given: readonly string[], known: readonly string[], what: string): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`There is no ${what} ${unknown}; there are ${known.join(', ')}`);
  process.exit(2);
}
