import { type FromSchema, inputParser } from './from-schema.ts';
import type { Tool } from './tool.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    todos: {
      type: 'array',
      maxItems: 200,
      description: 'The whole list, in order: it replaces the one before.',
      items: {
        type: 'object',
        properties: {
          content: { type: 'string', minLength: 1, description: 'What is to be done.' },
          status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
          activeForm: { type: 'string', minLength: 1, description: 'The same, as said while it is being done.' },
        },
        required: ['content', 'status', 'activeForm'],
        additionalProperties: false,
      },
    },
  },
  required: ['todos'],
  additionalProperties: false,
} as const;

export type TodoWriteInput = FromSchema<typeof SCHEMA>;
type Todos = TodoWriteInput['todos'];
export type TodoWriteOutput = { oldTodos: Todos; newTodos: Todos };

const KEY = 'todos.list';

/** Keeps a list of what is to be done, for the person to follow. */
export const todoWriteTool: Tool<TodoWriteInput, TodoWriteOutput> = {
  name: 'TodoWrite',
  description: [
    'Keeps the list of what is to be done in this conversation, where the person can follow it.',
    'Use it for work of three steps or more. Write the whole list each time: mark one item as in_progress before you begin it, and as completed as soon as it is done.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  harmless: true,
  onRequest: true,
  parse: inputParser(SCHEMA),
  target: () => ({}),
  run: async ({ todos }, context) => {
    // Kept by this tool alone, in this shape.
    const oldTodos = (context.state(KEY) ?? []) as Todos;
    return {
      content: `The list is kept: ${describe(todos)}.`,
      structured: { oldTodos, newTodos: todos },
      state: { [KEY]: todos },
    };
  },
};

function describe(todos: Todos): string {
  const count = (status: Todos[number]['status']): number => todos.filter((todo) => todo.status === status).length;
  return `${count('completed')} completed, ${count('in_progress')} in progress, ${count('pending')} pending`;
}
