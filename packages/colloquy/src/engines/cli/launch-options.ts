import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { VERSION } from '../../helpers/version.ts';
import type { CLI_LACKS } from '../../options/cli-options.ts';
import { sdkServersOf } from '../../options/mcp.ts';
import type { Options } from '../../options/options.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { environmentOf, outputSchemaOf, workingDirectoryOf } from '../../options/resolve-options.ts';

type Honoured = Exclude<keyof Options, (typeof CLI_LACKS)[number]>;
type Fields = Record<string, unknown>;

/** How an option reaches Claude Code: as flags, in `initialize`, or not at all, because the engine itself honours it. */
type Way<Value> =
  | { flags(value: Value, options: Options): readonly string[]; initialize?(value: Value, options: Options): Fields }
  | { initialize(value: Value, options: Options): Fields }
  | 'engine';

const flag = (name: string) => ({ flags: (value: unknown) => [`--${name}=${String(value)}`] });
const list = (name: string) => ({ flags: (values: readonly string[]) => [`--${name}=${values.join(',')}`] });
const toggle = (name: string) => ({ flags: (value: boolean) => (value ? [`--${name}`] : []) });
const field = (name: string) => ({ initialize: (value: unknown) => ({ [name]: value }) });
const paths = (name: string) => ({
  // Absolute, so that none is taken for a flag.
  flags: (folders: readonly string[], options: Options) =>
    folders.flatMap((folder) => [`--${name}`, resolve(workingDirectoryOf(options), folder)]),
});

/** One way for every option: the type makes a forgotten one a compile error. @see docs/internals/facts/agent-protocol.md (c), (f) */
const WAYS: { [Name in Honoured]: Way<NonNullable<Options[Name]>> } = {
  abortController: 'engine',
  additionalDirectories: paths('add-dir'),
  agent: flag('agent'),
  agentProgressSummaries: field('agentProgressSummaries'),
  agents: field('agents'),
  allowDangerouslySkipPermissions: toggle('allow-dangerously-skip-permissions'),
  // With the skills, which have to be allowed too: see `allowFlags`.
  allowedTools: 'engine',
  betas: list('betas'),
  canUseTool: { flags: () => ['--permission-prompt-tool=stdio'] },
  // The session that is meant is looked up, so that its id is known from the beginning.
  continue: 'engine',
  cwd: 'engine',
  debug: { flags: (on, { debugFile }) => (on && debugFile === undefined ? ['--debug'] : []) },
  debugFile: flag('debug-file'),
  disallowedTools: list('disallowedTools'),
  effort: flag('effort'),
  enableFileCheckpointing: 'engine',
  engine: 'engine',
  env: 'engine',
  executable: 'engine',
  executableArgs: 'engine',
  extraArgs: {
    flags: (flags) =>
      Object.entries(flags).map(([name, value]) => (value === null ? `--${name}` : `--${name}=${value}`)),
  },
  fallbackModel: flag('fallback-model'),
  forkSession: 'engine',
  forwardSubagentText: field('forwardSubagentText'),
  hooks: 'engine',
  includeHookEvents: toggle('include-hook-events'),
  includePartialMessages: toggle('include-partial-messages'),
  loadTimeoutMs: 'engine',
  managedSettings: { flags: (settings) => ['--managed-settings', JSON.stringify(settings)] },
  maxBudgetUsd: flag('max-budget-usd'),
  maxThinkingTokens: flag('max-thinking-tokens'),
  maxTurns: flag('max-turns'),
  mcpServers: {
    flags: (servers, { mcpServersDelivery }) => {
      const others = otherServers(servers);
      if (others === undefined) return [];
      return mcpServersDelivery === 'argv'
        ? ['--mcp-config', JSON.stringify({ mcpServers: others })]
        : ['--await-initialize'];
    },
    initialize: (servers, { mcpServersDelivery }) => {
      const inProcess = sdkServersOf(servers).map(([key]) => key);
      // Not among the arguments, which every user of the machine can see: they may hold credentials.
      const others = mcpServersDelivery === 'argv' ? undefined : otherServers(servers);
      return {
        ...(inProcess.length === 0 ? {} : { sdkMcpServers: inProcess }),
        ...(others === undefined ? {} : { mcpServers: others }),
      };
    },
  },
  mcpServersDelivery: 'engine',
  model: flag('model'),
  onElicitation: 'engine',
  onUserDialog: 'engine',
  outputFormat: {
    flags: (outputFormat) => {
      const schema = outputSchemaOf({ outputFormat });
      return schema === undefined ? [] : ['--json-schema', JSON.stringify(schema)];
    },
    initialize: (outputFormat) => {
      const jsonSchema = outputSchemaOf({ outputFormat });
      return jsonSchema === undefined ? {} : { jsonSchema };
    },
  },
  pathToClaudeCodeExecutable: 'engine',
  permissionMode: { flags: (mode) => [`--permission-mode=${reportedMode(mode)}`] },
  permissionPrompts: flag('permission-prompts'),
  permissionPromptToolName: flag('permission-prompt-tool'),
  persistSession: { flags: (isKept) => (isKept ? [] : ['--no-session-persistence']) },
  perTaskStopAffordance: field('perTaskStopAffordance'),
  planModeInstructions: field('planModeInstructions'),
  pluginDelivery: 'engine',
  plugins: {
    flags: (plugins, options) =>
      options.pluginDelivery === 'initialize'
        ? ['--await-initialize']
        : plugins.flatMap((plugin) => pluginFlags(plugin, options)),
    initialize: (plugins, { pluginDelivery }) => (pluginDelivery === 'initialize' ? { plugins } : {}),
  },
  projectConfigRoot: {
    flags: (folder, options) => [`--project-config-root=${resolve(workingDirectoryOf(options), folder)}`],
  },
  promptSuggestions: field('promptSuggestions'),
  resume: 'engine',
  resumeDropsTurn: flag('resume-drops-turn'),
  resumeSessionAt: flag('resume-session-at'),
  // With the settings: see `settingsFlags`.
  sandbox: 'engine',
  sessionId: 'engine',
  sessionStore: { flags: () => ['--session-mirror'] },
  sessionStoreFlush: 'engine',
  settings: 'engine',
  settingSources: list('setting-sources'),
  skills: { initialize: (skills) => (skills === 'all' ? {} : { skills }) },
  spawnClaudeCodeProcess: 'engine',
  stderr: 'engine',
  strictMcpConfig: toggle('strict-mcp-config'),
  supportedDialogKinds: field('supportedDialogKinds'),
  systemPrompt: 'engine',
  taskBudget: { flags: ({ total }) => [`--task-budget=${total}`] },
  thinking: { flags: thinkingFlags },
  title: field('title'),
  toolAliases: field('toolAliases'),
  // In the environment.
  toolConfig: 'engine',
  tools: { flags: (tools) => [`--tools=${Array.isArray(tools) ? tools.join(',') : 'default'}`] },
  verbatimPrompts: 'engine',
  verbose: 'engine',
};

