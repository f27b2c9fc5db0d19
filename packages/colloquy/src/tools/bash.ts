import { isRecord } from '../helpers/is-record.ts';
import { meaningOfExit } from './exit-codes.ts';
import { type FromSchema, inputParser } from './from-schema.ts';
import { afterCommand, checkedShellFolder, SHELL_FOLDER, ShellFolderGone } from './shell-folder.ts';
import { startCommandTask } from './tasks/command-task.ts';
import { type CommandRun, type MovedRun, runForeground } from './tasks/foreground-run.ts';
import type { KeptOutput } from './tasks/command-output.ts';
import type { BackgroundTask } from './tasks/background-tasks.ts';
import { plainText } from './text/plain-text.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 600_000;
/** Of each stream; the rest is left out from its middle. */
const MAX_OUTPUT_BYTES = 30_000;
/** Of a command that stands for its own description. */
const MAX_DESCRIPTION_CHARS = 200;

const SCHEMA = {
  type: 'object',
  properties: {
    command: { type: 'string', minLength: 1, description: 'The command, in the language of bash.' },
    timeout: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_TIMEOUT_MS,
      description: `Milliseconds after which the command goes on in the background. Default ${DEFAULT_TIMEOUT_MS}, at most ${MAX_TIMEOUT_MS}.`,
    },
    description: {
      type: 'string',
      description: 'What the command does, in a few words, for the person who may be asked.',
    },
    run_in_background: {
      type: 'boolean',
      description: 'True: go on with other work while the command runs. You are told when it ends.',
    },
    dangerouslyDisableSandbox: {
      type: 'boolean',
      description:
        'True: run the command outside of the sandbox, if there is one. Only for what the sandbox has refused.',
    },
  },
  required: ['command'],
  additionalProperties: false,
} as const;

export type BashInput = FromSchema<typeof SCHEMA>;
export type BashOutput = {
  stdout: string;
  stderr: string;
  interrupted: boolean;
  /** Always false: what commands print is text. */
  isImage: boolean;
  /** Nothing printed is no news. */
  noOutputExpected: boolean;
  /** Present when its time was over: it goes on in the background, or was ended. */
  timedOutAfterMs?: number | undefined;
  /** What an exit code other than 0 means where it is no error. */
  returnCodeInterpretation?: string | undefined;
  /** Present when the command goes on in the background. */
  backgroundTaskId?: string | undefined;
  /** Where the whole output is, when it was too long to be shown, and its bytes. */
  persistedOutputPath?: string | undefined;
  persistedOutputSize?: number | undefined;
};

/** Runs a shell command. The folder that it ends in is where the next one runs; nothing else of the shell is kept. */
export const bashTool: Tool<BashInput, BashOutput> = {
  name: 'Bash',
  aliases: ['bash'],
  description: [
    'Runs a shell command and gives back what it printed and its exit code.',
    'The shell begins in the working directory, or where the last command has left it (cd), as long as that is inside the working folders. Variables and functions are not kept. Input is empty, so nothing can be typed.',
    'With run_in_background the command goes on while you work; look at its output with TaskOutput or Read, and end it with TaskStop. What a command leaves behind with & is ended with it.',
    `Of each stream, at most ${MAX_OUTPUT_BYTES} bytes are shown; more is left out from the middle, and the whole output is kept in a file.`,
    'To look at or change files, the file tools are better: they need fewer questions.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ command, dangerouslyDisableSandbox }) => ({
    command,
    ...(dangerouslyDisableSandbox === true ? { withoutSandbox: true } : {}),
  }),
  run: (input, context) => runCommand(input, context, { endsInTime: false }),
  tell: (output) =>
    isRecord(output) && typeof output['stdout'] === 'string'
      ? toModelText(output['stdout'], typeof output['stderr'] === 'string' ? output['stderr'] : '', [])
      : undefined,
};

/** `endsInTime`: a command whose time is over is ended, and does not go on in the background. */
export async function runCommand(
  input: BashInput,
  context: ToolContext,
  o: { endsInTime: boolean },
): Promise<ToolOutcome<BashOutput>> {
  try {
    const cwd = await checkedShellFolder(context);
    if (input.run_in_background === true) return await runBeside(input, context, cwd);
    return await runHere(input, context, { cwd, ...o });
  } catch (error) {
    if (!(error instanceof ShellFolderGone)) throw error;
    return { content: error.message, isError: true, state: { [SHELL_FOLDER]: context.cwd } };
  }
}

async function runBeside(input: BashInput, context: ToolContext, cwd: string): Promise<ToolOutcome<BashOutput>> {
  const { command, description = command.slice(0, MAX_DESCRIPTION_CHARS) } = input;
  const task = await startCommandTask(context, { command, description, cwd });
  return { content: goesOn(task, 'The command runs in the background'), structured: inBackground(task) };
}

