import type { ApiMessage, ContentBlock, MessageParam, StreamEvent, Usage } from './messages-api/types.ts';

// The messages a program receives: those of the official TypeScript Agent SDK, field for field.
// Source: its public types; see docs/internals/facts/agent-protocol.md (a). Fields of ours begin with `colloquy_` or are listed there.

/** Permission modes as they are reported. Inputs may be wider: see `PermissionModeInput` in the options. */
export type PermissionMode = 'default' | 'acceptEdits' | 'plan' | 'bypassPermissions' | 'dontAsk';

type Common = {
  uuid: string;
  session_id: string;
  /** The label given to `ClaudeSDKClient.query()`, when the session has one. */
  session_label?: string | undefined;
};

export type SDKAssistantMessageError =
  | 'authentication_failed'
  | 'billing_error'
  | 'rate_limit'
  | 'overloaded'
  | 'invalid_request'
  | 'model_not_found'
  | 'server_error'
  | 'max_output_tokens'
  | 'unknown';

/** One finished content block of the model's answer; the blocks of one answer share `message.id`. */
export type SDKAssistantMessage = Common & {
  type: 'assistant';
  message: ApiMessage;
  parent_tool_use_id: string | null;
  agent_id?: string | undefined;
  subagent_type?: string | undefined;
  task_description?: string | undefined;
  error?: SDKAssistantMessageError | undefined;
  request_id?: string | undefined;
  timestamp?: string | undefined;
  /** Cut by an interrupt; the content may end in the middle of a word. */
  aborted?: true | undefined;
  /** Earlier messages to drop: the answer they belonged to broke off and was tried again. */
  supersedes?: string[] | undefined;
};

/** A user message: a prompt given by the program, or the result of a tool told by the engine. */
export type SDKUserMessage = {
  type: 'user';
  message: MessageParam;
  parent_tool_use_id: string | null;
  agent_id?: string | undefined;
  subagent_type?: string | undefined;
  task_description?: string | undefined;
  uuid?: string | undefined;
  session_id?: string | undefined;
  session_label?: string | undefined;
  isSynthetic?: boolean | undefined;
  /** On a tool's result: its structured output, or a string beginning with "Error:". */
  tool_use_result?: unknown;
  priority?: 'now' | 'next' | 'later' | undefined;
  origin?: SDKMessageOrigin | undefined;
  /** False: append without starting a turn. */
  shouldQuery?: boolean | undefined;
  timestamp?: string | undefined;
};

export type SDKMessageOrigin = { kind: string; [key: string]: unknown };

/** A prompt, told back to readers that ask for it, and to every reader of a server. */
export type SDKUserMessageReplay = Common & {
  type: 'user';
  message: MessageParam;
  parent_tool_use_id: string | null;
  isReplay: true;
  timestamp?: string | undefined;
  origin?: SDKMessageOrigin | undefined;
  priority?: 'now' | 'next' | 'later' | undefined;
};

export type SDKPermissionDenial = { tool_name: string; tool_use_id: string; tool_input: Record<string, unknown> };

export type ModelUsage = {
  inputTokens: number;
  outputTokens: number;
  thinkingTokens?: number | undefined;
  cacheReadInputTokens: number;
  cacheCreationInputTokens: number;
  webSearchRequests: number;
  costUSD: number;
  contextWindow: number;
  maxOutputTokens: number;
  /** `unknown`: no price is known for the model, and `costUSD` is 0. */
  costBasis?: 'list' | 'unknown' | undefined;
};

export type TerminalReason =
  | 'completed'
  | 'max_turns'
  | 'budget_exhausted'
  | 'structured_output_retry_exhausted'
  | 'aborted_streaming'
  | 'aborted_tools'
  | 'hook_stopped'
  | 'stop_hook_prevented'
  | 'tool_deferred'
  | 'tool_deferred_unavailable'
  | 'api_error'
  | 'model_error'
  | 'prompt_too_long'
  | 'turn_setup_failed';

