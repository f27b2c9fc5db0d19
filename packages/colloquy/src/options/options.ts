import type { MessagesCreator } from '../messages-api/from-anthropic-client.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import type { HookEvent } from './hook-inputs.ts';
import type { AgentDefinition } from './agents.ts';
import type { CliOptions } from './cli-options.ts';
import type { HookCallbackMatcher } from './hooks.ts';
import type { McpServerConfig } from './mcp.ts';
import type { CanUseTool, PermissionModeInput } from './permissions.ts';
import type { SandboxSettings } from './sandbox.ts';
import type { ServerConnection } from './server-connection.ts';
import type { Settings } from './settings.ts';
import type { WebFetchOptions } from './web-fetch.ts';

/** How a conversation is held. The names and meanings are those of the official TypeScript Agent SDK; those of ours are marked. */
export type Options = CliOptions & {
  /** Abandons everything; iteration then throws `AbortError`. To end only the running turn, use `interrupt()`. */
  abortController?: AbortController | undefined;
  /** Further folders that the tools may touch, besides `cwd`. */
  additionalDirectories?: string[] | undefined;
  /** Subagents that the Agent tool may start, by name, besides `general-purpose`. */
  agents?: Record<string, AgentDefinition> | undefined;
  /** Must be true for `bypassPermissions`. */
  allowDangerouslySkipPermissions?: boolean | undefined;
  /** Allow rules, such as `Read` or `Bash(npm test)`. They do not limit which tools the model is offered; `tools` does. */
  allowedTools?: string[] | undefined;
  /** Deny rules. A bare tool name also takes the tool from the model. */
  disallowedTools?: string[] | undefined;
  canUseTool?: CanUseTool | undefined;
  /** Resume the newest session of `cwd`; a new one when there is none. */
  continue?: boolean | undefined;
  /** Where tools work. Default: the process's working directory. */
  cwd?: string | undefined;
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | undefined;
  /** Back files up before tools change them, so that `rewindFiles()` can set them back. */
  enableFileCheckpointing?: boolean | undefined;
  /** Replaces the process's environment: credentials, endpoint, and what commands see. */
  env?: Record<string, string | undefined> | undefined;
  /** With `resume`: a new session with the same history. */
  forkSession?: boolean | undefined;
  /** Tell what subagents say and think too, not only the tools that they use. */
  forwardSubagentText?: boolean | undefined;
  hooks?: Partial<Record<HookEvent, HookCallbackMatcher[]>> | undefined;
  /** Tell the life of commands that run as hooks: `hook_started`, `hook_progress`, `hook_response`. */
  includeHookEvents?: boolean | undefined;
  includePartialMessages?: boolean | undefined;
  /**
   * Stop before the request that could pass this cost, in US dollars at list price, over the whole session.
   * @throws ConfigurationError if not a positive number, or if the model's price is not known.
   */
  maxBudgetUsd?: number | undefined;
  /** Most model requests that one turn may make. Default: no bound. */
  maxTurns?: number | undefined;
  mcpServers?: Record<string, McpServerConfig> | undefined;
  /** A model id, or `opus`, `sonnet`, `haiku`, `fable`. Default: the `ANTHROPIC_MODEL` variable, else `claude-opus-5-5`. */
  model?: string | undefined;
  /**
   * The form of the final answer, as a JSON Schema of an object; `structured_output` of the result holds it. Ours: `json` for any
   * object, and `text` for none, which is the default.
   */
  outputFormat?: { type: 'json_schema'; schema: Record<string, unknown> } | 'text' | 'json' | undefined;
  permissionMode?: PermissionModeInput | undefined;
  /** `none`: nobody is asked, and what would have to be asked is denied. Default `host`: `canUseTool`, or the doors of a server. */
  permissionPrompts?: 'host' | 'none' | undefined;
  /** True: an interrupt ends the turn alone. Default: it ends work in the background too. */
  perTaskStopAffordance?: boolean | undefined;
  /** False: keep the conversation in memory, and only as long as its session is open. Default true: in the store. */
  persistSession?: boolean | undefined;
  /** What the model is told while it plans, in place of our words. */
  planModeInstructions?: string | undefined;
  /** The id of the session to go on with. */
  resume?: string | undefined;
  /** Where commands run. Default: in a sandbox where one works, else without. @see docs/sandbox.md */
  sandbox?: SandboxSettings | undefined;
  /** The id for a new session, a UUID. Not with `resume` or `continue`, unless forking. */
  sessionId?: string | undefined;
  /**
   * The settings files whose `permissions` count: `~/.claude/settings.json` (user), `.claude/settings.json` (project) and
   * `.claude/settings.local.json` (local). Default: all; on a server, none. See docs/permissions.md for what each may do.
   */
  settingSources?: ('user' | 'project' | 'local')[] | undefined;
  /** Settings as a settings file would hold them, or the path of one; of its keys, those of `Settings`. They count before those of files. */
  settings?: string | Settings | undefined;
  /** Default: a short prompt of ours. */
  systemPrompt?:
    | string
    | string[]
    | { type: 'custom'; prompt: string | string[]; snapshot?: boolean | undefined }
    | {
        type: 'preset';
        preset: 'claude_code';
        append?: string | undefined;
        excludeDynamicSections?: boolean | undefined;
        snapshot?: boolean | undefined;
      }
    | undefined;
  thinking?:
    | { type: 'adaptive'; display?: 'summarized' | 'omitted' | undefined }
    | { type: 'enabled'; budgetTokens?: number | undefined; display?: 'summarized' | 'omitted' | undefined }
    | { type: 'disabled' }
    | undefined;
  title?: string | undefined;
  /** The built-in tools to offer; `[]` for none. Default: all. */
  tools?: string[] | { type: 'preset'; preset: 'claude_code' } | undefined;

  /** Ours. A client with the `messages.create({ stream: true })` of `@anthropic-ai/sdk`, in place of the built-in one: Bedrock, Vertex, gateways. */
  client?: MessagesCreator | undefined;
  /**
   * Ours. What runs the conversation: our own loop in this process (`api`, the default), the real Claude Code, in a process of its
   * own for each session (`cli`), or a Colloquy server (`remote`, the default in browsers). @see docs/engines.md
   */
  engine?: 'api' | 'cli' | 'remote' | undefined;
  /** Ours. Most tokens of one answer. Default: 32,000, or the model's maximum if that is lower. */
  maxOutputTokens?: number | undefined;
  /** Ours. Retries of one model request after an error that may pass. Default 10. */
  maxRetries?: number | undefined;
  /** Ours. `separate` (default): each prompt has its own turn and result; `merge`: waiting prompts join one turn, as in the official SDK. */
  promptQueue?: 'separate' | 'merge' | undefined;
  /** Ours. Replaces the network. */
  send?: HttpSend | undefined;
  /** Ours. The server that runs the conversation; with `engine: 'remote'`, which needs it. @see docs/remote.md */
  server?: ServerConnection | undefined;
  /** Ours. The model that WebFetch and WebSearch ask, in requests of their own. Default: `haiku`. */
  smallModel?: string | undefined;
  /** Ours. A turn that takes longer ends with `error_during_execution`. Milliseconds; default: no bound. */
  timeoutMs?: number | undefined;
  /** Ours. Say on the error output what goes on: a line for each message, with the beginning of what it says. Default false. */
  verbose?: boolean | undefined;
  /** Ours. How WebFetch reaches pages, intranets among them. */
  webFetch?: WebFetchOptions | undefined;
};
