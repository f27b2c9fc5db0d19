// See script/package-check.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { installedIn } from './installed-in.ts';

const MOST_MB = 25;
const MOST_PACKAGES = 12;
const MB = 1024 * 1024;
const INSTALL_WITHIN_MS = 120_000;
/** Ways of resolving that an ESM package for Node 22 does not serve: `require` of old, and Node 10. */
const NOT_SERVED: ReadonlySet<string> = new Set(['node10', 'node16-cjs']);

/** What a user does first, without a key: commands are judged (a parser and its grammar), a page becomes Markdown (a thread). */
const PROGRAM = `
import { explainPermission, ChatClient, query } from 'colloquy';
import { replayCassette } from 'colloquy/testing';
const { behavior } = await explainPermission({ tool: 'Bash', input: { command: 'ls | rm -rf x' }, rules: { allow: ['Bash(ls *)'] }, mode: 'default', cwd: process.cwd() });
if (behavior === 'allow') throw new Error('rm was allowed');
for (const name of [ChatClient, query, replayCassette]) if (typeof name !== 'function') throw new Error('A name is missing');
`;

const run = promisify(execFile);
const { values } = parseArgs({ options: { peers: { type: 'boolean', default: false } } });
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'colloquy-pack-'));
let passed = 0;
let failed = 0;
try {
  const tarball = await pack('packages/colloquy');
  await install([tarball]);
  const { packages, bytes } = installedIn(folder);
  check(packages <= MOST_PACKAGES, `${packages} packages installed (at most ${MOST_PACKAGES})`);
  check(bytes <= MOST_MB * MB, `${(bytes / MB).toFixed(1)} MB installed (at most ${MOST_MB})`);
  await checkRuns();
  await checkTypes(tarball);
  await checkMade();
  if (values.peers) await tellPeers(tarball);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const closing = `${passed} passed, ${failed} failed`;
console.log(closing);
const counts = process.env['COLLOQUY_COUNTS'];
if (counts !== undefined) writeFileSync(counts, `${closing}\n`);
process.exitCode = failed === 0 ? 0 : 1;

function check(holds: boolean, what: string): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
}

/** npm beside the pinned Node, with the tarball's path as its last line. */
async function pack(path: string): Promise<string> {
  const { stdout } = await npm(['pack', '--silent', '--pack-destination', folder], join(root, path));
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

async function install(names: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error', ...names], folder);
}

function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  return run('npm', args, { cwd, env: { ...process.env, PATH }, timeout: INSTALL_WITHIN_MS });
}

async function checkRuns(): Promise<void> {
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const ran = await run(process.execPath, ['program.mjs'], { cwd: folder, timeout: 30_000 }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error('It did not run')),
  );
  check(ran === undefined, `a program runs on it${ran === undefined ? '' : `: ${ran.message}`}`);
}

async function checkTypes(tarball: string): Promise<void> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  const problems =
    result.types === false
      ? ['it has no types']
      : result.problems.filter((problem) => !isNotServed(problem)).map(({ kind }) => kind);
  check(
    problems.length === 0,
    `types resolve under node16 and bundler${problems.length === 0 ? '' : `: ${problems.join(', ')}`}`,
  );
}

function isNotServed(problem: object): boolean {
  const { resolutionKind, resolutionOption } = problem as { resolutionKind?: string; resolutionOption?: string };
  return NOT_SERVED.has(resolutionKind ?? resolutionOption ?? '');
}

async function checkMade(): Promise<void> {
  const { messages } = await publint({ pkgDir: join(folder, 'node_modules', 'colloquy'), pack: false, strict: true });
  const told = messages.map(({ code, path }) => `${code} at ${path.join('.')}`);
  check(told.length === 0, `publint is content${told.length === 0 ? '' : `: ${told.join(', ')}`}`);
}

async function tellPeers(tarball: string): Promise<void> {
  const made = JSON.parse(readFileSync(join(folder, 'node_modules/colloquy/package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>;
  };
  await install([tarball, ...Object.entries(made.peerDependencies).map(([name, version]) => `${name}@${version}`)]);
  const { packages, bytes } = installedIn(folder);
  console.log(`with every optional peer: ${packages} packages, ${(bytes / MB).toFixed(1)} MB`);
}