type ResultCommon = Common & {
  type: 'result';
  duration_ms: number;
  duration_api_ms: number;
  is_error: boolean;
  /** 1 + the number of tool results. */
  num_turns: number;
  stop_reason: string | null;
  /** US dollars at list price, cumulative over the session. */
  total_cost_usd: number;
  /** The main thread's tokens of this turn. */
  usage: Usage;
  /** By model, cumulative over the session. */
  modelUsage: Record<string, ModelUsage>;
  permission_denials: SDKPermissionDenial[];
  terminal_reason?: TerminalReason | undefined;
  /** The client uuids of the prompts this result answers. */
  user_message_uuid?: string | undefined;
  user_message_uuids?: string[] | undefined;
  origin?: SDKMessageOrigin | undefined;
  /** Prompts still waiting. */
  queued_turn_count?: number | undefined;
};

export type SDKResultSuccess = ResultCommon & {
  subtype: 'success';
  /** Text of the last assistant message. */
  result: string;
  api_error_status?: number | null | undefined;
  /** A hook put this call off; it is decided again in the next turn. */
  deferred_tool_use?: { id: string; name: string; input: unknown } | undefined;
  /** With `outputFormat`: the answer in that form, if the model gave one; `result` is its JSON text. */
  structured_output?: unknown;
  ttft_ms?: number | undefined;
};

export type SDKResultError = ResultCommon & {
  subtype:
    | 'error_during_execution'
    | 'error_max_turns'
    | 'error_max_budget_usd'
    | 'error_max_structured_output_retries';
  errors: string[];
  /** The turn took longer than `timeoutMs`. */
  colloquy_timed_out?: true | undefined;
};

/** The end of a turn. */
export type SDKResultMessage = SDKResultSuccess | SDKResultError;

/** The first message of every turn: what the agent has to work with. */
export type SDKSystemMessage = Common & {
  type: 'system';
  subtype: 'init';
  apiKeySource: string;
  claude_code_version: string;
  cwd: string;
  tools: string[];
  mcp_servers: { name: string; status: string }[];
  model: string;
  permissionMode: PermissionMode;
  /** The mode as it was set, when it is one of Colloquy's own. */
  colloquy_mode?: string | undefined;
  slash_commands: string[];
  output_style: string;
  skills: string[];
  plugins: { name: string; path: string }[];
  capabilities?: string[] | undefined;
};

/** A raw event of the model's stream; only with `includePartialMessages`. */
export type SDKPartialAssistantMessage = Common & {
  type: 'stream_event';
  event: StreamEvent;
  parent_tool_use_id: string | null;
  /** The API message id that the event belongs to; the same as `message.id` of the assistant message that follows. */
  api_message_id?: string | undefined;
};

export type SDKStatusMessage = Common & {
  type: 'system';
  subtype: 'status';
  status: null;
  permissionMode?: PermissionMode | undefined;
  /** The mode as it was set, when it is one of Colloquy's own. */
  colloquy_mode?: string | undefined;
};

export type SDKAPIRetryMessage = Common & {
  type: 'system';
  subtype: 'api_retry';
  attempt: number;
  max_retries: number;
  retry_delay_ms: number;
  error_status: number | null;
  error: SDKAssistantMessageError;
};

export type SDKPermissionDeniedMessage = Common & {
  type: 'system';
  subtype: 'permission_denied';
  tool_name: string;
  tool_use_id: string;
  agent_id?: string | undefined;
  decision_reason_type?: string | undefined;
  decision_reason?: string | undefined;
  message: string;
};

export type SDKInformationalMessage = Common & {
  type: 'system';
  subtype: 'informational';
  content: string;
  level: 'info' | 'notice' | 'suggestion' | 'warning';
  tool_use_id?: string | undefined;
};

type HookMessage = Common & { type: 'system'; hook_id: string; hook_name: string; hook_event: string };

/** A command has begun to run as a hook; only with `includeHookEvents`, like its progress and its end. */
export type SDKHookStartedMessage = HookMessage & { subtype: 'hook_started' };

/** What it has written so far. */
export type SDKHookProgressMessage = HookMessage & {
  subtype: 'hook_progress';
  stdout: string;
  stderr: string;
  output: string;
};

export type SDKHookResponseMessage = HookMessage & {
  subtype: 'hook_response';
  stdout: string;
  stderr: string;
  output: string;
  exit_code?: number | undefined;
  outcome: 'success' | 'error' | 'cancelled';
};

