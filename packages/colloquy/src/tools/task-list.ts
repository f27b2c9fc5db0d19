import type { Json } from '../log/entries.ts';
import { type FromSchema, inputParser } from './from-schema.ts';
import type { TaskOfHook, Tool, ToolContext, ToolOutcome } from './tool.ts';

/** A task of the session's list. Ids count up from 1 and are not used again. */
export type Task = {
  id: string;
  subject: string;
  description: string;
  activeForm?: string | undefined;
  status: 'pending' | 'in_progress' | 'completed';
  owner?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  /** Tasks that wait for this one, and tasks that this one waits for. */
  blocks: string[];
  blockedBy: string[];
};

type TaskList = { next: number; tasks: Task[] };

const KEY = 'tasks.list';
const MAX_TASKS = 500;

/** Kept by these tools alone, in this shape. */
const listOf = (context: ToolContext): TaskList => (context.state(KEY) ?? { next: 1, tasks: [] }) as TaskList;
const kept = (list: TaskList): Record<string, Json> => ({ [KEY]: list });

const METADATA = { type: 'object', description: 'Anything else to keep with it.', additionalProperties: true } as const;
const TASK_ID = { type: 'string', minLength: 1, description: "The task's number." } as const;
const SUBJECT = { type: 'string', minLength: 1, description: 'What is to be done, in a few words.' } as const;
const DESCRIPTION = { type: 'string', description: 'What is needed, and how to tell that it is done.' } as const;
const ACTIVE_FORM = { type: 'string', description: 'The subject, as said while it is being done.' } as const;

const CREATE = {
  type: 'object',
  properties: { subject: SUBJECT, description: DESCRIPTION, activeForm: ACTIVE_FORM, metadata: METADATA },
  required: ['subject', 'description'],
  additionalProperties: false,
} as const;

/** What the tools of the list have in common: they touch nothing but the session. */
const LIST_TOOL = { effect: 'write', harmless: true, target: () => ({}) } as const;

export const taskCreateTool: Tool<
  FromSchema<typeof CREATE>,
  { task: { id: string; subject: string; description: string } }
> = {
  ...LIST_TOOL,
  name: 'TaskCreate',
  description:
    'Puts a task on the list of this conversation, where the person can follow it. Use the list for work of three steps or more, one task a step.',
  inputSchema: CREATE,
  parse: inputParser(CREATE),
  run: async ({ subject, description, activeForm, metadata }, context) => {
    const { next, tasks } = listOf(context);
    if (tasks.length >= MAX_TASKS)
      throw new Error(`The list holds ${MAX_TASKS} tasks, the most it can. Delete those that are done.`);
    const task: Task = {
      id: String(next),
      subject,
      description,
      ...(activeForm === undefined ? {} : { activeForm }),
      ...(metadata === undefined ? {} : { metadata }),
      status: 'pending',
      blocks: [],
      blockedBy: [],
    };
    const refused = await context.taskHook('TaskCreated', hookTask(task));
    if (refused !== undefined) throw new Error(`The task was not created: ${refused}`);
    return {
      content: `Task ${task.id} is on the list: ${subject}`,
      structured: { task: { id: task.id, subject, description } },
      state: kept({ next: next + 1, tasks: [...tasks, task] }),
    };
  },
};

/** A task as hooks are told of it. */
function hookTask({ id, subject, description }: Task): TaskOfHook {
  return { task_id: id, task_subject: subject, ...(description === '' ? {} : { task_description: description }) };
}

const GET = {
  type: 'object',
  properties: { taskId: TASK_ID },
  required: ['taskId'],
  additionalProperties: false,
} as const;

