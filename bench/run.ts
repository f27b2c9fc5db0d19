// script/bench: every measure with every contestant, interleaved; see README.md beside this file.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import type { Measure } from './measures/measure.ts';
import { median } from './measures/measure.ts';

const MEASURES = ['warm-turn', 'many-deltas', 'cold-start', 'tool-calls', 'idle-session'];
const CONTESTANTS = ['node-http', 'raw-fetch', 'colloquy-client', 'colloquy-durable'];
const FLOOR = 'raw-fetch';
const RUN_TIMEOUT_MS = 120_000;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (flags.help === true) {
  console.log(`script/bench [measure…] [--runs N] [--json FILE]\nMeasures: ${MEASURES.join(', ')}`);
  process.exit(0);
}
const unknown = positionals.find((name) => !MEASURES.includes(name));
if (unknown !== undefined) {
  console.error(`There is no measure ${unknown}; there are ${MEASURES.join(', ')}`);
  process.exit(2);
}

type Row = {
  measure: string;
  contestant: string;
  unit: string;
  values: number[];
  median: number;
  ratio: number;
  gate?: number;
  met?: boolean;
};

const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
const emulator = spawn(process.execPath, [join(import.meta.dirname, 'emulator.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
try {
  const rows: Row[] = [];
  const url = await firstLine(emulator.stdout);
  for (const name of positionals.length > 0 ? positionals : MEASURES) rows.push(...(await runMeasure(name, url)));
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 2)}\n`);
  console.log(`\n${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}`);
  const missed = rows.filter(({ met }) => met === false);
  const gated = rows.filter(({ met }) => met !== undefined);
  console.log(`${gated.length - missed.length} passed, ${missed.length} failed`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  emulator.stdin.end();
  rmSync(home, { recursive: true, force: true });
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('The emulator ended before it said its address');
}

async function runMeasure(name: string, url: string): Promise<Row[]> {
  const { measure } = (await import(`./measures/${name}.ts`)) as { measure: Measure };
  const values = new Map(CONTESTANTS.map((contestant): [string, number[]] => [contestant, []]));
  const runs = flags.runs === undefined ? measure.runs : Number(flags.runs);
  for (let run = 0; run < runs; run += 1) {
    for (const [contestant, list] of values) list.push(await runOnce(measure, name, contestant, url));
    process.stderr.write(`\r${measure.title}: ${run + 1} of ${runs}  `);
  }
  process.stderr.write('\r');
  const floor = median(values.get(FLOOR) ?? []);
  const rows = [...values].map(([contestant, list]) => toRow(measure, contestant, list, floor));
  console.log(`\n${measure.title}`);
  for (const row of rows) console.log(line(row, measure));
  return rows;
}

async function runOnce(measure: Measure, name: string, contestant: string, url: string): Promise<number> {
  const toolName = contestant.startsWith('colloquy') ? 'mcp__bench__add' : 'add';
  const args = [...(measure.nodeFlags ?? []), join(import.meta.dirname, 'child.ts'), name, contestant, url];
  const env = { ...process.env, ...measure.env, BENCH_TOOL_NAME: toolName, COLLOQUY_HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: RUN_TIMEOUT_MS });
  return JSON.parse(stdout);
}

function toRow(measure: Measure, contestant: string, values: number[], floor: number): Row {
  const middle = median(values);
  const ratio = middle / floor;
  const gate = measure.gates[contestant];
  const row = { measure: measure.title, contestant, unit: measure.unit, values, median: middle, ratio };
  return gate === undefined ? row : { ...row, gate, met: (measure.absolute === true ? middle : ratio) <= gate };
}

function line({ contestant, values, median: middle, ratio, gate, met }: Row, measure: Measure): string {
  const number = (value: number): string => value.toFixed(measure.unit === 'KB' ? 0 : 2).padStart(8);
  const spread = `${number(Math.min(...values))} … ${number(Math.max(...values)).trim()}`;
  const verdict =
    gate === undefined
      ? ''
      : `  gate ${gate}${measure.absolute === true ? ` ${measure.unit}` : ''}: ${met === true ? 'met' : 'MISSED'}`;
  return `  ${contestant.padEnd(18)}${number(middle)} ${measure.unit}  ×${ratio.toFixed(2).padStart(5)}  (${spread.trim()})${verdict}`;
}
