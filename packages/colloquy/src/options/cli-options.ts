import { isRecord } from '../helpers/is-record.ts';
import { HOOK_EVENTS } from './hooks.ts';
import { checkSessionStore, type SessionStore, type SessionStoreFlush } from './session-store.ts';
import type { SpawnClaudeCodeProcess } from './spawn-option.ts';

/** Options that only the real Claude Code honours: they need `engine: 'cli'`. Names and meanings are those of the official SDK. */
export type CliOptions = {
  /** The agent of `agents`, or of the settings, that leads the main conversation. */
  agent?: string | undefined;
  agentProgressSummaries?: boolean | undefined;
  /** Beta features of the Messages API. */
  betas?: string[] | undefined;
  debug?: boolean | undefined;
  debugFile?: string | undefined;
  /** What runs a Claude Code that is a script. Default: this Node. */
  executable?: 'node' | 'bun' | 'deno' | undefined;
  executableArgs?: string[] | undefined;
  /** Further flags by name, without `--`; null for one without a value. */
  extraArgs?: Record<string, string | null> | undefined;
  /** Models to try when the first is overloaded, joined by commas. */
  fallbackModel?: string | undefined;
  /** Settings that no other may weaken, as an administrator's would be. */
  managedSettings?: Record<string, unknown> | undefined;
  /** For each answer of `sessionStore` before a session of it goes on. Default 60 s. */
  loadTimeoutMs?: number | undefined;
  /** @deprecated in favour of `thinking` */
  maxThinkingTokens?: number | undefined;
  /** `argv`: servers are named in the arguments, which every user of the machine can see. Default `initialize`: nobody else sees them. */
  mcpServersDelivery?: 'argv' | 'initialize' | undefined;
  /** Answers what an MCP server asks of a person. Without it, such questions are declined. */
  onElicitation?: OnElicitation | undefined;
  /** Shows a dialog of Claude Code, of a kind named in `supportedDialogKinds`. What it does not know it answers with `cancelled`. */
  onUserDialog?: OnUserDialog | undefined;
  supportedDialogKinds?: string[] | undefined;
  /** The program of Claude Code. Default: `claude` on PATH, else that of the package `@anthropic-ai/claude-code`. */
  pathToClaudeCodeExecutable?: string | undefined;
  /** The tool of an MCP server that answers permission prompts. Not with `canUseTool`. */
  permissionPromptToolName?: string | undefined;
  plugins?: { type: 'local'; path: string; skipMcpDiscovery?: boolean | undefined }[] | undefined;
  /** How plugins are named. Default `argv`: in the arguments. */
  pluginDelivery?: 'argv' | 'initialize' | undefined;
  /** Takes the project's configuration from this folder. */
  projectConfigRoot?: string | undefined;
  promptSuggestions?: boolean | undefined;
  /** With `resume`: go on after this message. */
  resumeSessionAt?: string | undefined;
  resumeDropsTurn?: string | undefined;
  /** Gets what is written of the session too; `resume` and `continue` then go on with a session of this store. */
  sessionStore?: SessionStore | undefined;
  /** When it gets it. Default `batched`. */
  sessionStoreFlush?: SessionStoreFlush | undefined;
  skills?: string[] | 'all' | undefined;
  /** Starts Claude Code in a way of the program's. Its error output is then the program's to read. */
  spawnClaudeCodeProcess?: SpawnClaudeCodeProcess | undefined;
  /** Gets what Claude Code writes to its error output. Must not throw. */
  stderr?: ((text: string) => void) | undefined;
  /** Only the servers of `mcpServers`, none of the settings. */
  strictMcpConfig?: boolean | undefined;
  taskBudget?: { total: number } | undefined;
  toolAliases?: Record<string, string> | undefined;
  toolConfig?: { askUserQuestion?: { previewFormat?: 'markdown' | 'html' | undefined } | undefined } | undefined;
  /** Prompts are taken as they are: no files, no slash commands in them. */
  verbatimPrompts?: boolean | undefined;
};

export type ElicitationRequest = {
  serverName: string;
  message: string;
  mode?: 'form' | 'url' | undefined;
  url?: string | undefined;
  elicitationId?: string | undefined;
  requestedSchema?: Record<string, unknown> | undefined;
  title?: string | undefined;
  displayName?: string | undefined;
  description?: string | undefined;
};

export type ElicitationResult = {
  action: 'accept' | 'decline' | 'cancel';
  content?: Record<string, unknown> | undefined;
  _meta?: Record<string, unknown> | undefined;
};

/** The signal is aborted when nobody waits for the answer any longer. An exception counts as a decline; null: somebody else answers. */
export type OnElicitation = (
  request: ElicitationRequest,
  options: { signal: AbortSignal; requestId: string },
) => Promise<ElicitationResult | null>;

export type UserDialogRequest = {
  dialogKind: string;
  /** What the dialog shows; its shape goes by the kind. */
  payload: Record<string, unknown>;
  toolUseID?: string | undefined;
};

export type UserDialogResult = { behavior: 'completed'; result: unknown } | { behavior: 'cancelled' };

/** The signal is aborted when nobody waits for the answer any longer. Null: it is answered elsewhere. */
export type OnUserDialog = (
  request: UserDialogRequest,
  options: { signal: AbortSignal; requestId: string },
) => Promise<UserDialogResult | null>;