export const taskGetTool: Tool<FromSchema<typeof GET>, { task: Task | null }> = {
  ...LIST_TOOL,
  name: 'TaskGet',
  description: 'Shows one task of the list with everything that is kept of it.',
  inputSchema: GET,
  parse: inputParser(GET),
  run: async ({ taskId }, context) => {
    const task = listOf(context).tasks.find(({ id }) => id === taskId) ?? null;
    if (task === null) return { content: noTask(context, taskId), structured: { task } };
    const { subject, description, status, owner, blocks, blockedBy } = task;
    const lines = [
      `Task ${taskId} (${status}): ${subject}`,
      description,
      ...(owner === undefined ? [] : [`Owner: ${owner}`]),
      ...(blockedBy.length === 0 ? [] : [`Waits for: ${blockedBy.join(', ')}`]),
      ...(blocks.length === 0 ? [] : [`Waited for by: ${blocks.join(', ')}`]),
    ];
    const { metadata } = task;
    const told = {
      id: taskId,
      subject,
      description,
      status,
      blocks,
      blockedBy,
      ...(metadata === undefined ? {} : { metadata }),
    };
    return { content: lines.filter((line) => line !== '').join('\n'), structured: { task: told } };
  },
};

const IDS = { type: 'array', items: TASK_ID } as const;
const UPDATE = {
  type: 'object',
  properties: {
    taskId: TASK_ID,
    status: {
      type: 'string',
      enum: ['pending', 'in_progress', 'completed', 'deleted'],
      description: 'How far it is; `deleted` takes it off the list.',
    },
    subject: SUBJECT,
    description: DESCRIPTION,
    activeForm: ACTIVE_FORM,
    owner: { type: 'string', description: 'Who does it.' },
    addBlocks: { ...IDS, description: 'Tasks that have to wait for this one.' },
    addBlockedBy: { ...IDS, description: 'Tasks that this one has to wait for.' },
    metadata: METADATA,
  },
  required: ['taskId'],
  additionalProperties: false,
} as const;

export type TaskUpdateInput = FromSchema<typeof UPDATE>;
export type TaskUpdateOutput = {
  success: boolean;
  taskId: string;
  updatedFields: string[];
  error?: string | undefined;
  statusChange?: { from: string; to: string } | undefined;
};

export const taskUpdateTool: Tool<TaskUpdateInput, TaskUpdateOutput> = {
  ...LIST_TOOL,
  name: 'TaskUpdate',
  description:
    'Changes a task of the list. Mark it as in_progress before you begin it, and as completed as soon as it is done and checked; `deleted` takes it off the list.',
  inputSchema: UPDATE,
  parse: inputParser(UPDATE),
  run: updateTask,
};

async function updateTask(input: TaskUpdateInput, context: ToolContext): Promise<ToolOutcome<TaskUpdateOutput>> {
  const { taskId } = input;
  const list = listOf(context);
  const before = list.tasks.find(({ id }) => id === taskId);
  const others = [...(input.addBlocks ?? []), ...(input.addBlockedBy ?? [])];
  const missing = [taskId, ...others].find((id) => !list.tasks.some((task) => task.id === id));
  if (before === undefined || missing !== undefined || others.includes(taskId)) {
    const error = missing === undefined ? 'A task cannot wait for itself.' : noTask(context, missing);
    return { content: error, structured: { success: false, taskId, updatedFields: [], error }, isError: true };
  }
  const { status, addBlocks = [], addBlockedBy = [] } = input;
  if (status === 'completed' && before.status !== 'completed') {
    const refused = await context.taskHook('TaskCompleted', hookTask(before));
    if (refused !== undefined) throw new Error(`Task ${taskId} is not completed: ${refused}`);
  }
  const tasks =
    status === 'deleted'
      ? list.tasks.filter(({ id }) => id !== taskId).map((task) => withoutLinks(task, taskId))
      : list.tasks
          .map((task) => linked(task, taskId, addBlocks, addBlockedBy))
          .map((task) => (task.id === taskId ? changed(task, input, status) : task));
  const updatedFields = fieldsOf(input);
  const statusChange =
    status === undefined || status === before.status ? undefined : { from: before.status, to: status };
  return {
    content: `Task ${taskId} ${status === 'deleted' ? 'is off the list' : 'is changed'}: ${before.subject}`,
    structured: { success: true, taskId, updatedFields, ...(statusChange === undefined ? {} : { statusChange }) },
    state: kept({ ...list, tasks }),
  };
}

