import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, Query } from 'colloquy';
import { z } from 'zod';
import { find, findAll, gather, kindOf, outcome, pick, thrownAs } from '../harness/gather.ts';
import { listen, prompts, withId } from '../harness/inbox.ts';
import type { Program, Sdk } from '../harness/program.ts';
import { conversation, outcomeOf, ownWords, story } from '../harness/tell.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };
const BYPASS: Options = { ...BASE, permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true };
type AnyQuery = Query & Record<string, (...args: unknown[]) => Promise<unknown>>;
const FIELDS_OF_INIT = ['commands', 'agents', 'models', 'account', 'output_style', 'available_output_styles'];
const keysOf = (value: unknown): string[] => Object.keys({ ...(value as object) }).toSorted();
/** The fields that a described thing always has. */
const described = (list: unknown, fields: readonly string[]) =>
  Array.isArray(list)
    ? { some: list.length > 0, fields: fields.filter((field) => list.every((one: object) => field in one)) }
    : list;

/** What can be asked of an open session. */
export const methods: Program = {
  name: 'query-methods',
  ids: [
    'b.setModel',
    'b.setModel.default',
    'b.setPermissionMode.bypass',
    'b.setPermissionMode.unknown',
    'b.initializationResult',
    'b.supportedCommands',
    'b.supportedModels',
    'b.supportedAgents',
    'b.accountInfo',
    'b.mcpServerStatus',
    'b.setMaxThinkingTokens',
    'b.applyFlagSettings',
    'b.updateSettings',
    'b.setMcpPermissionModeOverride',
    'b.reinitialize',
    'b.reconnectMcpServer',
    'b.toggleMcpServer',
    'b.setMcpServers',
    'b.readMcpResource',
    'b.getContextUsage',
    'b.usage',
    'b.readFile',
    'b.reloadPlugins',
    'b.reloadSkills',
    'b.reloadOutputStyles',
    'b.createSdkMcpServer.instructions',
  ],
  async run({ sdk, scene }) {
    const at = await scene([text('One.'), text('Two.'), text('Three.')], { files: { 'notes.txt': 'alpha' } });
    const server = sdk.createSdkMcpServer({
      name: 'mine',
      version: '2.0.0',
      instructions: 'Ask it.',
      tools: [sdk.tool('hello', 'Greets', {}, async () => ({ content: [] }))],
    } as Parameters<Sdk['createSdkMcpServer']>[0]);
    const input = prompts();
    const agents = { helper: { description: 'Helps', prompt: 'Help.' } };
    const query = sdk.query({
      prompt: input,
      options: at.options({ ...BASE, mcpServers: { mine: server }, agents }),
    }) as AnyQuery;
    const heard = listen(query);
    const ask = (call: () => Promise<unknown>) => outcome(sdk, call);
    const told = await query.initializationResult();
    await query.setModel('claude-haiku-4-5');
    input.say(withId('First'));
    await heard.heard('result', 1);
    await query.setModel();
    input.say(withId('Second'));
    await heard.heard('result', 2);
    const models = at.emulator.requests.map(({ body }) => body.model);
    const instructed = JSON.stringify(at.emulator.requests[0]?.body ?? {}).includes('Ask it.');
    const observed = {
      'b.setModel': { model: models[0] },
      'b.setModel.default': { model: models[1] },
      'b.setPermissionMode.bypass': await ask(() => query.setPermissionMode('bypassPermissions')),
      'b.setPermissionMode.unknown': await ask(() => query.setPermissionMode('no-such-mode' as 'default')),
      'b.initializationResult': [
        'commands',
        'agents',
        'models',
        'account',
        'output_style',
        'available_output_styles',
      ].filter((field) => field in told),
      'b.supportedCommands': described(await query.supportedCommands(), ['name', 'description', 'argumentHint']),
      'b.supportedModels': described(await query.supportedModels(), ['value', 'displayName', 'description']),
      'b.supportedAgents': (await query.supportedAgents())
        .filter(({ name }) => name === 'helper')
        .map((one) => pick(one, ['name', 'description'])),
      'b.accountInfo': pick(await query.accountInfo(), ['apiKeySource']),
      'b.mcpServerStatus': (await query.mcpServerStatus()).map((one) => ({
        ...pick(one, ['name', 'status', 'serverInfo']),
        tools: one.tools?.map(({ name }) => name),
      })),
      'b.setMaxThinkingTokens': await ask(() => query.setMaxThinkingTokens(2048)),
      'b.applyFlagSettings': await ask(() => query.applyFlagSettings({ cleanupPeriodDays: 3 } as never)),
      'b.updateSettings': await ask(() => query.updateSettings('localSettings', { outputStyle: 'default' })),
      'b.setMcpPermissionModeOverride': await ask(
        () => query['setMcpPermissionModeOverride']?.('mine', 'default') ?? Promise.reject(new Error('No such method')),
      ),
      'b.reinitialize': await ask(async () =>
        keysOf(await query.reinitialize()).filter((key) => FIELDS_OF_INIT.includes(key)),
      ),
      'b.reconnectMcpServer': await ask(() => query.reconnectMcpServer('no-such-server')),
      'b.toggleMcpServer': await ask(() => query.toggleMcpServer('no-such-server', false)),
      'b.setMcpServers': await ask(() =>
        query.setMcpServers({ broken: { type: 'stdio', command: '/no/such/program' } }),
      ).then((one) =>
        'gave' in one
          ? { added: (one.gave as { added: unknown }).added, errors: keysOf((one.gave as { errors: unknown }).errors) }
          : one,
      ),
      'b.readMcpResource': await ask(() => query.readMcpResource('mine', 'ui://none')),
      'b.getContextUsage': await ask(async () => keysOf(await query.getContextUsage())),
      'b.usage': await ask(async () =>
        keysOf(await query['usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET']?.()),
      ),
      'b.readFile': at.normal(
        await ask(async () => pick((await query.readFile('notes.txt')) ?? {}, ['contents', 'absPath', 'truncated'])),
      ),
      'b.reloadPlugins': await ask(async () => keysOf(await query.reloadPlugins())),
      'b.reloadSkills': await ask(async () => keysOf(await query.reloadSkills())),
      'b.reloadOutputStyles': await ask(async () => keysOf(await query.reloadOutputStyles())),
      'b.createSdkMcpServer.instructions': { instructed },
    };
    input.end();
    await heard.ended;
    return observed;
  },
};

