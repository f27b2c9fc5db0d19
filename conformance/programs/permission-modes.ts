import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, PermissionMode, SDKMessage } from 'colloquy';
import { type Call, scriptOf } from '../harness/calls.ts';
import { find, findAll, gather, outcome, pick } from '../harness/gather.ts';
import { listen, prompt, prompts } from '../harness/inbox.ts';
import { asker, type Decided, decisions } from '../harness/judged-calls.ts';
import type { Program } from '../harness/program.ts';

const bash = (command: string): Call => ['Bash', { command, description: 'Do it' }];
const MODES = ['default', 'acceptEdits', 'plan', 'bypassPermissions', 'dontAsk'] as const satisfies PermissionMode[];

/** The modes: the same calls in each of them, in one session. */
export const permissionModes: Program = {
  name: 'permission-modes',
  ids: [
    'c.permissionMode.default',
    'c.permissionMode.acceptEdits',
    'c.permissionMode.plan',
    'c.permissionMode.bypassPermissions',
    'c.permissionMode.dontAsk',
    'c.allowDangerouslySkipPermissions',
    'e.order.bypass',
    'e.order.acceptEdits',
    'e.order.plan',
    'e.order.dontAsk',
    'e.order.ask-rules',
    'e.order.ask-dontAsk',
  ],
  async run({ sdk, scene }) {
    const at = await scene();
    const calls: Record<string, Call> = {
      edit: ['Write', { file_path: join(at.folder, 'a.txt'), content: 'x' }],
      outside: ['Write', { file_path: join(at.home, 'a.txt'), content: 'x' }],
      command: bash('frob a'),
      'file command': bash('mkdir -p made'),
      'ask rule': bash('grumble a'),
      'deny rule': bash('evil a'),
      'allow rule': bash('zork a'),
    };
    const ask = asker();
    const input = prompts();
    const query = sdk.query({
      prompt: input,
      options: at.options({
        model: 'claude-opus-5-5',
        settingSources: [],
        tools: ['Write', 'Bash'],
        allowDangerouslySkipPermissions: true,
        canUseTool: ask.canUseTool,
        allowedTools: ['Bash(zork *)'],
        disallowedTools: ['Bash(evil *)'],
        settings: { permissions: { ask: ['Bash(grumble *)'] } },
      }),
    });
    const heard = listen(query);
    const by: Partial<Record<PermissionMode, Record<string, Decided>>> = {};
    const told: unknown[] = [];
    let from = 0;
    for (const [index, mode] of MODES.entries()) {
      if (index > 0) await query.setPermissionMode(mode);
      at.emulator.script(...scriptOf(Object.values(calls)));
      input.say(prompt(`In ${mode}`));
      await heard.heard('result', index + 1);
      const turn: SDKMessage[] = heard.messages.slice(from);
      from = heard.messages.length;
      by[mode] = decisions(Object.keys(calls), turn, ask.asked).decided;
      told.push(pick(find(turn, 'system/init'), ['permissionMode']));
    }
    input.end();
    await heard.ended;
    const refused = await outcome(sdk, async () => {
      const plain = await scene([text('Hello.')]);
      const result = await gather(
        sdk,
        sdk.query({ prompt: 'Hi', options: plain.options({ permissionMode: 'bypassPermissions' }) }),
      );
      return pick(find(result.messages, 'system/init'), ['permissionMode']);
    });
    return {
      'c.permissionMode.default': [told[0], by.default],
      'c.permissionMode.acceptEdits': told[1],
      'c.permissionMode.plan': told[2],
      'c.permissionMode.bypassPermissions': told[3],
      'c.permissionMode.dontAsk': told[4],
      'c.allowDangerouslySkipPermissions': refused,
      'e.order.bypass': by.bypassPermissions,
      'e.order.acceptEdits': by.acceptEdits,
      'e.order.plan': pick(by.plan, ['edit', 'command', 'deny rule', 'allow rule']),
      'e.order.dontAsk': pick(by.dontAsk, ['edit', 'command', 'deny rule', 'allow rule']),
      'e.order.ask-rules': pick(by.bypassPermissions, ['ask rule']),
      'e.order.ask-dontAsk': pick(by.dontAsk, ['ask rule']),
    };
  },
};

