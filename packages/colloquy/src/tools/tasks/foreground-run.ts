import { delay } from '../../helpers/delay.ts';
import { OutputWindow } from '../output-window.ts';
import type { ShellOutcome, ToolContext } from '../tool.ts';
import type { BackgroundTask } from './background-tasks.ts';
import { CommandOutput, type KeptOutput } from './command-output.ts';
import { commandEnd, type CommandSpec } from './command-task.ts';

/** A command that has ended. */
export type CommandRun = {
  outcome: ShellOutcome;
  /** Where its whole output is, if it is longer than what the outcome holds. */
  kept: KeptOutput | undefined;
  /** It was ended because it printed without end. */
  tooMuch: boolean;
  /** What could not be done, in a sentence. */
  problem: string | undefined;
};

const NEVER = new Promise<never>(() => {});

/** A command that goes on as a task, and what it had printed by then, if it is because its time was over. */
export type MovedRun = { task: BackgroundTask; early: { stdout: string; stderr: string } | undefined };

/**
 * Runs a command and waits for its end, or until its time is over or somebody wants it to go on in the background: then it is a task,
 * with all it has printed so far. An interrupt ends it unless it is one by then; `endsInTime`: so does the end of its time.
 */
export async function runForeground(
  context: ToolContext,
  spec: CommandSpec & { timeoutMs: number; maxOutputBytes: number; endsInTime: boolean },
): Promise<CommandRun | MovedRun> {
  const { background, signal, toolUseId, shell } = context;
  const stop = new AbortController();
  const output = new CommandOutput(background.folder, { onFull: () => stop.abort() });
  const onAbort = (): void => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const foreground = background.foreground(toolUseId);
  const { cwd, timeoutMs, maxOutputBytes, endsInTime } = spec;
  const early = { stdout: new OutputWindow(maxOutputBytes), stderr: new OutputWindow(maxOutputBytes) };
  const onOutput = (piece: Uint8Array, stream: 'stdout' | 'stderr'): Promise<void> | undefined => {
    if (!endsInTime) early[stream].add(Buffer.from(piece));
    return output.add(piece);
  };
  const ended = new AbortController();
  const late = endsInTime ? NEVER : delay(timeoutMs, { signal: ended.signal }).then(() => 'late' as const);
  late.catch(() => {});
  const running = shell.run(spec.command, {
    cwd,
    timeoutMs: endsInTime ? timeoutMs : undefined,
    signal: stop.signal,
    maxOutputBytes,
    onOutput,
  });
  try {
    const why = await Promise.race([foreground.moved.then(() => 'asked' as const), running.then(() => 'ended'), late]);
    if (why !== 'ended') {
      const soFar = why === 'late' ? { stdout: early.stdout.text(), stderr: early.stderr.text() } : undefined;
      return { task: await goOn(context, { spec, output, running, stop }), early: soFar };
    }
    const outcome = await running;
    const { kept, problem } = await keep(output, outcome);
    return { outcome, kept, problem, tooMuch: output.isFull };
  } catch (error) {
    await output.end();
    throw error;
  } finally {
    ended.abort();
    foreground.done();
    signal.removeEventListener('abort', onAbort);
  }
}

type Going = { spec: CommandSpec; output: CommandOutput; running: Promise<ShellOutcome>; stop: AbortController };

async function goOn(
  { background, toolUseId }: ToolContext,
  { spec, output, running, stop }: Going,
): Promise<BackgroundTask> {
  const { command, description } = spec;
  try {
    return await background.start({
      type: 'local_bash',
      toolUseId,
      description,
      command,
      output,
      async run(task) {
        const onAbort = (): void => stop.abort(task.signal.reason);
        if (task.signal.aborted) onAbort();
        else task.signal.addEventListener('abort', onAbort, { once: true });
        return commandEnd(await running);
      },
    });
  } catch (error) {
    // It cannot be a task, and nobody waits for it any longer.
    stop.abort(error);
    await running.catch(() => undefined);
    throw error;
  }
}

/** A short output is in the outcome, whole; of a longer one the file stays. */
async function keep(output: CommandOutput, outcome: ShellOutcome): Promise<Pick<CommandRun, 'kept' | 'problem'>> {
  if (outcome.droppedBytes > 0) await output.toFile().catch(() => undefined);
  const kept = await output.end();
  const problem = output.problem === undefined ? undefined : `The whole output could not be kept: ${output.problem}`;
  return { kept: outcome.droppedBytes > 0 ? kept : undefined, problem };
}