async function runHere(
  input: BashInput,
  context: ToolContext,
  { cwd, endsInTime }: { cwd: string; endsInTime: boolean },
): Promise<ToolOutcome<BashOutput>> {
  const { command, description = command.slice(0, MAX_DESCRIPTION_CHARS) } = input;
  const timeoutMs = input.timeout ?? DEFAULT_TIMEOUT_MS;
  const options = { command, description, cwd, timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, endsInTime };
  const run = await runForeground(context, options);
  if ('task' in run) return moved(run, timeoutMs);
  const { outcome, kept } = run;
  const { stdout, stderr, interrupted, timedOut, exitCode } = outcome;
  const change = await afterCommand(context, cwd, outcome.cwd);
  const meaning = timedOut || interrupted ? undefined : meaningOfExit(command, exitCode);
  const notes = [
    describeEnding(run, timeoutMs, meaning),
    ...(outcome.notes ?? []),
    keptNote(kept),
    run.problem,
    change.note,
  ];
  return {
    content: toModelText(stdout, stderr, notes),
    isError: exitCode !== 0 && meaning === undefined,
    structured: {
      stdout: withoutLastLineEnd(stdout),
      stderr: withoutLastLineEnd(stderr),
      interrupted,
      isImage: false,
      noOutputExpected: isSilent(command),
      ...(timedOut ? { timedOutAfterMs: timeoutMs } : {}),
      ...(meaning === undefined ? {} : { returnCodeInterpretation: meaning }),
      ...(kept === undefined ? {} : { persistedOutputPath: kept.path, persistedOutputSize: kept.size }),
    },
    ...(change.state === undefined ? {} : { state: change.state }),
  };
}

/** Moved because somebody wanted it, or because its time was over: then with what it had printed. */
function moved({ task, early }: MovedRun, timeoutMs: number): ToolOutcome<BashOutput> {
  if (early === undefined)
    return { content: goesOn(task, 'The command goes on in the background'), structured: inBackground(task) };
  const { stdout, stderr } = early;
  const note = goesOn(task, `The command takes longer than ${timeoutMs / 1000} s and goes on in the background`);
  return {
    content: toModelText(stdout, stderr, [note]),
    structured: {
      ...inBackground(task),
      stdout: withoutLastLineEnd(stdout),
      stderr: withoutLastLineEnd(stderr),
      timedOutAfterMs: timeoutMs,
    },
  };
}

function goesOn(task: BackgroundTask, what: string): string {
  return `${what} as task ${task.id}. Its output goes to ${task.outputFile}; TaskOutput and Read show it. You are told when it ends.`;
}

function inBackground(task: BackgroundTask): BashOutput {
  return {
    stdout: '',
    stderr: '',
    interrupted: false,
    isImage: false,
    noOutputExpected: false,
    backgroundTaskId: task.id,
  };
}

/** Commands that print nothing where all went well. */
const SILENT: ReadonlySet<string> = new Set([
  'cd',
  'chmod',
  'chown',
  'cp',
  'ln',
  'mkdir',
  'mv',
  'rm',
  'rmdir',
  'touch',
]);
const isSilent = (command: string): boolean => SILENT.has(/^\s*(\w+)(?=\s|$)/.exec(command)?.[1] ?? '');
const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

function toModelText(stdout: string, stderr: string, notes: readonly (string | undefined)[]): string {
  const printed = [stdout, stderr].map((text) => plainText(text).trimEnd()).filter((text) => text !== '');
  const said = notes.filter((note) => note !== undefined).map((note) => `[${note}]`);
  const all = [...printed, ...said];
  return all.length === 0 ? '[The command succeeded and printed nothing.]' : all.join('\n');
}

function keptNote(kept: KeptOutput | undefined): string | undefined {
  return kept && `The whole output, ${kept.size} bytes, is in ${kept.path}; look for what you need with Grep or Read.`;
}

/** How the command ended, unless it simply succeeded. */
function describeEnding(
  { outcome, tooMuch }: CommandRun,
  timeoutMs: number,
  meaning: string | undefined,
): string | undefined {
  const { exitCode, timedOut, interrupted } = outcome;
  if (tooMuch) return 'The command was ended because it printed more than is kept.';
  if (interrupted) return 'The command was interrupted and ended before it was done.';
  if (timedOut) return `The command was ended because it took longer than ${timeoutMs / 1000} s.`;
  if (exitCode === null) return 'The command was ended by a signal.';
  if (exitCode === 0) return undefined;
  return meaning === undefined ? `Exit code ${exitCode}` : `${meaning} (exit code ${exitCode})`;
}
