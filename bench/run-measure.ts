import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Contestant } from './contestants/contestant.ts';
import { CONTESTANTS, type ContestantName, FLOOR } from './contestants/roster.ts';
import type { Measure } from './measures/measure.ts';
import { type Row, rowsOf } from './report/rows.ts';

const RUN_TIMEOUT_MS = 180_000;
const MOST_RUNS_OF_SLOW = 2;
const SHARE_OF_OTHERS = 0.3;
const MOST_QUOTED = 400;

export type Bench = {
  /** The folder of this one as JavaScript. */
  program: string;
  url: string;
  toldUrl: string;
  /** Kept by no other run. */
  home: string;
  root: string;
  runs: number | undefined;
  scale: number;
  /** Those who can take part. */
  contestants: ReadonlyMap<ContestantName, Contestant>;
};

export type Measured = { rows: Row[]; failures: { contestant: ContestantName; reason: string }[] };

/** All runs of one measure, the contestants taking turns. Who fails once is out of it. */
export async function runMeasure(name: string, measure: Measure, bench: Bench): Promise<Measured> {
  const inOrder = CONTESTANTS.filter((contestant) => measure.contestants.includes(contestant));
  const playing = inOrder.flatMap((contestant) => {
    const found = bench.contestants.get(contestant);
    if (found === undefined || (measure.withTool === true && found.toolName === undefined)) return [];
    return [{ contestant, kind: found.kind, runs: bench.runs ?? runsOf(contestant, found, measure.runs) }];
  });
  const results = new Map<ContestantName, Record<string, number>[]>();
  const failures: Measured['failures'] = [];
  const most = Math.max(0, ...playing.map(({ runs }) => runs));
  for (let run = 0; run < most; run += 1) {
    for (const { contestant, runs } of playing) {
      if (run >= runs || failures.some((one) => one.contestant === contestant)) continue;
      try {
        const found = await runOnce(name, contestant, measure, bench);
        results.set(contestant, [...(results.get(contestant) ?? []), found]);
      } catch (error) {
        failures.push({ contestant, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    process.stderr.write(`\r${measure.title}: ${run + 1} of ${most}  `);
  }
  process.stderr.write('\r');
  const rows = Object.entries(measure.figures).flatMap(([figure, about]) => {
    const values = playing.flatMap(({ contestant, kind }) => {
      const own = (results.get(contestant) ?? []).flatMap((found) => found[figure] ?? []);
      return own.length === 0 ? [] : [[contestant, { kind, values: own }] as const];
    });
    return rowsOf({ measure: name, figure }, about, new Map(values));
  });
  return { rows, failures };
}

function runsOf(name: ContestantName, { kind, isSlow }: Contestant, runs: number): number {
  if (isSlow === true) return Math.min(Math.ceil(runs * SHARE_OF_OTHERS), MOST_RUNS_OF_SLOW);
  // What is judged is measured more often than what it is only compared with.
  return kind === 'ours' || name === FLOOR ? runs : Math.ceil(runs * SHARE_OF_OTHERS);
}

function runOnce(
  name: string,
  contestant: ContestantName,
  measure: Measure,
  bench: Bench,
): Promise<Record<string, number>> {
  const { program, url, toldUrl, home, root, scale } = bench;
  const args = [...(measure.nodeFlags ?? []), join(program, 'child.js'), name, contestant, url, toldUrl, String(scale)];
  const env = { ...process.env, COLLOQUY_HOME: home, BENCH_ROOT: root };
  // In a group of its own, so that what it has started is ended with it.
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // There is nothing left of it.
    }
  };
  const timer = setTimeout(end, RUN_TIMEOUT_MS);
  process.once('exit', end);
  let [told, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-64_000)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      process.off('exit', end);
      end();
      const line = told.trim().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line) as Record<string, number>);
      else reject(new Error(reasonOf(complaints, code).replaceAll(`${root}/`, '')));
    });
  });
}

/** The line of a complaint that names the error. */
function reasonOf(complaints: string, code: number | null): string {
  const lines = complaints.split('\n').filter((line) => line.trim() !== '');
  const named = lines.find((line) => /^\s*(\w*Error\b|\[cause\]|.*Error:)/.test(line)) ?? lines.at(-1);
  return (named ?? `ended with ${code === null ? 'a signal, or took too long' : `status ${code}`}`)
    .trim()
    .slice(0, MOST_QUOTED);
}
