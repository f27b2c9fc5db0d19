// script/bench --setup: fetches the peers' packages, as pinned in packages/ beside this file, into .cache/bench. What cannot be
// fetched is told with its reason, and left out of the runs.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pinsOf } from './contestants/fetched.ts';
import { CONTESTANTS, loadContestant } from './contestants/roster.ts';

const ROOT = join(import.meta.dirname, '..');
const WITHIN_MS = 180_000;
const MOST_LINES = 6;

// Two of them are fetched for the tests too, which say themselves what is missing.
spawnSync(join(ROOT, 'script/conformance'), ['--setup'], { stdio: 'inherit' });
for (const name of CONTESTANTS) {
  const { packages, missing } = await loadContestant(name);
  if (packages === undefined) continue;
  if (pinsOf(name).includes('/bench/')) await fetchPackages(name, packages.folder);
  const reason = missing?.();
  console.log(`${name}: ${reason ?? 'is there'}`);
}

/** Installs the pins, unless that is done. Beside its place until it is whole, so that what is ended leaves nothing half done. */
async function fetchPackages(name: string, folder: string): Promise<void> {
  const pins = dirname(pinsOf(name));
  const lock = join(pins, 'package-lock.json');
  const stamp = `${platform()} ${arch()} ${createHash('sha256').update(readFileSync(lock)).digest('hex')}\n`;
  const stampFile = join(folder, '.fetched');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const partial = `${folder}.partial-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(pins, file), join(partial, file));
  try {
    const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
    // As locked. `npm ci` refuses a lock without the packages of other platforms, which not every registry has.
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await promisify(execFile)('npm', args, { cwd: partial, env: { ...process.env, PATH }, timeout: WITHIN_MS });
    writeFileSync(join(partial, '.fetched'), stamp);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const told = stderr.trim() === '' ? message : stderr.trim();
    console.error(`${name} could not be fetched: ${told.split('\n').slice(0, MOST_LINES).join('\n')}`);
    rmSync(partial, { recursive: true, force: true });
  }
}
