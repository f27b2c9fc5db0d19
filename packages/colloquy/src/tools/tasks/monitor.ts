import { inputParser, type FromSchema } from '../from-schema.ts';
import { checkedShellFolder } from '../shell-folder.ts';
import type { Tool, ToolContext, ToolOutcome } from '../tool.ts';
import type { RunningTask, TaskEnd } from './background-tasks.ts';
import { commandEnd } from './command-task.ts';
import { EventLines } from './event-lines.ts';

const DEFAULT_TIMEOUT_MS = 300_000;
const MAX_TIMEOUT_MS = 3_600_000;

const SCHEMA = {
  type: 'object',
  properties: {
    description: {
      type: 'string',
      minLength: 1,
      description: 'What is watched, in a few words; it stands with every line that you are told.',
    },
    timeout_ms: {
      type: 'integer',
      minimum: 1000,
      maximum: MAX_TIMEOUT_MS,
      description: `Milliseconds after which watching ends. Default ${DEFAULT_TIMEOUT_MS}, at most ${MAX_TIMEOUT_MS}.`,
    },
    persistent: { type: 'boolean', description: 'True: watch until the session ends, whatever timeout_ms says.' },
    command: {
      type: 'string',
      minLength: 1,
      description:
        'The command, in the language of bash. Every line that it prints to its standard output is an event.',
    },
  },
  required: ['description', 'command'],
  additionalProperties: false,
} as const;

export type MonitorInput = FromSchema<typeof SCHEMA>;
export type MonitorOutput = { taskId: string; timeoutMs: number; persistent?: boolean };

/** Watches something in the background: what its command prints is told to the model, line by line, as it comes. */
export const monitorTool: Tool<MonitorInput, MonitorOutput> = {
  name: 'Monitor',
  description: [
    'Starts a command in the background that watches something, and tells you each line it prints to its standard output, when it comes, without your asking.',
    'Let it print only what you want to react to: a line may wake you up. For one thing to wait for, a command in the background that ends when it has come is enough.',
    'Lines that come together are told together. A command that floods you with lines is ended. Standard error is only kept in the output file.',
    'It ends with its command, at its time-out, with TaskStop, and with the session.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ command }) => ({ command }),
  run: startMonitor,
};

async function startMonitor(input: MonitorInput, context: ToolContext): Promise<ToolOutcome<MonitorOutput>> {
  const { description, command } = input;
  const persistent = input.persistent === true;
  const timeoutMs = input.timeout_ms ?? DEFAULT_TIMEOUT_MS;
  const cwd = await checkedShellFolder(context);
  const bound = persistent ? undefined : timeoutMs;
  const task = await context.background.start({
    type: 'monitor',
    toolUseId: context.toolUseId,
    description,
    command,
    run: (running) => watch(running, context, { command, cwd, timeoutMs: bound }),
  });
  const until = persistent ? 'the session ends' : `${timeoutMs / 1000} s are over`;
  return {
    content: `Watching as task ${task.id}, until ${until}. You are told what it prints; all of it is kept in ${task.outputFile}.`,
    structured: { taskId: task.id, timeoutMs, persistent },
  };
}

async function watch(
  task: RunningTask,
  { shell }: ToolContext,
  o: { command: string; cwd: string; timeoutMs: number | undefined },
): Promise<TaskEnd> {
  const flood = new AbortController();
  const over = new AbortController();
  const lines = new EventLines(() => flood.abort());
  void lines.tellTo((text) => task.tell(text), AbortSignal.any([task.signal, over.signal]));
  try {
    const outcome = await shell.run(o.command, {
      cwd: o.cwd,
      timeoutMs: o.timeoutMs,
      signal: AbortSignal.any([task.signal, flood.signal]),
      onOutput(piece, stream) {
        if (stream === 'stdout') lines.add(piece);
        return task.write(piece);
      },
    });
    over.abort();
    if (flood.signal.aborted) return FLOODED;
    const lastNews = lines.takeAll();
    if (!outcome.timedOut || o.timeoutMs === undefined) return { ...commandEnd(outcome), lastNews };
    return { status: 'completed', summary: `Its time of ${o.timeoutMs / 1000} s is over.`, lastNews };
  } finally {
    over.abort();
  }
}

const FLOODED: TaskEnd = {
  status: 'failed',
  summary: 'It was ended because it printed far more lines than can be told; let it print less.',
};
