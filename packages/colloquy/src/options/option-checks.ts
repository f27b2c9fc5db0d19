import { isRecord } from '../helpers/is-record.ts';
import { checkAgents } from './agents.ts';
import { checkHooks } from './check-hooks.ts';
import { checkSandbox } from './check-sandbox.ts';
import type { CliOptions } from './cli-options.ts';
import type { Options } from './options.ts';
import { checkServer } from './server-connection.ts';
import { checkSettings } from './settings.ts';
import { webFetchFlaw } from './web-fetch.ts';

/** Says what a value would have to be, after "must be "; `undefined` when it is fine. Each option is checked alone. */
type Check = (value: unknown) => string | undefined;

const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'a string that is not empty';
const anyText: Check = (value) => (typeof value === 'string' ? undefined : 'a string');
const fn: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => text(item) === undefined)
    ? undefined
    : 'an array of strings that are not empty';
const positive: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : 'a positive finite number';
const positiveInteger: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? undefined : 'a positive whole number';
const countFromZero: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? undefined : 'a whole number, 0 or more';
const uuid: Check = (value) => (typeof value === 'string' && isUuid(value) ? undefined : 'a UUID');

/** Whether a session is named by its id rather than by a label. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/** One check for every option but those of the cli engine alone; the type makes a forgotten one a compile error. */
export const OPTION_CHECKS: Record<Exclude<keyof Options, keyof CliOptions>, Check> = {
  abortController: (value) =>
    isRecord(value) && value['signal'] instanceof AbortSignal ? undefined : 'an AbortController',
  additionalDirectories: texts,
  agents: checkAgents,
  allowDangerouslySkipPermissions: boolean,
  allowedTools: texts,
  canUseTool: fn,
  client: checkClient,
  continue: boolean,
  cwd: text,
  disallowedTools: texts,
  effort: oneOf('low', 'medium', 'high', 'xhigh', 'max'),
  enableFileCheckpointing: boolean,
  engine: oneOf('api', 'cli', 'remote'),
  env: (value) =>
    isRecord(value) && Object.values(value).every((item) => item === undefined || typeof item === 'string')
      ? undefined
      : 'an object whose values are strings',
  forkSession: boolean,
  forwardSubagentText: boolean,
  hooks: checkHooks,
  includeHookEvents: boolean,
  includePartialMessages: boolean,
  maxBudgetUsd: positive,
  maxOutputTokens: positiveInteger,
  maxRetries: countFromZero,
  maxTurns: positiveInteger,
  mcpServers: checkMcpServers,
  model: text,
  outputFormat: (value) =>
    value === 'text' ||
    value === 'json' ||
    (isRecord(value) && value['type'] === 'json_schema' && isRecord(value['schema']))
      ? undefined
      : "text, json, or { type: 'json_schema', schema: … }",
  permissionMode: anyText,
  permissionPrompts: oneOf('host', 'none'),
  persistSession: boolean,
  perTaskStopAffordance: boolean,
  planModeInstructions: text,
  promptQueue: oneOf('separate', 'merge'),
  resume: text,
  sandbox: checkSandbox,
  send: fn,
  server: checkServer,
  sessionId: uuid,
  settingSources: (value) =>
    Array.isArray(value) && value.every((item) => ['user', 'project', 'local'].includes(String(item)))
      ? undefined
      : 'an array of user, project and local',
  settings: checkSettings,
  smallModel: text,
  systemPrompt: checkSystemPrompt,
  thinking: checkThinking,
  timeoutMs: positive,
  title: text,
  verbose: boolean,
  webFetch: webFetchFlaw,
  tools: (value) =>
    texts(value) === undefined || (isRecord(value) && value['type'] === 'preset' && value['preset'] === 'claude_code')
      ? undefined
      : "an array of tool names, or { type: 'preset', preset: 'claude_code' }",
};

function oneOf(...values: string[]): Check {
  return (value) => (values.includes(String(value)) ? undefined : `one of ${values.join(', ')}`);
}

function checkClient(value: unknown): string | undefined {
  const messages = isRecord(value) ? value['messages'] : undefined;
  return isRecord(messages) && typeof messages['create'] === 'function'
    ? undefined
    : 'a client with a function messages.create()';
}

const SERVER_NAME = /^[a-zA-Z0-9_-]{1,48}$/;

function checkMcpServers(value: unknown): string | undefined {
  if (!isRecord(value)) return 'an object with a server for each name';
  for (const [name, server] of Object.entries(value)) {
    if (!SERVER_NAME.test(name))
      return `an object whose keys are letters, digits, - and _ (1 to 48); ${JSON.stringify(name)} is not`;
    if (!isRecord(server)) return `an object with a server for each name; that of ${name} is none`;
    const type = server['type'] === undefined ? 'stdio' : JSON.stringify(server['type']);
    if (server['type'] !== 'sdk')
      return `made of in-process servers; the api engine does not connect to servers of type ${type}, such as ${name}`;
    if (typeof server['name'] !== 'string' || !Array.isArray(server['tools']))
      return `made by createSdkMcpServer(); ${name} is not`;
  }
  return undefined;
}

function checkSystemPrompt(value: unknown): string | undefined {
  if (typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string')))
    return undefined;
  if (isRecord(value) && value['type'] === 'preset' && value['preset'] === 'claude_code') {
    const other = Object.keys(value).find(
      (key) => !['type', 'preset', 'append'].includes(key) && value[key] !== undefined,
    );
    if (other !== undefined) return `a preset with nothing but \`append\`; the api engine does not know \`${other}\``;
    if (value['append'] === undefined || typeof value['append'] === 'string') return undefined;
  }
  if (isRecord(value) && value['type'] === 'custom' && value['snapshot'] === undefined) {
    const texts = [value['prompt']].flat();
    if (texts.every((item) => typeof item === 'string')) return undefined;
  }
  return "a string, an array of strings, { type: 'custom', prompt }, or { type: 'preset', preset: 'claude_code', append? }";
}

const MIN_THINKING_TOKENS = 1024;

function checkThinking(value: unknown): string | undefined {
  const wanted = "{ type: 'adaptive' }, { type: 'enabled', budgetTokens? } or { type: 'disabled' }";
  if (!isRecord(value)) return wanted;
  const { type, budgetTokens, display } = value;
  if (type === 'disabled') return undefined;
  if (type !== 'adaptive' && type !== 'enabled') return wanted;
  if (display !== undefined && display !== 'summarized' && display !== 'omitted')
    return 'given with `display` as summarized or omitted';
  if (budgetTokens === undefined || type === 'adaptive') return undefined;
  return typeof budgetTokens === 'number' && Number.isSafeInteger(budgetTokens) && budgetTokens >= MIN_THINKING_TOKENS
    ? undefined
    : `given with \`budgetTokens\` as a whole number of at least ${MIN_THINKING_TOKENS}`;
}