/** File checkpoints, and files that were read elsewhere. */
export const checkpoints: Program = {
  name: 'checkpoints',
  ids: ['b.rewindFiles', 'b.rewindFiles.dry-run', 'b.rewindFiles.unknown', 'b.seedReadState'],
  async run({ sdk, scene }) {
    const write = (content: string) => toolUse('Write', { file_path: 'notes.txt', content });
    const at = await scene(
      [
        toolUse('Read', { file_path: 'notes.txt' }),
        write('beta\n'),
        text('Done.'),
        toolUse('Edit', { file_path: 'seen.txt', old_string: 'one', new_string: 'two' }),
        text('Edited.'),
      ],
      { files: { 'notes.txt': 'alpha\n', 'seen.txt': 'one\n' } },
    );
    const first = withId('Change it');
    const input = prompts(first);
    const query = sdk.query({ prompt: input, options: at.options({ ...BYPASS, enableFileCheckpointing: true }) });
    const heard = listen(query);
    await heard.heard('result', 1);
    const dry = await query.rewindFiles(first.uuid ?? '', { dryRun: true });
    const between = await readFile(join(at.folder, 'notes.txt'), 'utf8');
    const unknown = await outcome(sdk, () => query.rewindFiles('99999999-9999-4999-8999-999999999999'));
    const done = await query.rewindFiles(first.uuid ?? '');
    const after = await readFile(join(at.folder, 'notes.txt'), 'utf8');
    const seen = join(at.folder, 'seen.txt');
    const seeded = await outcome(sdk, async () => query.seedReadState(seen, Math.floor((await stat(seen)).mtimeMs)));
    input.say(withId('Edit the other'));
    await heard.heard('result', 2);
    input.end();
    await heard.ended;
    return {
      'b.rewindFiles': at.normal({ ...pick(done, ['canRewind', 'error']), after }),
      'b.rewindFiles.dry-run': at.normal({ ...dry, between }),
      'b.rewindFiles.unknown': 'gave' in unknown ? pick(unknown.gave, ['canRewind']) : unknown,
      'b.seedReadState': { seeded, content: await readFile(seen, 'utf8') },
    };
  },
};

