import { isRecord } from '../helpers/is-record.ts';
import type { McpServerConfig } from './mcp.ts';
import type { PermissionModeInput } from './permissions.ts';

type OwnFields = {
  /** When to use it; told to the model that may start it. */
  description: string;
  /** Its system prompt. */
  prompt: string;
  /** The tools it is offered, of those of the session; default all, without those that start agents or talk to a person. */
  tools?: string[] | undefined;
  disallowedTools?: string[] | undefined;
  /** A model id or alias; `inherit` (default): the session's model. */
  model?: string | undefined;
  /** A number only with `engine: 'cli'`. */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | number | undefined;
  /** Most model requests of one run. Default: the session's `maxTurns`. */
  maxTurns?: number | undefined;
  /**
   * The mode its calls are decided in. Default: the session's, whatever it is at that moment. While that is `plan`, `dontAsk`,
   * `readOnly` or `strict`, it holds for agents too.
   */
  permissionMode?: PermissionModeInput | undefined;
};

/** What only the real Claude Code honours (`engine: 'cli'`): our own loop refuses it by name. */
type ClaudeCodeFields = {
  autoCompactWindow?: number | undefined;
  background?: boolean | undefined;
  criticalSystemReminder_EXPERIMENTAL?: string | undefined;
  initialPrompt?: string | undefined;
  mcpServers?: (string | Record<string, McpServerConfig>)[] | undefined;
  memory?: 'user' | 'project' | 'local' | undefined;
  observer?: string | undefined;
  observerMessage?: string | undefined;
  omitClaudeMd?: boolean | undefined;
  skills?: string[] | undefined;
};

/** A subagent that the model may start with the Agent tool. The names are those of the official TypeScript Agent SDK. */
export type AgentDefinition = OwnFields & ClaudeCodeFields;

const FIELDS: Record<keyof OwnFields, (value: unknown) => boolean> = {
  description: isText,
  prompt: isText,
  tools: areTexts,
  disallowedTools: areTexts,
  model: isText,
  effort: (value) => ['low', 'medium', 'high', 'xhigh', 'max'].includes(String(value)),
  maxTurns: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0,
  permissionMode: isText,
};

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

/** Says what `agents` would have to be, after "must be "; `undefined` when it is fine. */
export function checkAgents(value: unknown): string | undefined {
  if (!isRecord(value)) return 'an object of agent definitions by name';
  for (const [name, definition] of Object.entries(value)) {
    if (!isRecord(definition) || !isText(definition['description']) || !isText(definition['prompt']))
      return `an object of { description, prompt, … } by name, which \`${name}\` is not`;
    for (const [field, given] of Object.entries(definition)) {
      if (given === undefined) continue;
      if (!isField(field)) return `made of fields that this engine knows, which \`${name}.${field}\` is not`;
      if (!FIELDS[field](given)) return `valid in every field, which \`${name}.${field}\` is not`;
    }
  }
  return undefined;
}

function isField(name: string): name is keyof OwnFields {
  return Object.hasOwn(FIELDS, name);
}
