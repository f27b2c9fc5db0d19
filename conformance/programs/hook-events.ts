import { join } from 'node:path';
import { status, text, toolUse } from '@colloquy/emulator';
import type { HookEvent, Options } from 'colloquy';
import { gather, pick } from '../harness/gather.ts';
import { inputOf, recorder } from '../harness/hooked.ts';
import { listen, prompt, prompts } from '../harness/inbox.ts';
import type { Program } from '../harness/program.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };
const EVENTS = [
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'PostToolBatch',
  'PermissionRequest',
  'UserPromptSubmit',
  'SessionStart',
  'SessionEnd',
  'Stop',
  'SubagentStart',
  'SubagentStop',
  'PreModelSwitch',
  'PostModelSwitch',
  'TaskCreated',
  'TaskCompleted',
  'DirectoryAdded',
] as const satisfies HookEvent[];

/** Those of every turn; each event has a row of its own. */
const OF_A_TURN = new Set<HookEvent>([
  'PreToolUse',
  'PostToolUse',
  'UserPromptSubmit',
  'Stop',
  'SubagentStart',
  'SubagentStop',
]);

/** What each event tells: one session in which as many as can be happen. */
export const hookEvents: Program = {
  name: 'hook-events',
  ids: [
    'd.base-input',
    ...EVENTS.map((event) => `d.${event}`),
    'd.tool-use-id',
    'd.StopFailure',
    'd.PermissionDenied',
    'd.Notification',
    'c.hooks',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], { files: { 'a.txt': 'x\n', 'sub/b.txt': 'x\n' } });
    const { hooks, ids, of } = recorder(EVENTS);
    const input = prompts(prompt('Do a lot'));
    const query = sdk.query({
      prompt: input,
      options: at.options({
        ...BASE,
        tools: ['Read', 'Write', 'Bash', 'TaskCreate', 'TaskUpdate', 'Agent'],
        agents: { helper: { description: 'Helps', prompt: 'Help.' } },
        canUseTool: async (_tool, given) => ({
          behavior: 'allow',
          updatedInput: given,
          updatedPermissions: [
            { type: 'addDirectories', directories: [join(at.folder, 'sub')], destination: 'session' },
          ],
        }),
        hooks,
      }),
    });
    at.emulator.script(
      toolUse('Read', { file_path: join(at.folder, 'a.txt') }),
      toolUse('Read', { file_path: join(at.folder, 'none.txt') }),
      toolUse('Write', { file_path: join(at.folder, 'new.txt'), content: 'x' }),
      toolUse('TaskCreate', { subject: 'Wash', description: 'Wash the dishes' }),
      toolUse('TaskUpdate', { taskId: '1', status: 'completed' }),
      toolUse('Agent', {
        description: 'Help',
        prompt: 'Help me',
        subagent_type: 'helper',
        run_in_background: false,
      }),
      text('Helped.'),
      text('Done.'),
    );
    const heard = listen(query);
    await heard.heard('result', 1);
    await query.setModel('claude-haiku-5-5');
    input.end();
    await heard.ended;
    const first = (event: HookEvent): unknown => at.normal(inputOf(of(event)[0])) ?? { fired: false };

    const failing = await scene(Array.from({ length: 12 }, () => status(400)));
    const failure = recorder(['StopFailure', 'Stop']);
    await gather(sdk, sdk.query({ prompt: 'Fail', options: failing.options({ ...BASE, hooks: failure.hooks }) }));

    const strict = await scene([toolUse('Write', { file_path: 'a.txt', content: 'x' }), text('I may not.')]);
    const refusals = recorder(['PermissionDenied', 'Notification']);
    await gather(
      sdk,
      sdk.query({
        prompt: 'Write',
        options: strict.options({ ...BASE, tools: ['Write'], permissionMode: 'dontAsk', hooks: refusals.hooks }),
      }),
    );
    const base = of('PreToolUse')[0];
    return {
      'd.base-input': at.normal({
        ...pick(base, ['cwd', 'permission_mode', 'session_id', 'hook_event_name']),
        fields: Object.keys(base ?? {})
          .filter((field) => !['prompt_id', 'effort'].includes(field))
          .toSorted(),
      }),
      ...Object.fromEntries(EVENTS.map((event) => [`d.${event}`, first(event)])),
      'd.tool-use-id': ids
        .filter(([event]) => ['PreToolUse', 'PostToolUse', 'Stop', 'UserPromptSubmit'].includes(event))
        .slice(0, 4)
        .map(([event, id]) => [event, id?.startsWith('toolu_') === true ? 'of the call' : typeof id]),
      'd.StopFailure': failing.normal(failure.told.map((input) => pick(input, ['hook_event_name', 'session_id']))),
      'd.PermissionDenied': strict.normal({
        told: refusals.of('PermissionDenied').map(inputOf),
        fired: refusals.of('PermissionDenied').length,
      }),
      'd.Notification': { fired: refusals.of('Notification').length },
      'c.hooks': [...new Set(ids.map(([event]) => event))].filter((event) => OF_A_TURN.has(event)).toSorted(),
    };
  },
};

