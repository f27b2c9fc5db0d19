import { TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { HookEvent } from '../options/hook-inputs.ts';
import type { HookCommand } from '../options/hooks.ts';
import type { HookProgress } from './hook-progress.ts';

/** What a command has written so far, its middle left out if there is much. */
export type OutputSoFar = { stdout(): string; stderr(): string };

export type CommandRun = {
  command: string;
  /** Written to its input, which is closed then. */
  input: string;
  /** Ends the command with all that it has started. */
  signal: AbortSignal;
  onOutput: (soFar: OutputSoFar) => void;
};

/** Settles when the command is gone with all that it has started. `exitCode` is null if a signal ended it. */
export type RunCommand = (o: CommandRun) => Promise<{ exitCode: number | null; stdout: string; stderr: string }>;

export type CommandSurroundings = {
  run: RunCommand;
  event: HookEvent;
  progress: HookProgress;
  /** Aborted when the session is over. */
  closed: AbortSignal;
  /** How long a command that nobody waits for may take, unless it says so itself. */
  timeoutMs: number;
  /** Its answer, or why it has none, when nobody waits for it any longer. */
  late: (answer: Promise<unknown>) => void;
};

const NO_OUTPUT = 'It gave no reason.';
const MAX_FIRST_LINE_CHARS = 10_000;

/**
 * Runs a command as a hook: what it answers is what a callback would have answered. The promise rejects when it ends with an error
 * that is no block, and when the signal aborts. It settles early if the command says that it goes on by itself.
 */
export async function runCommandHook(
  { command, async: isAsync }: HookCommand,
  input: unknown,
  signal: AbortSignal,
  o: CommandSurroundings,
): Promise<unknown> {
  const life = new Deadline(o.closed);
  const letGo = Promise.withResolvers<AsyncAnswer>();
  const onAbort = (): void => life.start(0, () => abortError(signal.reason));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  let isLate = false;
  const goOn = (answer: AsyncAnswer): void => {
    if (isLate) return;
    isLate = true;
    signal.removeEventListener('abort', onAbort);
    const timeoutMs = answer.asyncTimeout ?? o.timeoutMs;
    life.start(timeoutMs, () => new TimeoutError(`It did not end within ${timeoutMs} ms`));
    letGo.resolve(answer);
  };
  if (isAsync === true) goOn({ async: true });
  const ended = followCommand(command, input, life.signal, {
    ...o,
    onOutput(soFar) {
      o.progress.output(soFar);
      const first = isLate ? undefined : asyncAnswer(soFar.stdout());
      if (first !== undefined) goOn(first);
    },
  }).finally(() => {
    life.close();
    signal.removeEventListener('abort', onAbort);
  });
  if (isLate) o.late(ended);
  const answer = await Promise.race([letGo.promise, ended]);
  if (isLate && isAsync !== true) o.late(ended);
  return answer;
}

function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('stopped', { cause: reason });
}

async function followCommand(
  command: string,
  input: unknown,
  signal: AbortSignal,
  o: CommandSurroundings & { onOutput: (soFar: OutputSoFar) => void },
): Promise<unknown> {
  o.progress.started();
  try {
    const outcome = await o.run({ command, input: JSON.stringify(input), signal, onOutput: o.onOutput });
    if (signal.aborted) {
      o.progress.ended(outcome, 'cancelled');
      throw abortError(signal.reason);
    }
    if (outcome.exitCode !== 0) o.progress.ended(outcome, 'error');
    const answer = answerOf(o.event, outcome);
    o.progress.ended(outcome, 'success', isRecord(answer) && answer['suppressOutput'] === true);
    return answer;
  } catch (error) {
    o.progress.ended(undefined, signal.aborted ? 'cancelled' : 'error');
    throw error;
  }
}

type AsyncAnswer = { async: true; asyncTimeout?: number };

/** Whether the first line of the output says that the command goes on by itself. */
function asyncAnswer(stdout: string): AsyncAnswer | undefined {
  const start = stdout.trimStart().slice(0, MAX_FIRST_LINE_CHARS);
  if (!start.startsWith('{') || !start.includes('\n')) return undefined;
  return toAsync(parseJson(start.slice(0, start.indexOf('\n'))));
}

function toAsync(value: unknown): AsyncAnswer | undefined {
  if (!isRecord(value) || value['async'] !== true) return undefined;
  const asyncTimeout = value['asyncTimeout'];
  const isTime = typeof asyncTimeout === 'number' && Number.isFinite(asyncTimeout) && asyncTimeout > 0;
  return isTime ? { async: true, asyncTimeout } : { async: true };
}

/** Events whose plain output is told to the model. */
const TELLS_OUTPUT: ReadonlySet<HookEvent> = new Set(['UserPromptSubmit', 'SessionStart']);

/** What a command has answered: 0 with JSON or text, 2 as a block with its reason; anything else is an error. */
function answerOf(event: HookEvent, { exitCode, stdout, stderr }: Awaited<ReturnType<RunCommand>>): unknown {
  const said = stderr.trim();
  if (exitCode === 2) return { decision: 'block', reason: said === '' ? NO_OUTPUT : said };
  if (exitCode !== 0) {
    const how = exitCode === null ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
    throw new Error(`its command ${how}${said === '' ? '' : `: ${firstLine(said)}`}`);
  }
  const text = withoutAsyncLine(stdout);
  if (!text.startsWith('{')) {
    if (text === '' || !TELLS_OUTPUT.has(event)) return {};
    return { hookSpecificOutput: { hookEventName: event, additionalContext: text } };
  }
  const answer = parseJson(text);
  if (answer === undefined) throw new Error('the output of its command begins like JSON and cannot be read as such');
  return answer;
}

function withoutAsyncLine(stdout: string): string {
  const text = stdout.trim();
  const [line = '', ...rest] = text.split('\n');
  return line.startsWith('{') && toAsync(parseJson(line)) !== undefined ? rest.join('\n').trim() : text;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 500) ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
