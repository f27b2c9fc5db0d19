import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import { within } from '../helpers/within.ts';
import { childEnvironment } from './child-environment.ts';
import { watchOver } from './orphan-watch.ts';
import { OutputWindow } from './output-window.ts';
import { endGroup, killEscaped, MARK_NAME, type ProcessGroup, waitUntilGone } from './process-group.ts';
import { unlessMissing } from './real-path.ts';
import type { Shell, ShellOptions, ShellOutcome } from './tool.ts';

const DEFAULT_OUTPUT_BYTES = 30_000;
/** How long processes may go on after the shell itself has ended, for instance to write the rest of their output. */
const AFTER_EXIT_MS = 500;
/** With the descriptor on which each tells where it stands at its end: one that commands hardly use. `sh` knows but one digit. */
export const SHELLS = [
  { file: 'bash', cwdFd: 42 },
  { file: 'sh', cwdFd: 7 },
] as const;
/**
 * Git takes a folder of plain files for a repository if they have the right names, with settings that run programs. Such files may be
 * written where `.git` may not.
 */
const NO_HIDDEN_REPOSITORY = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.bareRepository',
  GIT_CONFIG_VALUE_0: 'explicit',
};
/** A path is not longer. */
const MAX_CWD_BYTES = 16_384;

/**
 * Runs commands on this machine, without a sandbox. Each has its own process group, an environment without credentials and an
 * empty input. `run` settles when all processes of the command are gone, in the background or not; an interrupt or time-out
 * ends them, and is part of the outcome, not an error.
 */
export function createLocalShell(o: { env: Readonly<Record<string, string | undefined>> }): Shell {
  return { run: (command, options) => runCommand(o.env, command, options) };
}

async function runCommand(
  env: Readonly<Record<string, string | undefined>>,
  command: string,
  o: ShellOptions,
): Promise<ShellOutcome> {
  if (o.signal.aborted)
    return { exitCode: null, stdout: '', stderr: '', droppedBytes: 0, timedOut: false, interrupted: true };
  const mark = randomUUID();
  const watched = await watchOver(mark);
  try {
    const started = await startShell(command, {
      cwd: o.cwd,
      env: { ...childEnvironment(env, o.cwd), ...NO_HIDDEN_REPOSITORY, [MARK_NAME]: mark },
    });
    const group: ProcessGroup = { id: started.child.pid ?? 0, mark };
    watched.group(group.id);
    return await followCommand(started, o, (stopped) => endAll(group, stopped));
  } finally {
    await watched.done();
  }
}

async function endAll(group: ProcessGroup, stopped: boolean): Promise<void> {
  if (stopped || !(await waitUntilGone(group, AFTER_EXIT_MS))) await endGroup(group);
  await killEscaped(group);
}

/** A shell that runs, and where it tells at its end which folder it stands in. */
export type StartedShell = { child: ChildProcess; cwdFd: number };

/** Hears a command to its end, or stops it. `endRest` settles when nothing of it runs any longer. */
export async function followCommand(
  { child, cwdFd }: StartedShell,
  o: ShellOptions,
  endRest: (stopped: boolean) => Promise<void>,
): Promise<ShellOutcome> {
  const maxBytes = o.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES;
  const stdout = new OutputWindow(maxBytes);
  const stderr = new OutputWindow(maxBytes);
  listen(child.stdout, (piece) => (stdout.add(piece), o.onOutput?.(piece, 'stdout')));
  listen(child.stderr, (piece) => (stderr.add(piece), o.onOutput?.(piece, 'stderr')));
  const cwd = new OutputWindow(MAX_CWD_BYTES);
  const told = readableAt(child, cwdFd);
  listen(told, (piece) => {
    cwd.add(piece);
    return undefined;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timedOut = new TimeoutError(`The command took longer than ${o.timeoutMs} ms`);
  const deadline = new Deadline(o.signal);
  if (o.timeoutMs !== undefined) deadline.start(o.timeoutMs, () => timedOut);
  await firstOf(exited, deadline.signal);
  const stopped = deadline.signal.aborted;
  deadline.close();
  await endRest(stopped);
  // What still holds the pipes now cannot be ended by us; its output is not waited for.
  await within(AFTER_EXIT_MS, closed);
  for (const stream of [child.stdout, child.stderr, told]) stream?.destroy();
  const reason: unknown = deadline.signal.reason;
  return {
    exitCode: stopped ? null : child.exitCode,
    stdout: stdout.text(),
    stderr: stderr.text(),
    droppedBytes: stdout.droppedBytes + stderr.droppedBytes,
    timedOut: stopped && reason === timedOut,
    interrupted: stopped && reason !== timedOut,
    ...(stopped ? {} : toCwd(cwd)),
  };
}

/** Hears a stream piece by piece; while a promise that it was answered with is open, nothing more is read. */
function listen(stream: Readable | undefined | null, hear: (piece: Buffer) => Promise<void> | undefined): void {
  stream?.on('data', (piece: Buffer) => {
    const busy = hear(piece);
    if (busy === undefined) return;
    stream.pause();
    void busy.finally(() => stream.resume());
  });
  stream?.on('error', () => {});
}

function readableAt(child: ChildProcess, fd: number): Readable | undefined {
  const stream = child.stdio[fd];
  return stream !== null && stream !== undefined && 'read' in stream ? stream : undefined;
}

/** The shell has told a path and a line end. Anything else was written by somebody else. */
function toCwd(told: OutputWindow): { cwd?: string } {
  const text = told.droppedBytes > 0 ? '' : told.text();
  return text.startsWith('/') && text.endsWith('\n') && !text.includes('\uFFFD') ? { cwd: text.slice(0, -1) } : {};
}

/**
 * The command, and at its end, however it comes, the folder it stands in. A command that sets its own trap for that moment tells
 * none. Exit code and parameters are as without.
 */
export function tellingCwd(command: string, fd: number): string {
  // What begins like an option would be taken for one.
  const quoted = (command.startsWith('-') ? ` ${command}` : command).replaceAll("'", String.raw`'\''`);
  return `trap '{ pwd -P >&${fd}; } 2>/dev/null || :' EXIT; eval '${quoted}'`;
}

/** Starts the first shell that there is. @throws Error that tells the model why nothing could be started. */
async function startShell(command: string, o: { cwd: string; env: Record<string, string> }): Promise<StartedShell> {
  const { spawn } = await import('node:child_process');
  for (const { file, cwdFd } of SHELLS) {
    try {
      const unused = Array.from({ length: cwdFd - 3 }, () => 'ignore' as const);
      const child = spawn(file, ['-c', tellingCwd(command, cwdFd)], {
        ...o,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', ...unused, 'pipe'],
      });
      await once(child, 'spawn');
      return { child, cwdFd };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'E2BIG')
        throw new Error('The command is longer than the system takes. Write it to a file, and run the file.', {
          cause: error,
        });
      if (code !== 'ENOENT') throw error;
      // The same code stands for a missing working directory.
      if ((await unlessMissing(stat(o.cwd)))?.isDirectory() !== true) {
        throw new Error(`The working directory ${o.cwd} does not exist any longer, so that no command can run.`, {
          cause: error,
        });
      }
    }
  }
  const names = SHELLS.map(({ file }) => file);
  throw new Error(`There is no shell to run the command: neither ${names.join(' nor ')} was found on PATH.`);
}

/** Settles with the promise, or when the signal aborts. */
async function firstOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(promise, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
