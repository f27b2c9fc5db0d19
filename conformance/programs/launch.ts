import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from 'colloquy';
import { gather, outcome } from '../harness/gather.ts';
import type { Program, Scene, Stage } from '../harness/program.ts';
import { flagsOf, requests, standIn, type StandInScript } from '../harness/stand-in.ts';

const ID = '55555555-5555-4555-8555-555555555555';
const SERVERS: Options['mcpServers'] = { files: { type: 'stdio', command: 'no-such-server', args: ['--all'] } };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };
const answer: Options['canUseTool'] = async (_name, input) => ({ behavior: 'allow', updatedInput: input });
/** An option of the official SDK that we may not know by type. */
const other = (options: Record<string, unknown>): Options => options as Options;

/** What each option makes of the command line and of `initialize`, by row; several sets of options where one is not enough. */
const GIVEN: Record<string, Options[]> = {
  'f.launch.model': [{ model: 'claude-opus-5-5' }],
  'f.launch.permission-mode': [{ permissionMode: 'plan' }],
  'f.launch.permission-prompt-tool': [{ canUseTool: answer }],
  'f.launch.allowedTools': [{ allowedTools: ['Read', 'Bash(git *)'] }],
  'f.launch.disallowedTools': [{ disallowedTools: ['WebFetch', 'Bash(rm *)'] }],
  'f.launch.tools': [{ tools: ['Read', 'Bash'] }, { tools: [] }, { tools: { type: 'preset', preset: 'claude_code' } }],
  'f.launch.setting-sources': [{ settingSources: ['user', 'project'] }, { settingSources: [] }],
  'f.launch.max-turns': [{ maxTurns: 7 }],
  'f.launch.max-budget-usd': [{ maxBudgetUsd: 1.5 }],
  'f.launch.resume': [{ resume: ID }],
  'f.launch.fork-session': [{ resume: ID, forkSession: true, sessionId: ID.replaceAll('5', '6') }],
  'f.launch.session-id': [{ sessionId: ID }],
  'f.launch.resume-session-at': [{ resume: ID, resumeSessionAt: ID }],
  'f.launch.resume-drops-turn': [{ resume: ID, resumeSessionAt: ID, resumeDropsTurn: ID }],
  'f.launch.include-partial-messages': [{ includePartialMessages: true }],
  'f.launch.include-hook-events': [{ includeHookEvents: true }],
  'f.launch.json-schema': [{ outputFormat: { type: 'json_schema', schema: SCHEMA } }],
  'f.launch.mcp-config': [{ mcpServers: SERVERS }],
  'f.launch.strict-mcp-config': [{ strictMcpConfig: true }],
  'f.launch.add-dir': [{ additionalDirectories: [tmpdir(), join(tmpdir(), '..')] }],
  'f.launch.settings': [{ settings: { permissions: { deny: ['WebFetch'] } } }],
  'f.launch.fallback-model': [{ fallbackModel: 'claude-haiku-4-5' }],
  'f.launch.betas': [{ betas: ['context-1m-2025-08-07'] }],
  'f.launch.plugin-dir': [{ plugins: [{ type: 'local', path: tmpdir() }] }],
  'f.launch.effort': [{ effort: 'low' }],
  'f.launch.thinking': [{ thinking: { type: 'adaptive' } }, { thinking: { type: 'disabled' } }],
  'f.launch.thinking-display': [{ thinking: { type: 'adaptive', display: 'omitted' } }],
  'f.launch.max-thinking-tokens': [{ maxThinkingTokens: 2048 }, { thinking: { type: 'enabled', budgetTokens: 4096 } }],
  'f.launch.task-budget': [{ taskBudget: { total: 50_000 } }],
  'f.launch.skip-permissions': [{ permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true }],
  'f.launch.replay-user-messages': [{ extraArgs: { 'replay-user-messages': null } }],
  'f.launch.debug': [{ debug: true }, { debugFile: join(tmpdir(), 'debug.txt') }],
  'f.launch.await-initialize': [{ mcpServers: SERVERS, ...other({ mcpServersDelivery: 'initialize' }) }],
  'f.launch.extra-args': [{ extraArgs: { 'some-flag': 'a value', bare: null } }],
  'f.initialize.jsonSchema': [{ outputFormat: { type: 'json_schema', schema: SCHEMA } }],
  'f.initialize.systemPrompt': [{ systemPrompt: 'Be brief.' }, { systemPrompt: ['Be brief.', 'Be kind.'] }, {}],
  'f.initialize.preset': [
    { systemPrompt: { type: 'preset', preset: 'claude_code' } },
    { systemPrompt: { type: 'preset', preset: 'claude_code', append: 'Be kind.' } },
  ],
  'f.initialize.excludeDynamicSections': [
    other({ systemPrompt: { type: 'preset', preset: 'claude_code', excludeDynamicSections: true } }),
  ],
  'f.initialize.agents': [
    { agents: { helper: { description: 'Helps', prompt: 'Help.', tools: ['Read'], model: 'haiku' } } },
  ],
  'f.initialize.title': [{ title: 'A title' }],
  'f.initialize.skills': [{ skills: ['one', 'two'] }, { skills: 'all' }],
  'f.initialize.toolAliases': [{ toolAliases: { Shell: 'Bash' } }],
  'f.initialize.planModeInstructions': [{ planModeInstructions: 'Plan well.' }],
  'f.initialize.promptSuggestions': [{ promptSuggestions: true }],
  'f.initialize.agentProgressSummaries': [{ agentProgressSummaries: true }],
  'f.initialize.forwardSubagentText': [{ forwardSubagentText: true }],
  'f.initialize.supportedDialogKinds': [
    other({ onUserDialog: async () => ({ behavior: 'cancelled' }), supportedDialogKinds: ['refusal_fallback_prompt'] }),
  ],
  'f.initialize.perTaskStopAffordance': [{ perTaskStopAffordance: true }],
  'f.initialize.plugins': [other({ plugins: [{ type: 'local', path: tmpdir() }], pluginDelivery: 'initialize' })],
  'f.initialize.mcpServers': [{ mcpServers: SERVERS, ...other({ mcpServersDelivery: 'initialize' }) }],
  'f.initialize.sdk-servers': [],
  'f.initialize.hooks': [
    {
      hooks: {
        PreToolUse: [{ matcher: 'Bash', timeout: 5, hooks: [async () => ({}), async () => ({})] }],
        Stop: [{ hooks: [async () => ({})] }],
      },
    },
  ],
  'f.launch.session-mirror': [
    other({ sessionStore: { append: async () => undefined, load: async () => null }, env: { CONFORMANCE: '1' } }),
  ],
};

