// script/bench --quick: counts what does not depend on the machine, and compares it with its limits. For CI.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stalePages } from '../report/write-page.ts';

const WITHIN_MS = 60_000;
// A commit less where the end of an answer comes in one piece with its last block, which here it does not.
const LIMITS = { commits: 6, syncs: 2, modules: 48, bytesPerDelta: 6_500, bytesBeyond: 200 };
/** Measured: importing zod or undici costs 40 ms each, a store driver 5 to 18 ms, the first global `fetch` 30 to 40 ms. */
const HEAVY = /\/node_modules\/(?!(colloquy|@colloquy|eventsource-parser)\/)|sqlite-store/;

const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
let [passed, failed] = [0, 0];
try {
  await checkDisk();
  await checkModules();
  await checkAllocations();
  await checkRequests();
  const stale = stalePages();
  check(stale.length === 0, `docs/performance.md and its plots are those of bench/results.json`, stale.join(', '));
} finally {
  rmSync(home, { recursive: true, force: true });
}
const closing = `${passed} passed, ${failed} failed`;
console.log(closing);
const counts = process.env['COLLOQUY_COUNTS'];
if (counts !== undefined) writeFileSync(counts, `${closing}\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function checkDisk(): Promise<void> {
  const found =
    await countIn<Record<'commits' | 'syncs' | 'commitsOfManyDeltas' | 'syncsOfManyDeltas', number>>('disk.ts');
  atMost(found.commits, LIMITS.commits, 'commits of a durable turn');
  atMost(found.syncs, LIMITS.syncs, 'waits for the disk of a durable turn');
  const more = found.commitsOfManyDeltas + found.syncsOfManyDeltas;
  atMost(more, 0, 'commits and waits more when the answer has 2,000 deltas instead of 20');
}

async function checkModules(): Promise<void> {
  const files = await countIn<string[]>('modules.ts');
  atMost(files.length, LIMITS.modules, 'modules loaded before the first delta');
  const heavy = files.filter((file) => HEAVY.test(file));
  check(heavy.length === 0, 'nothing heavy is loaded before the first delta', heavy.join(', '));
}

async function checkAllocations(): Promise<void> {
  const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
  const { ours, byHand, told } = await countIn<Record<'ours' | 'byHand' | 'told', number>>('allocations.ts', flags);
  atMost(ours, LIMITS.bytesPerDelta, `bytes allocated for a delta (by hand ${Math.round(byHand)})`);
  check(told === 1, 'every delta is told once', `${told} times on average`);
}

async function checkRequests(): Promise<void> {
  const { beyond, requests, changed } = await countIn<Record<'beyond' | 'requests' | 'changed', number>>('requests.ts');
  atMost(beyond, LIMITS.bytesBeyond, 'bytes that a request has beyond messages, prompt and tools');
  atMost(changed, 0, `of ${requests} requests that do not begin as the one before, byte for byte`);
}

async function countIn<T>(file: string, flags: readonly string[] = []): Promise<T> {
  const env = { ...process.env, COLLOQUY_HOME: home };
  const args = [...flags, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, file)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: WITHIN_MS });
  // The programs of this folder print what is read here.
  return JSON.parse(stdout) as T;
}

function atMost(value: number, limit: number, what: string): void {
  check(value <= limit, `${Math.round(value)} ${what} (at most ${limit})`);
}

function check(holds: boolean, what: string, otherwise = ''): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${holds || otherwise === '' ? '' : `: ${otherwise}`}`);
}