const LATER = [
  'UserPromptExpansion',
  'PreCompact',
  'PostCompact',
  'Setup',
  'Elicitation',
  'ElicitationResult',
  'TeammateIdle',
  'ConfigChange',
  'InstructionsLoaded',
  'WorktreeCreate',
  'WorktreeRemove',
  'MessageDisplay',
] as const satisfies HookEvent[];

/** Events that come later in our own loop. */
export const hookEventsLater: Program = {
  name: 'hook-events-later',
  ids: [...LATER.map((event) => `d.${event}`), 'd.SessionStart.compact', 'd.PostToolUse.classifierContext'],
  async run({ sdk, scene }) {
    const at = await scene([], {
      files: {
        'deep/CLAUDE.md': 'Be kind.\n',
        'deep/a.txt': 'x\n',
        '.claude/commands/greet.md': 'Say hello to $ARGUMENTS.\n',
        'a.txt': 'x\n',
      },
    });
    const { hooks, of } = recorder([...LATER, 'SessionStart']);
    at.emulator.script(
      text('Hello.'),
      toolUse('mcp__pets__feed', {}),
      toolUse('Read', { file_path: join(at.folder, 'deep/a.txt') }),
      text('Fed.'),
      text('<summary>It was about a dog.</summary>'),
      text('More.'),
    );
    const pets = sdk.createSdkMcpServer({
      name: 'pets',
      tools: [sdk.tool('feed', 'Feeds', {}, async () => ({ content: [{ type: 'text', text: 'fed' }] }))],
    });
    const replaced: unknown[] = [];
    const input = prompts(prompt('/greet Ada'));
    const query = sdk.query({
      prompt: input,
      options: at.options({
        ...BASE,
        settingSources: ['project'],
        tools: ['Read'],
        mcpServers: { pets },
        allowedTools: ['mcp__pets'],
        hooks: {
          ...hooks,
          PostToolUse: [
            {
              hooks: [
                async () => ({
                  hookSpecificOutput: {
                    hookEventName: 'PostToolUse',
                    classifierContext: 'Nothing odd',
                    updatedMCPToolOutput: 'replaced',
                  },
                }),
              ],
            },
          ],
        },
      }),
    });
    const heard = listen(query);
    await heard.heard('result', 1);
    input.say(prompt('Feed the dog'));
    await heard.heard('result', 2);
    input.say(prompt('/compact about the dog'));
    await heard.heard('result', 3);
    input.end();
    await heard.ended;
    for (const message of heard.messages)
      if (message.type === 'user' && 'tool_use_result' in message) replaced.push(message.tool_use_result);
    const told = (event: HookEvent): unknown =>
      at.normal({ fired: of(event).length > 0, input: inputOf(of(event)[0]) });
    return {
      ...Object.fromEntries(LATER.map((event) => [`d.${event}`, told(event)])),
      // What is loaded as the session begins is told or not, as it happens.
      'd.InstructionsLoaded': at.normal(
        of('InstructionsLoaded')
          .filter((input) => 'load_reason' in input && input.load_reason === 'nested_traversal')
          .map(inputOf),
      ),
      'd.MessageDisplay': { fired: of('MessageDisplay').length > 0 },
      'd.PostCompact': { fired: of('PostCompact').length, fields: Object.keys(of('PostCompact')[0] ?? {}).toSorted() },
      'd.SessionStart.compact': at.normal(of('SessionStart').map(inputOf)),
      'd.PostToolUse.classifierContext': at.normal({ replaced }),
    };
  },
};
