import { type FromSchema, inputParser } from './from-schema.ts';
import type { ShellOutcome, Tool, ToolContext, ToolOutcome } from './tool.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 600_000;
/** Of each stream; the rest is left out from its middle. */
const MAX_OUTPUT_BYTES = 30_000;

const SCHEMA = {
  type: 'object',
  properties: {
    command: { type: 'string', minLength: 1, description: 'The command, in the language of bash.' },
    timeout: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_TIMEOUT_MS,
      description: `Milliseconds after which the command is ended. Default ${DEFAULT_TIMEOUT_MS}, at most ${MAX_TIMEOUT_MS}.`,
    },
    description: {
      type: 'string',
      description: 'What the command does, in a few words, for the person who may be asked.',
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
  /** Present when the time-out ended the command. */
  timedOutAfterMs?: number | undefined;
};

/** Runs a shell command in the working directory. Nothing that it starts outlives it. */
export const bashTool: Tool<BashInput, BashOutput> = {
  name: 'Bash',
  aliases: ['bash'],
  description: [
    'Runs a shell command and gives back what it printed and its exit code.',
    'Every call begins in the working directory with a fresh shell: changed folders, variables and functions are not kept. Input is empty, so nothing can be typed.',
    'Processes left in the background are ended with the command.',
    `Of each stream, at most ${MAX_OUTPUT_BYTES} bytes are shown; more is left out from the middle.`,
    'To look at or change files, the file tools are better: they need fewer questions.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ command }) => ({ command }),
  run: runCommand,
};

async function runCommand(input: BashInput, context: ToolContext): Promise<ToolOutcome<BashOutput>> {
  const timeoutMs = input.timeout ?? DEFAULT_TIMEOUT_MS;
  const outcome = await context.shell.run(input.command, {
    cwd: context.cwd,
    timeoutMs,
    signal: context.signal,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  });
  const { stdout, stderr, interrupted, timedOut, exitCode } = outcome;
  return {
    content: toModelText(outcome, timeoutMs),
    isError: exitCode !== 0,
    structured: { stdout, stderr, interrupted, ...(timedOut ? { timedOutAfterMs: timeoutMs } : {}) },
  };
}

function toModelText(outcome: ShellOutcome, timeoutMs: number): string {
  const printed = [outcome.stdout, outcome.stderr].map((text) => text.trimEnd()).filter((text) => text !== '');
  const ending = describeEnding(outcome, timeoutMs);
  if (ending !== undefined) return [...printed, `[${ending}]`].join('\n');
  return printed.length === 0 ? '[The command succeeded and printed nothing.]' : printed.join('\n');
}

/** How the command ended, unless it simply succeeded. */
function describeEnding({ exitCode, timedOut, interrupted }: ShellOutcome, timeoutMs: number): string | undefined {
  if (interrupted) return 'The command was interrupted and ended before it was done.';
  if (timedOut) return `The command was ended because it took longer than ${timeoutMs / 1000} s.`;
  if (exitCode === null) return 'The command was ended by a signal.';
  return exitCode === 0 ? undefined : `Exit code ${exitCode}`;
}