/** What was changed, in the order of the list. */
function fieldsOf(input: TaskUpdateInput): string[] {
  if (input.status === 'deleted') return ['deleted'];
  const fields = ['subject', 'description', 'activeForm', 'owner', 'metadata', 'status', 'addBlocks', 'addBlockedBy'];
  const names: Readonly<Record<string, string>> = { addBlocks: 'blocks', addBlockedBy: 'blockedBy' };
  return fields.filter((field) => field in input).map((field) => names[field] ?? field);
}

function changed(task: Task, input: TaskUpdateInput, status: Task['status'] | undefined): Task {
  const { subject, description, activeForm = task.activeForm, owner = task.owner, metadata } = input;
  return {
    ...task,
    subject: subject ?? task.subject,
    description: description ?? task.description,
    status: status ?? task.status,
    ...(activeForm === undefined ? {} : { activeForm }),
    ...(owner === undefined ? {} : { owner }),
    ...(metadata === undefined ? {} : { metadata: { ...task.metadata, ...metadata } }),
  };
}

/** A link between two tasks is kept with both. */
function linked(task: Task, taskId: string, addBlocks: readonly string[], addBlockedBy: readonly string[]): Task {
  const own = task.id === taskId;
  const blocks = own ? addBlocks : addBlockedBy.includes(task.id) ? [taskId] : [];
  const blockedBy = own ? addBlockedBy : addBlocks.includes(task.id) ? [taskId] : [];
  if (blocks.length + blockedBy.length === 0) return task;
  return {
    ...task,
    blocks: [...new Set([...task.blocks, ...blocks])],
    blockedBy: [...new Set([...task.blockedBy, ...blockedBy])],
  };
}

function withoutLinks(task: Task, gone: string): Task {
  const rest = (ids: readonly string[]): string[] => ids.filter((id) => id !== gone);
  return { ...task, blocks: rest(task.blocks), blockedBy: rest(task.blockedBy) };
}

const LIST = { type: 'object', properties: {}, additionalProperties: false } as const;

export type TaskListOutput = { tasks: Pick<Task, 'id' | 'subject' | 'status' | 'owner' | 'blockedBy'>[] };

export const taskListTool: Tool<FromSchema<typeof LIST>, TaskListOutput> = {
  ...LIST_TOOL,
  name: 'TaskList',
  description: 'Shows the list of tasks: number, state, subject, and what each waits for.',
  inputSchema: LIST,
  parse: inputParser(LIST),
  run: async (_input, context) => {
    const { tasks } = listOf(context);
    const lines = tasks.map(({ id, status, subject, owner, blockedBy }) => {
      const open = blockedBy.filter((other) => tasks.some((task) => task.id === other && task.status !== 'completed'));
      const notes = [
        ...(owner === undefined ? [] : [owner]),
        ...(open.length === 0 ? [] : [`waits for ${open.join(', ')}`]),
      ];
      return `${id}. [${status}] ${subject}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
    });
    return {
      content: lines.length === 0 ? 'The list is empty.' : lines.join('\n'),
      structured: {
        tasks: tasks.map(({ id, subject, status, owner, blockedBy }) => ({
          id,
          subject,
          status,
          ...(owner === undefined ? {} : { owner }),
          blockedBy,
        })),
      },
    };
  },
};

function noTask(context: ToolContext, id: string): string {
  const ids = listOf(context).tasks.map((task) => task.id);
  return `There is no task ${id}. ${ids.length === 0 ? 'The list is empty.' : `The list has ${ids.join(', ')}.`}`;
}
