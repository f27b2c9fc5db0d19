import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../harness/calls.ts';
import { find, pick } from '../harness/gather.ts';
import { type Decided, judgeCalls } from '../harness/judged-calls.ts';
import type { Program } from '../harness/program.ts';

const bash = (command: string): Call => ['Bash', { command, description: 'Do it' }];
const server = (sdk: Parameters<Program['run']>[0]['sdk'], name: string) =>
  sdk.createSdkMcpServer({
    name,
    tools: ['first', 'second'].map((tool) =>
      sdk.tool(tool, 'Says its name', {}, async () => ({ content: [{ type: 'text', text: tool }] })),
    ),
  });

const NOTEBOOK = JSON.stringify({
  cells: [{ cell_type: 'code', execution_count: null, id: 'a', metadata: {}, outputs: [], source: ['1'] }],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
});

/** The syntax of rules: one session with many of them, and calls that match or do not. Commands that do not exist do no harm. */
export const permissionRules: Program = {
  name: 'permission-rules',
  ids: [
    'e.rule.bare',
    'e.rule.bash.exact',
    'e.rule.bash.word',
    'e.rule.bash.prefix',
    'e.rule.bash.middle',
    'e.rule.bash.legacy',
    'e.rule.bash.compound',
    'e.rule.bash.compound-deny',
    'e.rule.path.absolute',
    'e.rule.path.home',
    'e.rule.path.project',
    'e.rule.path.relative',
    'e.rule.path.edit-covers',
    'e.rule.path.read-covers',
    'e.rule.mcp',
    'e.rule.agent',
    'e.rule.aliases',
    'e.rule.deny-bare-removes',
    'e.rules.deny-over-allow',
    'e.order.hook-first',
    'e.order.deny-rules',
    'e.order.allow-rules',
    'e.order.read-inside',
    'e.order.ls',
    'e.settings.permissions',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], {
      files: Object.fromEntries(
        ['open', 'absolute/a', 'project/a', 'inner/a', 'inner2/a', 'locked/a', 'seen/a', 'sub/project/a'].map(
          (name) => [`${name}.txt`, 'text\n'],
        ),
      ),
    });
    mkdirSync(join(at.home, 'private'), { recursive: true });
    writeFileSync(join(at.home, 'private/a.txt'), 'text\n');
    const path = (name: string): string => join(at.folder, name);
    writeFileSync(path('locked/b.ipynb'), NOTEBOOK);
    const read = (name: string): Call => ['Read', { file_path: path(name) }];
    const calls: Record<string, Call> = {
      exact: bash('exact one'),
      'exact, more': bash('exact one two'),
      word: bash('frob a'),
      'word, longer': bash('frobnicate a'),
      'word, alone': bash('frob'),
      prefix: bash('grumble a'),
      middle: bash('zork a b --now'),
      'middle, other end': bash('zork a b --later'),
      legacy: bash('plonk x y'),
      'legacy, alone': bash('plonk'),
      'legacy, longer': bash('plonker x'),
      compound: bash('frob a && frob b | frob c'),
      'compound, one not allowed': bash('frob a && nope b'),
      'compound, semicolon': bash('frob a; nope b'),
      'compound, new line': bash('frob a\nnope b'),
      'compound, one denied': bash('frob a; evil b'),
      'denied, though allowed exactly': bash('evil good'),
      denied: bash('evil deed'),
      absolute: read('absolute/a.txt'),
      home: ['Read', { file_path: join(at.home, 'private/a.txt') }],
      project: read('project/a.txt'),
      'project, deeper': read('sub/project/a.txt'),
      relative: read('inner/a.txt'),
      'relative with dot': read('inner2/a.txt'),
      inside: read('open.txt'),
      'read the notebook': read('locked/b.ipynb'),
      'edit rule, Write': ['Write', { file_path: path('locked/new.txt'), content: 'x' }],
      'edit rule, NotebookEdit': [
        'NotebookEdit',
        { notebook_path: path('locked/b.ipynb'), cell_id: 'a', new_source: 'x' },
      ],
      'edit rule, Read': read('locked/a.txt'),
      'read rule, Grep': ['Grep', { pattern: 'text', path: path('absolute') }],
      'server rule': ['mcp__one__first', {}],
      'server rule with star': ['mcp__two__second', {}],
      'tool rule': ['mcp__three__first', {}],
      'tool rule, other tool': ['mcp__three__second', {}],
      bare: ['mcp__four__first', {}],
      ls: bash('ls'),
      'settings, allow': bash('fromsettings a'),
      'settings, deny': bash('neversettings a'),
      'settings, ask': bash('frob ask'),
      agent: ['Agent', { description: 'x', prompt: 'x', subagent_type: 'special' }],
      alias: ['TaskStop', { task_id: 'none' }],
    };
    const hooked: string[] = [];
    const { decided, messages } = await judgeCalls(sdk, at, calls, {
      options: {
        tools: ['Read', 'Write', 'NotebookEdit', 'Grep', 'Bash', 'WebSearch', 'Agent', 'TaskStop'],
        mcpServers: Object.fromEntries(['one', 'two', 'three', 'four'].map((name) => [name, server(sdk, name)])),
        agents: { special: { description: 'Never', prompt: 'x' } },
        allowedTools: [
          'Bash(exact one)',
          'Bash(frob *)',
          'Bash(grum*)',
          'Bash(zork * --now)',
          'Bash(plonk:*)',
          'Bash(evil good)',
          'mcp__one',
          'mcp__two__*',
          'mcp__three__first',
          'mcp__four__first(*)',
        ],
        disallowedTools: [
          'Bash(evil *)',
          `Read(/${at.folder}/absolute/**)`,
          'Read(~/private/**)',
          'Read(/project/**)',
          'Read(inner/*.txt)',
          'Read(./inner2/*.txt)',
          'Edit(locked/**)',
          'Agent(special)',
          'KillShell',
          'WebSearch',
        ],
        settings: {
          permissions: { allow: ['Bash(fromsettings *)'], deny: ['Bash(neversettings *)'], ask: ['Bash(frob ask)'] },
        },
        hooks: {
          PreToolUse: [
            {
              hooks: [
                async (input) => {
                  if (input.hook_event_name === 'PreToolUse') hooked.push(input.tool_name);
                  return {};
                },
              ],
            },
          ],
        },
      },
    });
    const of = (...names: string[]): Record<string, Decided | undefined> =>
      Object.fromEntries(names.map((name) => [name, decided[name]]));
    const offered = pick(find(messages, 'system/init'), ['tools'])['tools'] as string[];
    return {
      'e.rule.bare': of('bare'),
      'e.rule.bash.exact': of('exact', 'exact, more'),
      'e.rule.bash.word': of('word', 'word, longer', 'word, alone'),
      'e.rule.bash.prefix': of('prefix'),
      'e.rule.bash.middle': of('middle', 'middle, other end'),
      'e.rule.bash.legacy': of('legacy', 'legacy, alone', 'legacy, longer'),
      'e.rule.bash.compound': of('compound', 'compound, one not allowed', 'compound, semicolon', 'compound, new line'),
      'e.rule.bash.compound-deny': of('compound, one denied'),
      'e.rule.path.absolute': of('absolute'),
      'e.rule.path.home': of('home'),
      'e.rule.path.project': of('project', 'project, deeper'),
      'e.rule.path.relative': of('relative', 'relative with dot'),
      'e.rule.path.edit-covers': of('edit rule, Write', 'edit rule, NotebookEdit', 'edit rule, Read'),
      'e.rule.path.read-covers': of('read rule, Grep'),
      'e.rule.mcp': of('server rule', 'server rule with star', 'tool rule', 'tool rule, other tool'),
      'e.rule.agent': of('agent'),
      'e.rule.aliases': { ...of('alias'), isOffered: offered.includes('TaskStop') },
      'e.rule.deny-bare-removes': { isOffered: offered.includes('WebSearch') },
      'e.rules.deny-over-allow': of('denied, though allowed exactly'),
      'e.order.hook-first': { hooked: hooked.length > 20, denied: hooked.filter((name) => name === 'Bash').length },
      'e.order.deny-rules': of('denied'),
      'e.order.allow-rules': of('exact'),
      'e.order.read-inside': of('inside'),
      'e.order.ls': of('ls'),
      'e.settings.permissions': of('settings, allow', 'settings, deny', 'settings, ask'),
    };
  },
};
