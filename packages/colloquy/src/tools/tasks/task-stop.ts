import { type FromSchema, inputParser } from '../from-schema.ts';
import type { Tool, ToolContext, ToolOutcome } from '../tool.ts';
import type { BackgroundTasks } from './background-tasks.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    task_id: { type: 'string', minLength: 1, description: 'The id that the task was started with.' },
    shell_id: { type: 'string', minLength: 1, description: 'The older name of task_id.' },
  },
  additionalProperties: false,
} as const;

export type TaskStopInput = FromSchema<typeof SCHEMA>;
export type TaskStopOutput = { message: string; task_id: string; task_type: string; command?: string };

const parse = inputParser(SCHEMA);

/** Ends a task in the background. */
export const taskStopTool: Tool<TaskStopInput, TaskStopOutput> = {
  name: 'TaskStop',
  aliases: ['KillShell', 'KillBash'],
  description:
    'Ends a task that runs in the background, with everything it has started. What it has printed can still be read.',
  inputSchema: SCHEMA,
  effect: 'read',
  harmless: true,
  async parse(input) {
    const parsed = await parse(input);
    if (idOf(parsed) === undefined) throw new Error('"task_id" is missing');
    return parsed;
  },
  target: () => ({}),
  run: stopTask,
};

const idOf = ({ task_id, shell_id }: TaskStopInput): string | undefined => task_id ?? shell_id;

async function stopTask(input: TaskStopInput, { background }: ToolContext): Promise<ToolOutcome<TaskStopOutput>> {
  const id = idOf(input) ?? '';
  const task = background.get(id);
  if (task === undefined) throw unknownTask(background, id);
  if (!(await background.stop(id, 'model')))
    throw new Error(`Task ${id} does not run any longer: ${task.status}. ${task.summary ?? ''}`);
  const message = `Task ${id} (${task.description}) has been stopped.`;
  return {
    content: `${message} Its output is in ${task.outputFile}.`,
    structured: {
      message,
      task_id: id,
      task_type: task.type,
      ...(task.command === undefined ? {} : { command: task.command }),
    },
  };
}

/** What the model is told when there is no such task. */
export function unknownTask(background: BackgroundTasks, id: string): Error {
  const known = background.list().map((task) => task.id);
  return new Error(
    `There is no task ${id} in this session. ${known.length === 0 ? 'No task has been started.' : `The tasks are: ${known.join(', ')}.`}`,
  );
}