type Told = { flags: Record<string, string[]>; initialize: Record<string, unknown>; env: unknown };

async function start(stage: Stage, at: Scene, options: Options, name: string): Promise<Told> {
  const script: StandInScript = {
    env: [
      'CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING',
      'CLAUDE_CODE_ENTRYPOINT',
      'OF_THE_PROGRAM',
      'OF_THE_PROCESS',
      'CLAUDECODE',
    ],
  };
  const given = standIn(at, script, name);
  const whole = at.options({ ...options, ...given.options, env: { ...given.options.env, ...options.env } });
  await gather(stage.sdk, stage.sdk.query({ prompt: 'Go', options: whole }));
  const noted = given.noted();
  const [first] = noted;
  return {
    flags: flagsOf(first?.argv),
    initialize: { ...(requests(noted, 'initialize')[0] as object) },
    env: first?.env,
  };
}

/** What an option has added to the flags and to `initialize`, or changed there. */
function added(base: Told, told: Told): unknown {
  const newer = (before: Record<string, unknown>, after: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(after).filter(([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value)),
    );
  const gone = Object.keys(base.initialize).filter((key) => !(key in told.initialize));
  // The id of a new session is chosen by us, so that it is known from the beginning: a row of its own.
  const { 'session-id': chosen, ...flags } = newer(base.flags, told.flags);
  const isGiven = /55555555|66666666/.test(JSON.stringify(chosen ?? ''));
  const { hooks, ...fields } = newer(base.initialize, told.initialize);
  const initialize = { ...fields, ...(hooks === undefined ? {} : { hooks: registered(hooks) }) };
  return { flags: isGiven ? { ...flags, 'session-id': chosen } : flags, initialize, gone };
}

type Registered = { hookCallbackIds: string[] };

/** The program's hooks; how their callbacks are named is for the two to agree on. The guard of our modes is in `f.launch.base`. */
function registered(hooks: unknown): unknown {
  const events = Object.entries(hooks as Record<string, Registered[]>).map(([event, matchers]) => [
    event,
    matchers
      .filter(({ hookCallbackIds: [first] }) => first !== 'colloquy_mode')
      .map((matcher) => ({ ...matcher, hookCallbackIds: matcher.hookCallbackIds.length })),
  ]);
  return Object.fromEntries(events);
}

/** Servers that are told to Claude Code, in the arguments or not. */
function servers({ flags, initialize }: Told): unknown {
  const [config] = flags['mcp-config'] ?? [];
  const named = config === undefined ? initialize : (JSON.parse(config) as Record<string, unknown>);
  return named['mcpServers'];
}

export const launch: Program = {
  name: 'launch',
  ids: [
    ...Object.keys(GIVEN),
    'f.launch.base',
    'f.launch.continue',
    'f.env.checkpointing',
    'f.env.entrypoint',
    'f.env.replaced',
  ],
  columns: ['official', 'cli'],
  async run(stage) {
    const at = await stage.scene([], { env: { OF_THE_PROGRAM: 'yes' } });
    process.env['OF_THE_PROCESS'] = 'yes';
    const base = await start(stage, at, {}, 'base');
    const observe = async ([id, sets]: [string, Options[]]) => {
      const given =
        id === 'f.initialize.sdk-servers'
          ? [{ mcpServers: { tools: stage.sdk.createSdkMcpServer({ name: 'tools', tools: [] }) } }]
          : sets;
      const told = given.map(async (options, i) => {
        const one = await outcome(stage.sdk, () => start(stage, at, options, `${id}-${i}`));
        if (!('gave' in one)) return one;
        return id === 'f.launch.mcp-config' ? servers(one.gave) : added(base, one.gave);
      });
      return [id, at.normal(await Promise.all(told))] as const;
    };
    const observed = Object.fromEntries(await Promise.all(Object.entries(GIVEN).map(observe)));
    const checkpointing = await start(stage, at, { enableFileCheckpointing: true }, 'checkpointing');
    const continued = await start(stage, at, { continue: true }, 'continue');
    const { 'session-id': _chosen, ...flags } = base.flags;
    return {
      ...observed,
      'f.launch.base': { flags, initialize: base.initialize },
      'f.launch.continue': at.normal(added(base, continued)),
      'f.env.checkpointing': {
        env: (checkpointing.env as Record<string, unknown>)['CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING'],
      },
      'f.env.entrypoint': { isNamed: typeof (base.env as Record<string, unknown>)['CLAUDE_CODE_ENTRYPOINT'] },
      'f.env.replaced': { ...(base.env as object), CLAUDE_CODE_ENTRYPOINT: undefined },
    };
  },
};