/** Tools that run in the program. */
export const ownTools: Program = {
  name: 'own-tools',
  ids: ['b.tool', 'b.tool.throws', 'b.tool.invalid-input', 'b.tool.annotations', 'b.createSdkMcpServer'],
  async run({ sdk, scene }) {
    const add = sdk.tool(
      'add',
      'Adds.',
      { a: z.number(), b: z.number().default(1) },
      async ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
      { annotations: { readOnlyHint: true } },
    );
    const fail = sdk.tool('fail', 'Fails.', {}, async () => {
      throw new Error('It broke.');
    });
    const call = (name: string, input: object) => toolUse(`mcp__math__${name}`, { ...input });
    const at = await scene([call('add', { a: 1 }), call('fail', {}), call('add', { a: 'x' }), text('Done.')]);
    const options = at.options({
      ...BASE,
      mcpServers: { math: sdk.createSdkMcpServer({ name: 'math', tools: [add, fail] }) },
      allowedTools: ['mcp__math__add', 'mcp__math__fail'],
      tools: [],
    });
    const { messages } = await gather(sdk, sdk.query({ prompt: 'Add', options }));
    const results = findAll(messages, 'user').flatMap((one) =>
      one.type === 'user' && typeof one.message.content !== 'string' ? one.message.content : [],
    );
    const init = find(messages, 'system/init');
    const told = (index: number) => results[index] as { content?: unknown; is_error?: boolean } | undefined;
    return {
      'b.tool': at.normal(pick(told(0), ['content'])),
      'b.tool.throws': { isError: told(1)?.is_error, says: ownWords(told(1)?.content, ['It broke.']) },
      'b.tool.invalid-input': { isError: told(2)?.is_error, ran: false },
      'b.tool.annotations': { result: outcomeOf(messages.at(-1)) },
      'b.createSdkMcpServer':
        init?.type === 'system' && init.subtype === 'init'
          ? {
              tools: init.tools.filter((name) => name.startsWith('mcp__')),
              servers: init.mcp_servers.map((one) => pick(one, ['name', 'status'])),
            }
          : init,
    };
  },
};