/** Nobody who could be asked; modes and folders of settings; folders of options. */
export const permissionSettings: Program = {
  name: 'permission-settings',
  ids: [
    'e.order.no-callback',
    'c.permissionPrompts',
    'e.settings.defaultMode',
    'e.settings.additionalDirectories',
    'c.settings.object',
    'c.additionalDirectories',
    'c.settings.path',
    'c.settingSources',
    'c.permissionMode.auto',
    'e.order.auto',
    'e.rule.webfetch',
  ],
  async run({ sdk, scene }) {
    const base: Options = { model: 'claude-opus-5-5', tools: ['Write', 'Bash'] };
    const alone = await scene(scriptOf([bash('frob a')]));
    const without = await gather(
      sdk,
      sdk.query({ prompt: 'Go', options: alone.options({ ...base, settingSources: [] }) }),
    );
    const denial = find(without.messages, 'system/permission_denied');

    const quiet = await scene(scriptOf([bash('frob a')]));
    const asked: string[] = [];
    const prompted = await gather(
      sdk,
      sdk.query({
        prompt: 'Go',
        options: quiet.options({
          ...base,
          settingSources: [],
          permissionPrompts: 'none',
        }),
      }),
    );

    const at = await scene([], {
      files: {
        '.claude/settings.json': JSON.stringify({ permissions: { allow: ['Bash(frob *)'], ask: ['Bash(ls)'] } }),
      },
    });
    const outside = join(at.folder, '../outside');
    const further = join(at.folder, '../further');
    await mkdir(outside);
    await mkdir(further);
    const ask = asker();
    const calls: Record<string, Call> = {
      edit: ['Write', { file_path: join(at.folder, 'a.txt'), content: 'x' }],
      'further, of settings': ['Write', { file_path: join(outside, 'a.txt'), content: 'x' }],
      'further, of options': ['Write', { file_path: join(further, 'a.txt'), content: 'x' }],
      elsewhere: ['Write', { file_path: join(at.home, 'a.txt'), content: 'x' }],
      'rule of settings': bash('zork a'),
      'rule of a file': bash('frob a'),
      'fetch, allowed host': ['WebFetch', { url: 'http://127.0.0.1:9/a', prompt: 'x' }],
      'fetch, other host': ['WebFetch', { url: 'http://other.invalid/a', prompt: 'x' }],
    };
    at.emulator.script(...scriptOf(Object.values(calls)));
    const set = await gather(
      sdk,
      sdk.query({
        prompt: 'Go',
        options: at.options({
          ...base,
          tools: ['Write', 'Bash', 'WebFetch'],
          canUseTool: ask.canUseTool,
          allowedTools: ['WebFetch(domain:127.0.0.1)'],
          settingSources: ['project'],
          additionalDirectories: [further],
          settings: {
            permissions: { defaultMode: 'acceptEdits', additionalDirectories: [outside], allow: ['Bash(zork *)'] },
          },
        }),
      }),
    );
    const { decided } = decisions(Object.keys(calls), set.messages, ask.asked);

    const files = await scene(scriptOf([bash('frob a'), bash('zork a')]), {
      files: {
        '.claude/settings.json': JSON.stringify({ permissions: { allow: ['Bash(frob *)'] } }),
        'mine.json': JSON.stringify({ permissions: { allow: ['Bash(zork *)'] } }),
      },
    });
    const asks = asker();
    const path = await gather(
      sdk,
      sdk.query({
        prompt: 'Go',
        options: files.options({
          ...base,
          canUseTool: asks.canUseTool,
          settingSources: [],
          settings: join(files.folder, 'mine.json'),
        }),
      }),
    );
    const byPath = decisions(['rule of a file', 'rule of the path'], path.messages, asks.asked).decided;

    const auto = await outcome(sdk, async () => {
      const judged = await scene([toolUse('Write', { file_path: 'a.txt', content: 'x' }), text('Done.')]);
      const { messages } = await gather(
        sdk,
        sdk.query({ prompt: 'Go', options: judged.options({ ...base, settingSources: [], permissionMode: 'auto' }) }),
      );
      return {
        mode: pick(find(messages, 'system/init'), ['permissionMode']),
        denials: findAll(messages, 'result').map(
          (message) => message.type === 'result' && message.permission_denials.length,
        ),
      };
    });
    return {
      'e.order.no-callback': alone.normal({
        denial: pick(denial, ['tool_name', 'tool_use_id']),
        denials: pick(find(without.messages, 'result'), ['permission_denials', 'subtype']),
      }),
      'c.permissionPrompts': quiet.normal({
        asked,
        ...pick(find(prompted.messages, 'result'), ['permission_denials', 'subtype']),
      }),
      'e.settings.defaultMode': {
        ...pick(find(set.messages, 'system/init'), ['permissionMode']),
        edit: decided['edit'],
      },
      'e.settings.additionalDirectories': pick(decided, ['further, of settings', 'elsewhere']),
      'c.settings.object': pick(decided, ['rule of settings']),
      'c.additionalDirectories': pick(decided, ['further, of options', 'elsewhere']),
      'c.settings.path': pick(byPath, ['rule of the path']),
      'c.settingSources': { project: decided['rule of a file'], none: byPath['rule of a file'] },
      'c.permissionMode.auto': auto,
      'e.order.auto': auto,
      'e.rule.webfetch': pick(decided, ['fetch, allowed host', 'fetch, other host']),
    };
  },
};
