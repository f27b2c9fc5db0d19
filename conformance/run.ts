// The rows: run.ts [--verbose] [--full] [--write] [program…]. Called by script/conformance; see README.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Tally } from '../test/count-tests.ts';
import { DIFFERENCES } from './differences.ts';
import { compatibilityText } from './harness/compatibility.ts';
import { addLastFullRun, keepFullRun } from './harness/full-run.ts';
import { judge, type Judged } from './harness/judge.ts';
import { officialSdk } from './harness/load-sdk.ts';
import { differenceText, failures, rowLines, tableLines } from './harness/report.ts';
import type { Program } from './harness/program.ts';
import { runPrograms, type SeenById } from './harness/run-programs.ts';
import { missedFloors, missedGates, tally } from './harness/tally.ts';
import { PROGRAMS } from './programs/all-programs.ts';

const DOCUMENT = join(import.meta.dirname, '../docs/compatibility.md');
const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean' }, full: { type: 'boolean' }, write: { type: 'boolean' } },
});

// Sessions that are listed by the session functions, and our own store, lie in a home of this run.
const home = mkdtempSync(join(tmpdir(), 'conformance-home-'));
Object.assign(process.env, { HOME: home, COLLOQUY_HOME: join(home, 'colloquy'), IS_SANDBOX: '1' });
delete process.env['CLAUDE_CONFIG_DIR'];
// A rejection that nobody handles is told; with it a program would have to fail, and others go on.
process.on('unhandledRejection', (error) => console.error('Nobody handled:', error));

const problems = officialSdk() === undefined ? [] : await runRows();
rmSync(home, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);

async function runRows(): Promise<string[]> {
  const isChosen = (name: string): boolean => names.length === 0 || names.some((part) => name.includes(part));
  const chosen = PROGRAMS.filter(({ name }) => isChosen(name));
  const toRun = chosen.filter(({ waits }) => waits !== true || flags.full === true);
  const begun = performance.now();
  const seen = await runPrograms(toRun, (program, column, ms, error) => {
    if (flags.verbose === true || ms > 20_000) console.log(`${program.name} ${column} ${Math.round(ms)} ms`);
    if (error !== undefined) console.log(`${program.name} ${column} failed: ${error}`);
  });
  console.log(`${toRun.length} programs in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  if (flags.full === true && names.length === 0 && flags.write === true) keepFullRun(seen, toRun);
  addLastFullRun(
    seen,
    chosen.filter((program) => !toRun.includes(program)),
  );
  await lookAgain(seen, toRun);
  const judged = judge(seen, DIFFERENCES);
  return names.length === 0
    ? report(judged)
    : reportSome(
        judged,
        chosen.flatMap(({ ids }) => ids),
      );
}

/**
 * Runs programs again, with little beside them, that came to something else than is written down: they drive real processes, whose
 * order on a busy machine is not always the same. What differs both times counts.
 */
async function lookAgain(seen: SeenById, ran: readonly Program[]): Promise<void> {
  if (names.length > 0) return;
  const judged = judge(seen, DIFFERENCES);
  const document = flags.write === true ? undefined : new Set(readFileSync(DOCUMENT, 'utf8').split('\n'));
  const lines = compatibilityText(judged, DIFFERENCES).split('\n');
  const isOther = (id: string): boolean =>
    document !== undefined && lines.some((line) => line.startsWith(`| ${id} |`) && !document.has(line));
  const doubtful = new Set([
    ...failures(judged).map(({ id }) => id),
    ...judged.map(({ row }) => row.id).filter(isOther),
  ]);
  const again = ran.filter(({ ids }) => ids.some((id) => doubtful.has(id)));
  if (again.length === 0) return;
  console.log(`looked at again: ${again.map(({ name }) => name).join(', ')}`);
  const second = await runPrograms(again, () => {}, { atOnce: 2 });
  for (const [id, one] of second) if (doubtful.has(id)) seen.set(id, one);
}

/** The rows of some programs, with all that differs. */
function reportSome(judged: readonly Judged[], ids: readonly string[]): string[] {
  const some = judged.filter(({ row }) => ids.includes(row.id));
  const unknown = ids.filter((id) => !judged.some(({ row }) => row.id === id));
  for (const id of unknown) console.log(`${id} is no row`);
  for (const { row, seen, cli, api } of some) {
    if (flags.verbose === true && seen.official !== undefined)
      console.log(`${row.id}: ${'text' in seen.official ? seen.official.text : seen.official.error}`);
    for (const [column, verdict] of [
      ['cli', cli],
      ['api', api],
    ] as const) {
      if (verdict === 'equal' || verdict === 'none' || verdict === 'missing') continue;
      console.log(`${row.id} ${column} ${verdict}\n${differenceText(seen.official, seen[column])}`);
    }
  }
  console.log(rowLines(some).join('\n'));
  return [...failures(some).map(({ id }) => id), ...unknown];
}

function report(judged: readonly Judged[]): string[] {
  const known = new Set(judged.map(({ row }) => row.id));
  const strays = [...DIFFERENCES, ...PROGRAMS.flatMap(({ ids }) => ids.map((id) => ({ id })))].filter(
    ({ id }) => !known.has(id),
  );
  const wrong = failures(judged);
  const problems = [
    ...wrong.map(({ id, column, text }) => `${id} ${column} ${text}`),
    ...strays.map(({ id }) => `${id} is no row`),
    ...missedFloors(tally(judged)),
    ...documentProblems(judged),
  ];
  if (flags.verbose === true) console.log(rowLines(judged).join('\n'));
  if (problems.length > 0) console.log(`\n${problems.join('\n')}\n`);
  console.log(tableLines(judged).join('\n'));
  for (const gate of missedGates(tally(judged))) console.log(`gate not reached yet: ${gate}`);
  const passed = judged.flatMap(({ cli, api }) => [cli, api]).filter((verdict) => verdict === 'equal').length;
  count(passed, problems.length);
  return problems;
}

function documentProblems(judged: readonly Judged[]): string[] {
  const text = compatibilityText(judged, DIFFERENCES);
  if (flags.write === true) writeFileSync(DOCUMENT, text);
  const isFresh = readFileSync(DOCUMENT, 'utf8') === text;
  return isFresh ? [] : ['docs/compatibility.md is not what this run came to: script/conformance --write'];
}

/** Adds to the counts of the tests, of which script/conformance makes its closing line. */
function count(passed: number, failed: number): void {
  const file = process.env['COLLOQUY_TALLY'];
  if (file === undefined) return;
  const written = readFileSync(file, 'utf8');
  const before: Tally =
    written === '' ? { passed: 0, failed: 0, skipped: 0, reasons: {} } : (JSON.parse(written) as Tally);
  writeFileSync(file, JSON.stringify({ ...before, passed: before.passed + passed, failed: before.failed + failed }));
}
