import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, PermissionUpdate } from 'colloquy';
import { type Call, calledIn } from '../harness/calls.ts';
import { find, gather, kindOf, pick } from '../harness/gather.ts';
import { asker, judgeCalls, suggestionsOf } from '../harness/judged-calls.ts';
import type { Program } from '../harness/program.ts';

const write = (name: string): Call => ['Write', { file_path: name, content: 'x' }];
const bash = (command: string): Call => ['Bash', { command, description: 'Do it' }];
const session = 'session';

/** What an answer of the callback may be, and what comes of it. */
export const permissionAnswers: Program = {
  name: 'permission-answers',
  ids: [
    'e.callback.arguments',
    'e.callback.allow',
    'e.callback.updatedInput',
    'e.callback.deny',
    'e.callback.deny-interrupt',
    'e.callback.throws',
    'e.callback.updatedPermissions',
    'e.callback.decisionClassification',
    'e.update.addRules',
    'e.update.replaceRules',
    'e.update.removeRules',
    'e.update.setMode',
    'e.update.addDirectories',
    'e.update.destination',
    'e.suggestions.bash',
    'e.suggestions.write',
    'e.suggestions.read-outside',
    'e.suggestions.mcp',
  ],
  async run({ sdk, scene }) {
    const at = await scene();
    const outside = join(at.folder, '../outside');
    await mkdir(outside);
    await writeFile(join(outside, 'a.txt'), 'outside\n');
    await writeFile(join(outside, 'b.txt'), 'outside\n');
    const path = (name: string): string => join(at.folder, name);
    const rule = (type: 'addRules' | 'replaceRules' | 'removeRules', contents: string[]): PermissionUpdate => ({
      type,
      rules: contents.map((ruleContent) => ({ toolName: 'Bash', ruleContent })),
      behavior: 'allow',
      destination: session,
    });
    const calls: Record<string, Call> = {
      allow: write(path('allow.txt')),
      updated: write(path('asked.txt')),
      deny: write(path('deny.txt')),
      throws: write(path('throws.txt')),
      classified: write(path('classified.txt')),
      suggested: bash('git commit -m one'),
      'suggested, again': bash('git commit -m two'),
      'read outside': ['Read', { file_path: join(outside, 'a.txt') }],
      'read outside, again': ['Read', { file_path: join(outside, 'b.txt') }],
      'tool of a server': ['mcp__pets__feed', { name: 'Rex' }],
      addRules: bash('grumble a'),
      'addRules, then': bash('grumble b'),
      replaceRules: bash('zork a'),
      'replaceRules, old': bash('grumble c'),
      'replaceRules, new': bash('plonk c'),
      removeRules: bash('zork b'),
      'removeRules, then': bash('plonk d'),
      addDirectories: bash('zork c'),
      'addDirectories, then': ['Write', { file_path: join(outside, 'new.txt'), content: 'x' }],
      local: bash('zork d'),
      setMode: bash('zork e'),
      'setMode, then': write(path('mode.txt')),
    };
    const updates: Readonly<Record<string, PermissionUpdate[]>> = {
      'grumble a': [rule('addRules', ['grumble *'])],
      'zork a': [rule('replaceRules', ['plonk *'])],
      'zork b': [rule('removeRules', ['plonk *'])],
      'zork c': [{ type: 'addDirectories', directories: [outside], destination: session }],
      'zork d': [{ ...rule('addRules', ['kept *']), destination: 'localSettings' }],
      'zork e': [{ type: 'setMode', mode: 'acceptEdits', destination: session }],
    };
    const ask = asker((asked) => {
      const { input, tool } = asked;
      const named = typeof input['file_path'] === 'string' ? input['file_path'] : '';
      if (named.endsWith('/throws.txt')) throw new Error('The callback is broken');
      if (named.endsWith('/deny.txt')) return undefined;
      if (named.endsWith('/asked.txt'))
        return { behavior: 'allow', updatedInput: { ...input, file_path: named.replace('asked', 'given') } };
      if (named.endsWith('/classified.txt'))
        return { behavior: 'allow', updatedInput: input, decisionClassification: 'user_permanent' };
      if (named.endsWith('/new.txt') || named.endsWith('/mode.txt')) return undefined;
      const update = updates[String(input['command'])];
      if (update !== undefined) return { behavior: 'allow', updatedInput: input, updatedPermissions: update };
      if (String(input['command']).startsWith('git commit') || tool === 'Read')
        return { behavior: 'allow', updatedInput: input, updatedPermissions: suggestionsOf(asked) };
      return tool === 'Bash' ? undefined : { behavior: 'allow' };
    });
    const options: Options = {
      tools: ['Read', 'Write', 'Bash'],
      settingSources: ['local'],
      mcpServers: {
        pets: sdk.createSdkMcpServer({
          name: 'pets',
          tools: [sdk.tool('feed', 'Feeds', {}, async () => ({ content: [{ type: 'text', text: 'fed' }] }))],
        }),
      },
    };
    const { decided, asked, messages } = await judgeCalls(sdk, at, calls, { ask, options });
    const results = calledIn(messages);
    const result = (name: string) => results[Object.keys(calls).indexOf(name)];
    const suggested = (name: string): unknown => {
      const question = asked[name];
      return question === undefined ? 'not asked' : at.normal(suggestionsOf(question));
    };
    const of = (...names: string[]): unknown => Object.fromEntries(names.map((name) => [name, decided[name]]));
    const local = path('.claude/settings.local.json');
    const kept = existsSync(local)
      ? (JSON.parse(readFileSync(local, 'utf8')) as { permissions?: { allow?: string[] } })
      : undefined;
    const metas = messages.flatMap((message) => {
      const meta: unknown = pick(message, ['tool_result_meta'])['tool_result_meta'];
      return meta === undefined ? [] : [meta];
    });

    const stopping = await scene([toolUse('Write', { file_path: 'a.txt', content: 'x' }), text('Never.')]);
    const stopped = await gather(
      sdk,
      sdk.query({
        prompt: 'Write',
        options: stopping.options({
          settingSources: [],
          canUseTool: async () => ({ behavior: 'deny', message: 'Stop it.', interrupt: true }),
        }),
      }),
    );
    return {
      'e.callback.arguments': at.normal({
        ...pick(asked['allow'], ['tool', 'input']),
        options: Object.keys(asked['allow']?.options ?? {})
          .filter((name) => asked['allow']?.options[name] !== undefined)
          .filter((name) => DOCUMENTED.has(name))
          .toSorted(),
      }),
      'e.callback.allow': { ...pick(result('allow'), ['isError']), isThere: existsSync(path('allow.txt')) },
      'e.callback.updatedInput': { asked: existsSync(path('asked.txt')), given: existsSync(path('given.txt')) },
      'e.callback.deny': at.normal(pick(result('deny'), ['isError', 'told'])),
      'e.callback.deny-interrupt': {
        kinds: stopped.messages.map(kindOf).filter((kind) => !kind.startsWith('system/')),
        result: pick(find(stopped.messages, 'result'), ['subtype', 'is_error', 'terminal_reason']),
      },
      'e.callback.throws': { ...pick(result('throws'), ['isError']), isThere: existsSync(path('throws.txt')) },
      'e.callback.updatedPermissions': of('suggested', 'suggested, again', 'read outside', 'read outside, again'),
      'e.callback.decisionClassification': metas.length > 0 ? at.normal(metas.slice(0, 5)) : 'no metas',
      'e.update.addRules': of('addRules', 'addRules, then'),
      'e.update.replaceRules': of('replaceRules, old', 'replaceRules, new'),
      'e.update.removeRules': of('removeRules, then'),
      'e.update.setMode': of('setMode', 'setMode, then'),
      'e.update.addDirectories': of('addDirectories, then'),
      'e.update.destination': { kept: kept?.permissions?.allow },
      'e.suggestions.bash': suggested('suggested'),
      'e.suggestions.write': suggested('allow'),
      'e.suggestions.read-outside': suggested('read outside'),
      'e.suggestions.mcp': suggested('tool of a server'),
    };
  },
};

/** What the public type has, but for the texts to show, which are each engine's own. */
const DOCUMENTED = new Set([
  'signal',
  'suggestions',
  'blockedPath',
  'toolUseID',
  'agentID',
  'requestId',
  'matchedAskRule',
]);