/** Options of our own loop that Claude Code has nothing for. */
export const CLI_LACKS = [
  'client',
  'maxOutputTokens',
  'maxRetries',
  'promptQueue',
  'send',
  'server',
  'smallModel',
  'timeoutMs',
  'webFetch',
] as const;

type Check = (value: unknown) => string | undefined;

const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'a string that is not empty';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => text(item) === undefined);
const texts: Check = (value) => (isTexts(value) ? undefined : 'an array of strings that are not empty');
const delivery: Check = (value) => (value === 'argv' || value === 'initialize' ? undefined : 'one of argv, initialize');
const fn: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
const record: Check = (value) => (isRecord(value) ? undefined : 'an object');
const count: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? undefined : 'a whole number, 0 or more';

/** One check for every option that the cli engine alone has. */
export const CLI_OPTION_CHECKS: Record<keyof CliOptions, Check> = {
  agent: text,
  agentProgressSummaries: boolean,
  betas: texts,
  debug: boolean,
  debugFile: text,
  executable: (value) => (['node', 'bun', 'deno'].includes(String(value)) ? undefined : 'one of node, bun, deno'),
  executableArgs: texts,
  extraArgs: (value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([flag, item]) => /^[a-z][\w-]*$/i.test(flag) && (item === null || typeof item === 'string'),
    )
      ? undefined
      : 'an object of flags without `--`, each with a string or null',
  fallbackModel: text,
  loadTimeoutMs: (value) => (typeof value === 'number' && value > 0 ? undefined : 'a number of milliseconds'),
  managedSettings: record,
  maxThinkingTokens: count,
  mcpServersDelivery: delivery,
  onElicitation: fn,
  onUserDialog: fn,
  pathToClaudeCodeExecutable: text,
  permissionPromptToolName: text,
  plugins: (value) =>
    Array.isArray(value) &&
    value.every((plugin) => isRecord(plugin) && plugin['type'] === 'local' && text(plugin['path']) === undefined)
      ? undefined
      : "an array of { type: 'local', path }",
  pluginDelivery: delivery,
  projectConfigRoot: text,
  promptSuggestions: boolean,
  resumeSessionAt: text,
  resumeDropsTurn: text,
  sessionStore: checkSessionStore,
  sessionStoreFlush: (value) => (value === 'batched' || value === 'eager' ? undefined : 'one of batched, eager'),
  skills: (value) => (value === 'all' || isTexts(value) ? undefined : "an array of names, or 'all'"),
  spawnClaudeCodeProcess: fn,
  stderr: fn,
  strictMcpConfig: boolean,
  supportedDialogKinds: texts,
  taskBudget: (value) =>
    isRecord(value) && count(value['total']) === undefined ? undefined : '{ total } with a whole number of tokens',
  toolAliases: (value) =>
    isRecord(value) && Object.values(value).every((item) => text(item) === undefined)
      ? undefined
      : 'an object of names by name',
  toolConfig: record,
  verbatimPrompts: boolean,
};

/** Options that both engines have, and of which Claude Code takes more forms than our own loop. */
export const WIDER_IN_CLI: Readonly<Record<string, Check>> = {
  agents: (value) =>
    isRecord(value) && Object.values(value).every(isRecord) ? undefined : 'an object of agent definitions by name',
  hooks: checkHooks,
  mcpServers: checkMcpServers,
  sandbox: record,
  settings: (value) => (isRecord(value) ? undefined : text(value) && 'an object, or the path of a settings file'),
  systemPrompt: (value) =>
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((item) => typeof item === 'string')) ||
    (isRecord(value) && (value['type'] === 'custom' || value['preset'] === 'claude_code'))
      ? undefined
      : "a string, an array of strings, or { type: 'preset', preset: 'claude_code', append? }, or { type: 'custom', prompt }",
};

function checkHooks(value: unknown): string | undefined {
  if (!isRecord(value)) return 'an object with an array of matchers for each event';
  for (const [event, matchers] of Object.entries(value)) {
    if (!HOOK_EVENTS.some((known) => known === event)) return `an object whose keys are hook events; ${event} is none`;
    const isFine =
      matchers === undefined ||
      (Array.isArray(matchers) &&
        matchers.every(
          (matcher) => isRecord(matcher) && Array.isArray(matcher['hooks']) && matcher['hooks'].every(isFunction),
        ));
    if (!isFine) return `made of matchers { matcher?, hooks, timeout?, onFailure? }; ${event} has something else`;
  }
  return undefined;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Says what `mcpServers` would have to be for Claude Code, after "must be "; undefined when it is fine. */
export function checkMcpServers(value: unknown): string | undefined {
  if (!isRecord(value)) return 'an object with a server for each name';
  for (const [name, server] of Object.entries(value)) {
    if (!isRecord(server) || !isServer(server))
      return `made of servers { command, … }, { type: 'sse' or 'http', url, … } or those of createSdkMcpServer(); ${name} is none`;
  }
  return undefined;
}

function isServer(server: Record<string, unknown>): boolean {
  switch (server['type']) {
    case undefined:
    case 'stdio':
      return text(server['command']) === undefined;
    case 'sse':
    case 'http':
      return text(server['url']) === undefined;
    case 'sdk':
      return typeof server['name'] === 'string' && Array.isArray(server['tools']);
    default:
      return false;
  }
}