/** Servers that are not in this process; undefined if there are none. */
function otherServers(servers: NonNullable<Options['mcpServers']>): Fields | undefined {
  const others = Object.entries(servers).filter(([, { type }]) => type !== 'sdk');
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

function pluginFlags({ path, skipMcpDiscovery }: NonNullable<Options['plugins']>[number], options: Options): string[] {
  const folder = resolve(workingDirectoryOf(options), path);
  return skipMcpDiscovery === true ? [`--plugin-dir-no-mcp=${folder}`] : ['--plugin-dir', folder];
}

/** Allow rules, and a skill that is offered may be used. */
function allowFlags({ allowedTools = [], skills }: Options): string[] {
  const ofSkills = skills === 'all' ? ['Skill'] : (skills ?? []).map((name) => `Skill(${name})`);
  const rules = [...allowedTools, ...ofSkills];
  return rules.length === 0 ? [] : [`--allowedTools=${rules.join(',')}`];
}

/** Which session a process is to hold. */
export type SessionChoice =
  | { kind: 'new'; id: string }
  | { kind: 'resume'; id: string }
  | { kind: 'fork'; from: string; id: string };

/** The arguments of Claude Code. */
export function launchArguments(options: Options, session: SessionChoice): string[] {
  const flags = given(options).flatMap(([value, way]) => (isFlags(way) ? way.flags(value, options) : []));
  return [
    '--output-format',
    'stream-json',
    '--verbose',
    '--input-format',
    'stream-json',
    ...new Set(flags.filter((item) => item === '--await-initialize')),
    ...flags.filter((item) => item !== '--await-initialize'),
    ...allowFlags(options),
    ...settingsFlags(options),
    ...sessionFlags(session),
  ];
}

/** What `initialize` carries, but for what only a session knows: its hooks. */
export function initializeFields(options: Options): Fields {
  const fields = given(options).map(([value, way]) =>
    isInitialize(way) ? (way.initialize?.(value, options) ?? {}) : {},
  );
  return Object.assign(systemPromptFields(options.systemPrompt), ...fields);
}

/** The environment of Claude Code: `options.env`, else ours; and who has started it. */
export function launchEnvironment(options: Options): Record<string, string> {
  const { CLAUDECODE: _inside, ...inherited } = environmentOf(options);
  const passed = options.env ?? inherited;
  const own = {
    CLAUDE_CODE_ENTRYPOINT: 'colloquy',
    COLLOQUY_VERSION: VERSION,
    ...(options.toolConfig?.askUserQuestion?.previewFormat === undefined
      ? {}
      : { CLAUDE_CODE_QUESTION_PREVIEW_FORMAT: options.toolConfig.askUserQuestion.previewFormat }),
    ...(options.enableFileCheckpointing === true ? { CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING: 'true' } : {}),
  };
  const all = Object.entries({ ...passed, ...own });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

type AnyWay = Way<unknown>;

function given(options: Options): [unknown, AnyWay][] {
  return Object.entries(options).flatMap(([name, value]) => {
    const isHonoured = value !== undefined && Object.hasOwn(WAYS, name);
    // The way belongs to the option of that name, whose form was checked; TypeScript cannot follow through `Object.entries`.
    return isHonoured ? [[value, WAYS[name as Honoured] as AnyWay]] : [];
  });
}

const isFlags = (way: AnyWay): way is Extract<AnyWay, { flags: unknown }> => way !== 'engine' && 'flags' in way;
const isInitialize = (way: AnyWay): way is Extract<AnyWay, { initialize: unknown }> =>
  way !== 'engine' && 'initialize' in way;

function sessionFlags(session: SessionChoice): string[] {
  switch (session.kind) {
    case 'new':
      return [`--session-id=${session.id}`];
    case 'resume':
      return [`--resume=${session.id}`];
    case 'fork':
      return [`--resume=${session.from}`, '--fork-session', `--session-id=${session.id}`];
    default:
      return session satisfies never;
  }
}

function thinkingFlags(thinking: NonNullable<Options['thinking']>): string[] {
  if (thinking.type === 'disabled') return ['--thinking=disabled'];
  const display = thinking.display === undefined ? [] : [`--thinking-display=${thinking.display}`];
  if (thinking.type === 'adaptive' || thinking.budgetTokens === undefined) return ['--thinking=adaptive', ...display];
  return [`--max-thinking-tokens=${thinking.budgetTokens}`, ...display];
}

function settingsFlags({ settings, sandbox }: Options): string[] {
  if (sandbox === undefined && typeof settings === 'string') return [`--settings=${resolve(settings)}`];
  const base = typeof settings === 'string' ? readSettings(resolve(settings)) : settings;
  const merged = { ...base, ...(sandbox === undefined ? {} : { sandbox }) };
  return Object.keys(merged).length === 0 ? [] : [`--settings=${JSON.stringify(merged)}`];
}

/** The sandbox is a part of the settings, of which Claude Code takes one lot. */
function readSettings(path: string): Fields {
  try {
    const settings: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isRecord(settings)) return settings;
    throw new SyntaxError('it holds no object');
  } catch (cause) {
    throw new ConfigurationError(`The settings file ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function systemPromptFields(prompt: Options['systemPrompt']): Fields {
  if (prompt === undefined) return { systemPrompt: [''] };
  if (typeof prompt === 'string') return { systemPrompt: [prompt] };
  if (Array.isArray(prompt)) return { systemPrompt: prompt };
  if (prompt.type === 'custom') {
    const { prompt: texts, snapshot } = prompt;
    return { systemPrompt: [texts].flat(), ...(snapshot === undefined ? {} : { systemPromptSnapshot: snapshot }) };
  }
  const { append, excludeDynamicSections, snapshot } = prompt;
  return {
    ...(append === undefined ? {} : { appendSystemPrompt: append }),
    ...(excludeDynamicSections === undefined ? {} : { excludeDynamicSections }),
    ...(snapshot === undefined ? {} : { systemPromptSnapshot: snapshot }),
  };
}
