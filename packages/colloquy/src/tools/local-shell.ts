import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
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
const SHELLS = ['bash', 'sh'] as const;

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
    const child = await startShell(command, {
      cwd: o.cwd,
      env: { ...childEnvironment(env, o.cwd), [MARK_NAME]: mark },
    });
    const group: ProcessGroup = { id: child.pid ?? 0, mark };
    watched.group(group.id);
    return await followCommand(child, group, o);
  } finally {
    await watched.done();
  }
}

async function followCommand(child: ChildProcess, group: ProcessGroup, o: ShellOptions): Promise<ShellOutcome> {
  const maxBytes = o.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES;
  const stdout = new OutputWindow(maxBytes);
  const stderr = new OutputWindow(maxBytes);
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timedOut = new TimeoutError(`The command took longer than ${o.timeoutMs} ms`);
  const deadline = new Deadline(o.signal);
  deadline.start(o.timeoutMs, () => timedOut);
  await firstOf(exited, deadline.signal);
  const stopped = deadline.signal.aborted;
  deadline.close();
  if (stopped || !(await waitUntilGone(group, AFTER_EXIT_MS))) await endGroup(group);
  await killEscaped(group);
  // What still holds the pipes now cannot be ended by us; its output is not waited for.
  await within(AFTER_EXIT_MS, closed);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const reason: unknown = deadline.signal.reason;
  return {
    exitCode: stopped ? null : child.exitCode,
    stdout: stdout.text(),
    stderr: stderr.text(),
    droppedBytes: stdout.droppedBytes + stderr.droppedBytes,
    timedOut: stopped && reason === timedOut,
    interrupted: stopped && reason !== timedOut,
  };
}

/** Starts the first shell that there is. @throws Error that tells the model why nothing could be started. */
async function startShell(command: string, o: { cwd: string; env: Record<string, string> }): Promise<ChildProcess> {
  const { spawn } = await import('node:child_process');
  // A command that begins like an option would be taken for one.
  const text = /^[-+]/.test(command) ? ` ${command}` : command;
  for (const shell of SHELLS) {
    try {
      const child = spawn(shell, ['-c', text], { ...o, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      await once(child, 'spawn');
      return child;
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
  throw new Error(`There is no shell to run the command: neither ${SHELLS.join(' nor ')} was found on PATH.`);
}

/** Settles with the promise, or when the signal aborts. */
async function firstOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(promise, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
