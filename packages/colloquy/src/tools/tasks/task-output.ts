import { runInNewContext } from 'node:vm';
import { isRecord } from '../../helpers/is-record.ts';
import type { Json } from '../../log/entries.ts';
import { type FromSchema, inputParser } from '../from-schema.ts';
import { plainText } from '../text/plain-text.ts';
import type { Tool, ToolContext, ToolOutcome } from '../tool.ts';
import type { BackgroundTask } from './background-tasks.ts';
import { readOutputEnd } from './read-output.ts';
import { unknownTask } from './task-stop.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 600_000;
const MAX_SHOWN_BYTES = 30_000;
/** A filter that takes longer than this is one that never ends. */
const FILTER_WITHIN_MS = 200;

const SCHEMA = {
  type: 'object',
  properties: {
    task_id: { type: 'string', minLength: 1, description: 'The id that the task was started with.' },
    block: { type: 'boolean', description: 'Wait for the end of the task. Default true.' },
    timeout: {
      type: 'integer',
      minimum: 0,
      maximum: MAX_TIMEOUT_MS,
      description: `The most milliseconds to wait. Default ${DEFAULT_TIMEOUT_MS}, at most ${MAX_TIMEOUT_MS}.`,
    },
  },
  required: ['task_id'],
  additionalProperties: false,
} as const;

/** With what only calls under the old name, `BashOutput`, have. */
const ACCEPTED = {
  ...SCHEMA,
  properties: { ...SCHEMA.properties, filter: { type: 'string', description: 'Shows only lines that it matches.' } },
} as const;

export type TaskOutputInput = FromSchema<typeof ACCEPTED>;
export type TaskOutputOutput = {
  /** `timeout`: it was waited for in vain; `not_ready`: it was not waited for, and still runs. */
  retrieval_status: 'success' | 'timeout' | 'not_ready';
  task: {
    task_id: string;
    task_type: string;
    status: BackgroundTask['status'];
    description: string;
    output: string;
    exitCode?: number | null;
  };
};

const parse = inputParser(ACCEPTED);

/** Shows what a task in the background has printed, and waits for its end if asked to. */
export const taskOutputTool: Tool<TaskOutputInput, TaskOutputOutput> = {
  name: 'TaskOutput',
  aliases: ['BashOutput'],
  description: [
    'Shows how a task in the background stands, and the end of what it has printed. With block, which is the default, it waits for the end of the task first.',
    'There is no need to wait for a task: you are told when it ends.',
    `At most ${MAX_SHOWN_BYTES} bytes are shown; the whole output is in the file that was named when the task was started.`,
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  harmless: true,
  parse: (input) => parse(fromOldNames(input)),
  target: () => ({}),
  run: showTask,
};

/** `BashOutput` did not wait. */
function fromOldNames(input: Json): Json {
  if (!isRecord(input) || !('bash_id' in input)) return input;
  const { bash_id, ...others } = input;
  return { task_id: bash_id, block: false, ...others };
}

async function showTask(input: TaskOutputInput, context: ToolContext): Promise<ToolOutcome<TaskOutputOutput>> {
  const { background, signal } = context;
  const task = background.get(input.task_id);
  if (task === undefined) throw unknownTask(background, input.task_id);
  const blocks = input.block ?? true;
  if (blocks) await background.wait(task.id, { timeoutMs: input.timeout ?? DEFAULT_TIMEOUT_MS, signal });
  const { text, leftOutBytes } = await readOutputEnd(task.outputFile, MAX_SHOWN_BYTES).catch(() => GONE);
  const output = input.filter === undefined ? text : matchingLines(text, input.filter);
  const runs = task.status === 'running';
  return {
    content: [
      `Task ${task.id} (${task.description}): ${runs ? 'running' : `${task.status}. ${task.summary ?? ''}`}`.trimEnd(),
      ...(runs && blocks ? ['[It had not ended when the time to wait was over.]'] : []),
      ...(leftOutBytes > 0 ? [`[… ${leftOutBytes} bytes left out; the whole output is in ${task.outputFile}]`] : []),
      output === '' ? '[It has printed nothing.]' : plainText(output).trimEnd(),
    ].join('\n'),
    structured: {
      retrieval_status: runs ? (blocks ? 'timeout' : 'not_ready') : 'success',
      task: {
        task_id: task.id,
        task_type: task.type,
        status: task.status,
        description: task.description,
        output,
        ...(task.exitCode === undefined ? {} : { exitCode: task.exitCode }),
      },
    },
  };
}

/** Output of tasks that ended long ago makes room for newer one, and a command may remove its own. */
const GONE = { text: '[The output is gone.]', leftOutBytes: 0 };

/** @throws Error for what is no regular expression, or takes too long */
function matchingLines(text: string, filter: string): string {
  try {
    const script = "text.split('\\n').filter((line) => new RegExp(filter).test(line)).join('\\n')";
    return String(runInNewContext(script, { text, filter }, { timeout: FILTER_WITHIN_MS }));
  } catch (cause) {
    throw new Error(`The filter ${JSON.stringify(filter)} cannot be used: ${String(cause)}`, { cause });
  }
}