/** The life of a query. */
export const lives: Program = {
  name: 'lives',
  ids: ['b.query.leave-early', 'b.close', 'b.startup', 'b.prewarm', 'b.AbortError', 'f.end.abort'],
  async run({ sdk, scene }) {
    const at = await scene([toolUse('Bash', { command: 'echo 1', description: 'Do it' }), text('Left.')]);
    const left = sdk.query({ prompt: 'Go', options: at.options(BYPASS) });
    for await (const message of left) if (message.type === 'assistant') break;
    const again = await left.next();
    const closing = await scene([toolUse('Bash', { command: 'sleep 30', description: 'Do it' })]);
    const open = sdk.query({ prompt: 'Go', options: closing.options(BYPASS) });
    const heard = listen(open);
    await heard.heard('assistant');
    open.close();
    const ended = await heard.ended;
    const warmAt = await scene([text('Warm.')]);
    const warm = await sdk.startup({ options: warmAt.options(BASE) });
    const first = await gather(sdk, warm.query('Hello'));
    const second = await outcome(sdk, async () => warm.query('Again'));
    const spareAt = await scene([text('Spare.')]);
    const spare = await sdk.prewarm({ options: spareAt.options(BASE) });
    const claimed = await outcome(sdk, async () =>
      gather(sdk, spare.claim({ prompt: 'Hello', options: { cwd: spareAt.folder, model: 'claude-opus-5-5' } })),
    );
    const stopping = await scene([toolUse('Bash', { command: 'sleep 30', description: 'Do it' })]);
    const controller = new AbortController();
    const aborted = listen(
      sdk.query({ prompt: 'Go', options: stopping.options({ ...BYPASS, abortController: controller }) }),
    );
    await aborted.heard('assistant');
    controller.abort();
    const thrown = await aborted.ended;
    return {
      'b.query.leave-early': { again },
      'b.close': {
        kinds: conversation(heard.messages).map(kindOf),
        ended: ended === undefined ? 'cleanly' : 'with an error',
      },
      'b.startup': { first: warmAt.normal(story(first)), second },
      'b.prewarm': {
        claimed: 'gave' in claimed ? spareAt.normal(story(claimed.gave)) : claimed,
      },
      'b.AbortError': { isAbortError: thrown instanceof sdk.AbortError, isError: thrown instanceof Error },
      'f.end.abort': { thrown: thrownAs(sdk, thrown) },
    };
  },
};

/** A process that the program starts in a way of its own. */
export const ownProcess: Program = {
  name: 'own-process',
  ids: ['b.Transport'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene([text('Hello.')]);
    let started = 0;
    const options = at.options({
      ...BASE,
      spawnClaudeCodeProcess: ({ command, args, cwd, env }) => {
        started += 1;
        return spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
      },
    });
    const gathered = await gather(sdk, sdk.query({ prompt: 'Hello', options }));
    return { 'b.Transport': { started, story: at.normal(story(gathered)) } };
  },
};

/** Values that are exported. */
export const constants: Program = {
  name: 'constants',
  ids: [
    'b.HOOK_EVENTS',
    'b.EXIT_REASONS',
    'b.BUILTIN_TOOL_NAMES',
    'b.LEGACY_TOOL_NAME_ALIASES',
    'b.SYSTEM_PROMPT_DYNAMIC_BOUNDARY',
    'b.resolveSettings',
    'b.filterEscalatingDefaultMode',
    'b.matchDeniedModels',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], {
      files: { '.claude/settings.json': '{"model":"opus","permissions":{"defaultMode":"plan"}}' },
    });
    const call = (name: string, ...args: unknown[]) =>
      outcome(sdk, async () => (sdk.all[name] as (...given: unknown[]) => Promise<unknown>)(...args));
    await writeFile(join(at.folder, 'a.txt'), '');
    await sleep(1);
    const resolved = await call('resolveSettings', { cwd: at.folder, settingSources: ['project'] });
    return {
      'b.HOOK_EVENTS': sdk.all['HOOK_EVENTS'],
      'b.EXIT_REASONS': sdk.all['EXIT_REASONS'],
      'b.BUILTIN_TOOL_NAMES': sdk.all['BUILTIN_TOOL_NAMES'],
      'b.LEGACY_TOOL_NAME_ALIASES': sdk.all['LEGACY_TOOL_NAME_ALIASES'],
      'b.SYSTEM_PROMPT_DYNAMIC_BOUNDARY': sdk.all['SYSTEM_PROMPT_DYNAMIC_BOUNDARY'],
      'b.resolveSettings': at.normal('gave' in resolved ? resolved.gave : resolved),
      'b.filterEscalatingDefaultMode':
        'gave' in resolved ? await call('filterEscalatingDefaultMode', resolved.gave) : resolved,
      'b.matchDeniedModels': await call(
        'matchDeniedModels',
        ['claude-opus-5-5', 'claude-haiku-4-5'],
        ['claude-opus-5-5'],
      ),
    };
  },
};
