import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../helpers/message-of.ts';
import { collectPlaces } from './collect-places.ts';
import { findParts, type SandboxParts } from './find-parts.ts';
import { sandboxArguments } from './sandbox-arguments.ts';

/** Whether commands can be confined on this machine. */
export type Detected = { works: true; parts: SandboxParts } | { works: false; why: string };

const WITHIN_MS = 10_000;

/**
 * What must hold inside: nothing outside the folder can be written, no process outside is seen, and there is no network but the
 * sandbox's own loopback.
 */
const ATTEMPT = [
  'touch "$PWD/in" || { echo "the working folder cannot be written"; exit 1; }',
  'if touch /usr/colloquy-attempt 2>/dev/null; then echo "system files can be written"; exit 1; fi',
  'if [ -e "$1" ]; then echo "a folder outside can be seen"; exit 1; fi',
  'if [ "$(readlink /proc/self/ns/pid)" = "$2" ] || [ -e "/proc/$3" ]; then echo "processes outside can be seen"; exit 1; fi',
  'if [ -w /proc/sys/kernel/core_pattern ]; then echo "settings of the system can be written"; exit 1; fi',
  'if grep -v -e "|" -e "^ *lo:" /proc/net/dev; then echo "there is a network"; exit 1; fi',
  'echo "held $4"',
].join('\n');

let detected: Promise<Detected> | undefined;

/** Finds out by running a command in the sandbox, once per process. Never rejects. */
export function detectSandbox(): Promise<Detected> {
  return (detected ??= attemptSandbox());
}

/** The attempt itself, for whoever wants it made anew. Never rejects. */
export async function attemptSandbox(env: NodeJS.ProcessEnv = process.env): Promise<Detected> {
  const found = findParts(env);
  if (!found.ok) return { works: false, why: found.missing.join('; ') };
  try {
    const why = await whyNotHeld(found.parts, env);
    return why === undefined ? { works: true, parts: found.parts } : { works: false, why: why + (await hint()) };
  } catch (error) {
    return { works: false, why: `the sandbox could not be tried: ${messageOf(error)}` };
  }
}

/** What often keeps it from working. */
async function hint(): Promise<string> {
  const setting = 'kernel/apparmor_restrict_unprivileged_userns';
  const value = await readFile(`/proc/sys/${setting}`, 'utf8').catch(() => '0');
  if (value.trim() !== '1') return '';
  return `; this system keeps programs from making user namespaces (sysctl ${setting.replace('/', '.')}), which bwrap needs`;
}

async function whyNotHeld(parts: SandboxParts, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-attempt-'));
  const hidden = await mkdtemp(join(tmpdir(), 'colloquy-attempt-'));
  try {
    const temp = { home: folder, tmp: folder };
    const places = await collectPlaces({ roots: [folder], settings: {}, own: [], env, isServer: true, temp });
    const word = randomUUID();
    const argv = ['/bin/sh', '-c', ATTEMPT, 'sh', hidden, await readlink('/proc/self/ns/pid'), ownNumber(), word];
    const call = { parts, places, cwd: folder, refuseSockets: true, proxySocket: undefined, argv };
    const told = await outputOf(parts.bwrap, sandboxArguments(call));
    await places.release();
    if (told === `held ${word}` && existsSync(join(folder, 'in'))) return undefined;
    return `a command that was tried in it did not stay inside, or did not run: ${told}`;
  } finally {
    await Promise.all([folder, hidden].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** That of this process, unless it is so low that a process inside may have it. */
function ownNumber(): string {
  return process.pid > 50 ? String(process.pid) : 'none';
}

/** What it printed, in one line. What bwrap tells of itself is not of interest. */
function outputOf(file: string, args: string[]): Promise<string> {
  const shell = ['-c', 'exec 3>/dev/null; exec "$0" "$@"', file, ...args];
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  return new Promise((resolve) => {
    execFile('/bin/sh', shell, { cwd: '/', env, timeout: WITHIN_MS }, (error, stdout, stderr) => {
      const text = `${stdout}${stderr}`.trim().replace(/\s*\n\s*/g, '; ');
      resolve(text === '' ? messageOf(error ?? 'it printed nothing') : text);
    });
  });
}