/** Only at the doors of a server: a tool call waits for a person. Answered through `POST /v1/sessions/{id}/answers`. */
export type SDKPermissionRequestMessage = Common & {
  type: 'system';
  subtype: 'permission_request';
  /** What an answer names. */
  request: number;
  tool_name: string;
  tool_use_id: string;
  input: Record<string, unknown>;
  reason: string;
  suggestions: unknown[];
  /** Where a path outside the working folders really leads. */
  blocked_path?: string | undefined;
  /** The subagent whose call it is. */
  agent_id?: string | undefined;
};

/**
 * Only at the doors of a server: the request has been answered, by this or another viewer. A request whose tool use gets its
 * result without an answer fell away with its turn.
 */
export type SDKPermissionAnsweredMessage = Common & {
  type: 'system';
  subtype: 'permission_answered';
  request: number;
  tool_use_id: string;
  behavior: 'allow' | 'deny';
  by: string;
};

/** Only at the doors of a server: the prompt was withdrawn before a turn took it. */
export type SDKPromptWithdrawnMessage = Common & {
  type: 'system';
  subtype: 'prompt_withdrawn';
  prompt_uuid: string;
  by: string;
};

/** What became of a prompt: a turn took it, or it was withdrawn. Told only to readers that ask for it (`ReadOptions.lifecycle`). */
export type SDKCommandLifecycleMessage = Common & {
  type: 'command_lifecycle';
  command_uuid: string;
  state: 'started' | 'cancelled';
};

/** Work in the background, such as a shell command, has begun. */
export type SDKTaskStartedMessage = Common & {
  type: 'system';
  subtype: 'task_started';
  task_id: string;
  /** The call that has started it. */
  tool_use_id?: string | undefined;
  description: string;
  task_type?: string | undefined;
  /** Of a subagent: which one, and what it was told. */
  subagent_type?: string | undefined;
  prompt?: string | undefined;
};

/** What has changed in a task; its end above all. */
export type SDKTaskUpdatedMessage = Common & {
  type: 'system';
  subtype: 'task_updated';
  task_id: string;
  patch: {
    status?: 'pending' | 'running' | 'completed' | 'failed' | 'killed' | 'paused' | undefined;
    /** Milliseconds since 1970. */
    end_time?: number | undefined;
    error?: string | undefined;
  };
};

/** A task has ended. The model is told of it too, in a turn of its own if none runs. */
export type SDKTaskNotificationMessage = Common & {
  type: 'system';
  subtype: 'task_notification';
  task_id: string;
  tool_use_id?: string | undefined;
  status: 'completed' | 'failed' | 'stopped';
  /** Everything it has printed; there as long as the session is open. Empty for a subagent, whose report is the result of its call. */
  output_file: string;
  summary: string;
};

/** All work in the background that goes on now: it replaces the older list. */
export type SDKBackgroundTasksChangedMessage = Common & {
  type: 'system';
  subtype: 'background_tasks_changed';
  tasks: { task_id: string; task_type: string; description: string }[];
};

/** Everything a session tells. Switch on `type`, then on `subtype`. */
export type SDKMessage =
  | SDKAssistantMessage
  | SDKUserMessage
  | SDKUserMessageReplay
  | SDKResultMessage
  | SDKSystemMessage
  | SDKPartialAssistantMessage
  | SDKStatusMessage
  | SDKAPIRetryMessage
  | SDKPermissionDeniedMessage
  | SDKInformationalMessage
  | SDKHookStartedMessage
  | SDKHookProgressMessage
  | SDKHookResponseMessage
  | SDKTaskStartedMessage
  | SDKTaskUpdatedMessage
  | SDKTaskNotificationMessage
  | SDKBackgroundTasksChangedMessage
  | SDKPermissionRequestMessage
  | SDKPermissionAnsweredMessage
  | SDKPromptWithdrawnMessage
  | SDKCommandLifecycleMessage;

/** The text of an assistant or user message, its text blocks joined; of a result, its `result`; empty for anything else. */
export function textOf(message: SDKMessage): string {
  if (message.type === 'result') return message.subtype === 'success' ? message.result : '';
  if (message.type !== 'assistant' && message.type !== 'user') return '';
  const content: string | readonly (ContentBlock | { type: string })[] = message.message.content;
  if (typeof content === 'string') return content;
  return content.map((block) => ('text' in block && block.type === 'text' ? block.text : '')).join('');
}
