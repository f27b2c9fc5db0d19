import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { delay } from '../../helpers/delay.ts';
import { childEnvironment } from '../child-environment.ts';
import { followCommand, SHELLS, type StartedShell, tellingCwd } from '../local-shell.ts';
import { isAlive, killGroup, waitUntilGone } from '../process-group.ts';
import type { ShellOptions, ShellOutcome } from '../tool.ts';
import { askInside } from './ask-inside.ts';
import { type CollectedPlaces, collectPlaces, type Reach } from './collect-places.ts';
import { explainRefusals } from './explain-refusals.ts';
import { findProgram } from './find-program.ts';
import { plainRepositories, withdrawRedirects } from './git-redirects.ts';
import type { SandboxParts } from './find-parts.ts';
import type { NetworkProxy } from './network-proxy.ts';
import { placeOf } from './place.ts';
import { sandboxArguments } from './sandbox-arguments.ts';

const TERM_GRACE_MS = 1000;
const GONE_WITHIN_MS = 2000;
const POLL_MS = 2;
/** Of what bwrap tells about itself. */
const MAX_NEWS_CHARS = 10_000;

/** What a command in the sandbox needs besides itself. */
export type Confinement = { parts: SandboxParts; reach: Reach; proxy: NetworkProxy | undefined };

/**
 * Runs a command in the sandbox. Like everything in it, the command ends with its shell, with bwrap, or with us: it is the first
 * process of a namespace, and the kernel ends the others with it.
 */
export async function runConfined(command: string, o: ShellOptions, within: Confinement): Promise<ShellOutcome> {
  if (o.signal.aborted)
    return { exitCode: null, stdout: '', stderr: '', droppedBytes: 0, timedOut: false, interrupted: true };
  const [places, repositories] = await Promise.all([
    collectPlaces(within.reach),
    plainRepositories(within.reach.roots),
  ]);
  try {
    await checkFolder(o.cwd, places);
    const started = await startInside(command, o, within, places);
    const told = hearNews(started.child);
    const outcome = await followCommand(started, o, (stopped) =>
      endAll(started.child, { depth: depthOf(within), news: told(), stopped }),
    );
    if (!told().includes('"child-pid"') || (outcome.exitCode !== null && !told().includes('"exit-code"')))
      throw new Error(`The sandbox could not be set up, so that the command did not run: ${outcome.stderr.trim()}`);
    const notes = explainRefusals(command, outcome, {
      places: places.places,
      reach: within.reach,
      hasProxy: within.proxy !== undefined,
    });
    const withdrawn = await withdrawRedirects(repositories);
    return notes.length + withdrawn.length === 0 ? outcome : { ...outcome, notes: [...notes, ...withdrawn] };
  } finally {
    await places.release();
  }
}

/** In how many process namespaces a command stands, ours counted: that of bwrap, and that of the helper where it is used. */
const depthOf = ({ reach }: Confinement): number => (refusesSockets(reach) ? 3 : 2);

const refusesSockets = ({ settings }: Reach): boolean => settings.network?.allowAllUnixSockets !== true;

async function checkFolder(cwd: string, { places }: CollectedPlaces): Promise<void> {
  const stats = await stat(cwd).catch(() => undefined);
  if (stats?.isDirectory() !== true)
    throw new Error(`The working directory ${cwd} does not exist any longer, so that no command can run.`);
  const place = placeOf(places, cwd);
  if (place === undefined || place.access === 'none')
    throw new Error(
      `Commands in the sandbox do not see ${cwd}, so that none can run there. Begin with cd to another folder.`,
    );
}

async function startInside(
  command: string,
  o: ShellOptions,
  { parts, reach, proxy }: Confinement,
  places: CollectedPlaces,
): Promise<StartedShell> {
  const { spawn } = await import('node:child_process');
  const shell = SHELLS.map(({ file, cwdFd }) => ({
    path: findProgram(file, reach.env['PATH'] ?? '/usr/bin:/bin'),
    cwdFd,
  })).find(({ path }) => path !== undefined);
  if (shell?.path === undefined)
    throw new Error('There is no shell to run the command: neither bash nor sh was found on PATH.');
  const args = sandboxArguments({
    parts,
    places,
    cwd: o.cwd,
    refuseSockets: refusesSockets(reach),
    proxySocket: proxy?.socket,
    argv: [shell.path, '-c', tellingCwd(command, shell.cwdFd)],
  });
  const unused = Array.from({ length: shell.cwdFd - 4 }, () => 'ignore' as const);
  try {
    const child = spawn(parts.bwrap, args, {
      cwd: '/',
      env: insideEnvironment(reach, o.cwd, places.home, proxy),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...unused, 'pipe'],
    });
    await once(child, 'spawn');
    return { child, cwdFd: shell.cwdFd };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E2BIG')
      throw new Error('The command is longer than the system takes. Write it to a file, and run the file.', {
        cause: error,
      });
    throw error;
  }
}

function insideEnvironment(
  { env }: Reach,
  cwd: string,
  home: string,
  proxy: NetworkProxy | undefined,
): Record<string, string> {
  // The folder that it names, with the sockets of the person's session, is not there.
  const { XDG_RUNTIME_DIR: _, ...passed } = childEnvironment(env, cwd);
  return { PATH: '/usr/bin:/bin', ...passed, HOME: home, TMPDIR: '/tmp', ...proxy?.env };
}

function hearNews(child: ChildProcess): () => string {
  let told = '';
  const stream = child.stdio[3];
  stream?.on('data', (piece: Buffer) => {
    told = (told + piece.toString('latin1')).slice(0, MAX_NEWS_CHARS);
  });
  stream?.on('error', () => {});
  return () => told;
}

async function endAll(child: ChildProcess, o: { depth: number; news: string; stopped: boolean }): Promise<void> {
  const group = child.pid ?? 0;
  // The first process of the namespace, which is gone only after all others in it.
  const first = Number(/"child-pid": ?(\d+)/.exec(o.news)?.[1]);
  const gone = (boundMs: number): Promise<boolean> =>
    Number.isInteger(first) ? untilEnded(first, boundMs) : waitUntilGone({ id: group }, boundMs);
  if (o.stopped) {
    await askInside(group, o.depth);
    if (!(await gone(TERM_GRACE_MS))) killGroup(group);
  }
  if (!(await gone(GONE_WITHIN_MS))) killGroup(group);
}

/** @returns whether the process ended in that time, be it collected by somebody or not. */
async function untilEnded(pid: number, boundMs: number): Promise<boolean> {
  const endMs = performance.now() + boundMs;
  while (await isAlive(pid)) {
    if (performance.now() >= endMs) return false;
    await delay(POLL_MS);
  }
  return true;
}
