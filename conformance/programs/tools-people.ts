import { text, toolUse } from '@colloquy/emulator';
import { type Call, callTools, seen, TRUSTING, withoutMade } from '../harness/calls.ts';
import { find, findAll, gather, pick } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';

const QUESTION = {
  questions: [
    {
      question: 'Which fruit?',
      header: 'Fruit',
      multiSelect: false,
      options: [
        { label: 'Apple', description: 'red' },
        { label: 'Pear', description: 'green' },
      ],
    },
  ],
};

/** Tools that talk to a person, and what is offered to whom. */
export const toolsPeople: Program = {
  name: 'tools-people',
  ids: [
    'g.AskUserQuestion',
    'g.EnterPlanMode',
    'g.ExitPlanMode',
    'g.offered.no-callback',
    'g.offered.agent-as-task',
    'e.needs-person.question',
    'e.needs-person.exit-plan',
  ],
  async run({ sdk, scene }) {
    const at = await scene([
      toolUse('AskUserQuestion', QUESTION),
      toolUse('EnterPlanMode', {}),
      toolUse('ExitPlanMode', {}),
      text('Done.'),
    ]);
    const asked: unknown[] = [];
    const { messages } = await gather(
      sdk,
      sdk.query({
        prompt: 'Ask and plan',
        options: at.options({
          ...TRUSTING,
          permissionMode: 'default',
          tools: ['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode', 'Read'],
          allowedTools: ['AskUserQuestion', 'ExitPlanMode'],
          canUseTool: async (tool, input) => {
            asked.push({
              tool,
              fields: Object.keys(input)
                .filter((field) => field !== 'planFilePath')
                .toSorted(),
            });
            return tool === 'AskUserQuestion'
              ? { behavior: 'allow', updatedInput: { ...input, answers: { 'Which fruit?': 'Pear' } } }
              : { behavior: 'allow', updatedInput: input };
          },
        }),
      }),
    );
    const results = findAll(messages, 'user').map((message) => pick(message, ['tool_use_result']));
    const modes = findAll(messages, 'system/status').map((message) => pick(message, ['permissionMode']));
    const init = pick(find(messages, 'system/init'), ['tools']);

    const alone = await scene([text('Hello.')]);
    const without = await gather(
      sdk,
      sdk.query({
        prompt: 'Hello',
        options: alone.options({
          settingSources: [],
          tools: ['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode', 'Read', 'Agent'],
        }),
      }),
    );
    const offered = pick(find(without.messages, 'system/init'), ['tools'])['tools'] as string[];
    const sent = JSON.stringify(alone.emulator.requests[0]?.body?.['tools'] ?? []).includes('"name":"Agent"');
    return {
      'g.AskUserQuestion': at.normal(results[0]),
      'g.EnterPlanMode': { shape: Object.keys(Object(results[1]?.['tool_use_result'])), modes: modes.slice(0, 1) },
      'g.ExitPlanMode': { ...pick(results[2]?.['tool_use_result'] as object, ['plan', 'isAgent']), modes },
      'g.offered.no-callback': offered.filter((name) => /Plan|Question|Read/.test(name)),
      'g.offered.agent-as-task': {
        told: offered.filter((name) => /Agent|Task$/.test(name)),
        sent,
      },
      'e.needs-person.question': { asked: asked[0], offered: [init['tools']].flat().map(String).toSorted() },
      'e.needs-person.exit-plan': asked.slice(1),
    };
  },
};

const LATER: Readonly<Record<string, Call[]>> = {
  EnterWorktree: [
    ['EnterWorktree', { name: 'side' }],
    ['ExitWorktree', { action: 'remove' }],
  ],
  CronCreate: [
    ['CronCreate', { cron: '0 5 1 1 *', prompt: 'Happy new year', recurring: false }],
    ['CronList', {}],
    ['CronDelete', { id: 'none' }],
  ],
  ScheduleWakeup: [['ScheduleWakeup', { delaySeconds: 600, reason: 'Later', prompt: 'Look again' }]],
  SendMessage: [
    ['SendMessage', { to: 'nobody', message: 'Hello', summary: 'Greeting' }],
    ['ListAgents', {}],
  ],
  Workflow: [['Workflow', { name: 'none' }]],
  Artifact: [
    ['Artifact', { title: 'none' }],
    ['Projects', {}],
  ],
  PushNotification: [
    ['PushNotification', { message: 'Hello', status: 'proactive' }],
    ['RemoteTrigger', { action: 'list' }],
  ],
  ReportFindings: [['ReportFindings', { findings: [] }]],
  'rule.skill': [['Skill', { skill: 'secret' }]],
  LSP: [['LSP', { operation: 'hover', filePath: 'a.ts', line: 1, character: 1 }]],
  Skill: [['Skill', { skill: 'greeting', args: 'Ada' }]],
  ListMcpResourcesTool: [['ListMcpResourcesTool', {}]],
  ReadMcpResourceTool: [['ReadMcpResourceTool', { server: 'none', uri: 'x://y' }]],
  'alias.KillShell': [['KillShell', { shell_id: 'none' }]],
};

const idOf = (name: string): string => (name.startsWith('rule.') ? `e.${name}` : `g.${name}`);

/** Tools that come later in our own loop. */
export const toolsLater: Program = {
  name: 'tools-later',
  ids: Object.keys(LATER).map(idOf),
  async run({ sdk, scene }) {
    const at = await scene([], {
      files: {
        '.claude/skills/greeting/SKILL.md':
          '---\nname: greeting\ndescription: How to greet\n---\nSay hello to $ARGUMENTS.\n',
        '.claude/skills/secret/SKILL.md': '---\nname: secret\ndescription: A secret\n---\nSay nothing.\n',
      },
    });
    const calls = Object.values(LATER).flat();
    const { called } = await callTools(sdk, at, calls, {
      tools: { type: 'preset', preset: 'claude_code' },
      settingSources: ['project'],
      disallowedTools: ['Skill(secret)'],
    });
    const all = called.map((one) => ({ ...(seen(one, ['No such tool']) as object) }));
    let index = 0;
    return Object.fromEntries(
      Object.entries(LATER).map(([name, of]) => {
        const mine = all.slice(index, index + of.length);
        index += of.length;
        return [idOf(name), withoutMade(at.normal({ calls: of.map(([tool]) => tool), came: mine }))];
      }),
    );
  },
};
