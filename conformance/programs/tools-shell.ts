import { type Call, callTools, seen } from '../harness/calls.ts';
import { find, pick } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';

const bash = (command: string, more: object = {}): Call => ['Bash', { command, description: 'Do it', ...more }];

/** Commands. */
export const toolsShell: Program = {
  name: 'tools-shell',
  ids: ['g.Bash', 'g.Bash.fails', 'g.Bash.no-output', 'g.Bash.timeout', 'g.Bash.cwd', 'g.Bash.long-output'],
  async run({ sdk, scene }) {
    const at = await scene([], { files: { 'sub/file.txt': 'x' } });
    const calls: Record<string, Call> = {
      plain: bash('echo out'),
      both: bash('echo out; echo err >&2'),
      fails: bash('echo out; echo err >&2; exit 3'),
      none: bash('true'),
      find: bash('grep zebra sub/file.txt'),
      timeout: bash('echo early; sleep 20', { timeout: 1000 }),
      enter: bash('cd sub'),
      where: bash('pwd'),
      long: bash('seq 1 20000'),
    };
    const { called } = await callTools(sdk, at, Object.values(calls), { tools: ['Bash'] });
    const of = Object.fromEntries(Object.keys(calls).map((name, index) => [name, called[index]]));
    const told = (name: string, ...mentions: string[]): unknown => at.normal(seen(of[name], mentions));
    const long = { ...(of['long']?.output as object | undefined) };
    return {
      'g.Bash': [told('plain'), { both: /out[^]*err/.test(JSON.stringify(of['both']?.output)) }],
      'g.Bash.fails': [told('fails', 'out', 'err', '3'), told('find')],
      'g.Bash.no-output': { ...(told('none') as object), hasPlaceholder: String(of['none']?.told).length > 0 },
      'g.Bash.timeout': told('timeout', 'early'),
      'g.Bash.cwd': [told('enter'), told('where')],
      'g.Bash.long-output': {
        fields: Object.keys(long).toSorted(),
        isCut: JSON.stringify(of['long']?.told).length < 60_000,
        begins: String(pick(long, ['stdout'])['stdout']).slice(0, 8),
      },
    };
  },
};

/** Task lists, tools that are found, structured output. */
export const toolsLists: Program = {
  name: 'tools-lists',
  ids: ['g.TodoWrite', 'g.TaskCreate', 'g.TaskGet', 'g.TaskUpdate', 'g.TaskList', 'g.StructuredOutput'],
  async run({ sdk, scene }) {
    const at = await scene();
    const todo = (status: string): Call => [
      'TodoWrite',
      { todos: [{ content: 'Cook', status, activeForm: 'Cooking' }] },
    ];
    const todos = await callTools(
      sdk,
      await scene([], { env: { CLAUDE_CODE_ENABLE_TASKS: '0' } }),
      [todo('pending'), todo('in_progress')],
      { tools: ['TodoWrite'] },
    );
    const calls: Record<string, Call> = {
      create: ['TaskCreate', { subject: 'Wash', description: 'Wash the dishes', activeForm: 'Washing' }],
      second: ['TaskCreate', { subject: 'Dry', description: 'Dry the dishes' }],
      update: ['TaskUpdate', { taskId: '2', status: 'in_progress', addBlockedBy: ['1'], owner: 'me' }],
      get: ['TaskGet', { taskId: '2' }],
      list: ['TaskList', {}],
      remove: ['TaskUpdate', { taskId: '1', status: 'deleted' }],
      unknown: ['TaskGet', { taskId: '99' }],
    };
    const { called } = await callTools(sdk, at, Object.values(calls), {
      tools: ['TaskCreate', 'TaskGet', 'TaskUpdate', 'TaskList'],
    });
    const of = Object.fromEntries(Object.keys(calls).map((name, index) => [name, called[index]]));
    const told = (name: string, ...mentions: string[]): unknown => at.normal(seen(of[name], mentions));
    const form = await scene();
    const structured = await callTools(
      sdk,
      form,
      [
        ['StructuredOutput', { city: 1 }],
        ['StructuredOutput', { city: 'Oslo' }],
      ],
      {
        tools: [],
        outputFormat: {
          type: 'json_schema',
          schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    );
    return {
      'g.TodoWrite': todos.called.map((one) => seen(one)),
      'g.TaskCreate': [told('create'), told('second')],
      'g.TaskGet': [told('get'), told('unknown')],
      'g.TaskUpdate': [told('update'), told('remove')],
      'g.TaskList': told('list'),
      'g.StructuredOutput': form.normal([
        seen(structured.called[0], ['city']),
        pick(structured.called[1], ['isError']),
        pick(find(structured.messages, 'result'), ['subtype', 'structured_output', 'num_turns', 'terminal_reason']),
      ]),
    };
  },
};
