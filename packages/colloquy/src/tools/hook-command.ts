import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { within } from '../helpers/within.ts';
import type { CommandRun, RunCommand } from '../hooks/command-hook.ts';
import { watchOver } from './orphan-watch.ts';
import { OutputWindow } from './output-window.ts';
import { endGroup, killEscaped, MARK_NAME, type ProcessGroup, waitUntilGone } from './process-group.ts';

/** The longest answer that a hook may give, and what else may be kept of what it writes. */
const MAX_OUTPUT_BYTES = 1_000_000;
const AFTER_EXIT_MS = 500;

/**
 * Runs the commands of hooks: in a shell, in the folder of the session, with the whole environment, because they are the program's
 * own. Each has its own process group; when `run` settles, nothing of it is left, nor when our own process is killed.
 */
export function createHookCommands(o: { cwd: string; env: Readonly<Record<string, string | undefined>> }): RunCommand {
  return async (run) => {
    run.signal.throwIfAborted();
    const mark = randomUUID();
    const watched = await watchOver(mark);
    try {
      const child = await startShell(run.command, o, mark);
      const group: ProcessGroup = { id: child.pid ?? 0, mark };
      watched.group(group.id);
      return await follow(child, group, run);
    } finally {
      await watched.done();
    }
  };
}

async function startShell(
  command: string,
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string | undefined>> },
  mark: string,
): Promise<ChildProcess> {
  const { spawn } = await import('node:child_process');
  // A command that begins like an option would be taken for one.
  const text = /^[-+]/.test(command) ? ` ${command}` : command;
  const child = spawn('sh', ['-c', text], {
    cwd,
    env: { ...env, CLAUDE_PROJECT_DIR: cwd, COLLOQUY_PROJECT_DIR: cwd, [MARK_NAME]: mark },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  return child;
}

async function follow(
  child: ChildProcess,
  group: ProcessGroup,
  { input, signal, onOutput }: CommandRun,
): ReturnType<RunCommand> {
  const [stdout, stderr] = [new OutputWindow(MAX_OUTPUT_BYTES), new OutputWindow(MAX_OUTPUT_BYTES)];
  const soFar = { stdout: () => stdout.text(), stderr: () => stderr.text() };
  for (const [stream, window] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream?.on('data', (chunk: Buffer) => {
      window.add(chunk);
      onOutput(soFar);
    });
  }
  // A command that does not read its input closes it while we write.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await endOf(child, signal);
  if (signal.aborted || !(await waitUntilGone(group, AFTER_EXIT_MS))) await endGroup(group);
  await killEscaped(group);
  await within(AFTER_EXIT_MS, closed);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  return { exitCode: child.exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** Settles when the shell has ended, or the signal aborts. */
function endOf(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    child.once('exit', settle);
    if (signal.aborted) settle();
    else signal.addEventListener('abort', settle, { once: true });
  });
}
