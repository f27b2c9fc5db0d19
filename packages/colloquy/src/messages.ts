import type { UUID } from './helpers/derived-uuid.ts';
import type { ApiMessage, ContentBlock, MessageParam, StreamEvent, Usage } from './messages-api/types.ts';
import type {
  ClaudeCodeMessage,
  Common,
  FastModeDisabledReason,
  FastModeState,
  PluginError,
  SDKBackgroundTasksChangedMessage,
  SDKHookProgressMessage,
  SDKHookResponseMessage,
  SDKHookStartedMessage,
  SDKMessageOrigin,
  SDKTaskNotificationMessage,
  SDKTaskStartedMessage,
  SDKTaskUpdatedMessage,
  TurnTimes,
} from './system-messages.ts';

// The messages a program receives: those of the official TypeScript Agent SDK, field for field.
// Source: its public types; see docs/internals/facts/agent-protocol.md (a). Fields of ours begin with `colloquy_` or are listed there.

/**
 * Permission modes as they are reported. Inputs may be wider: see `PermissionModeInput` in the options. `auto`, in which a model
 * judges calls, is refused when it is set, and never reported.
 */
export type PermissionMode = 'default' | 'acceptEdits' | 'plan' | 'bypassPermissions' | 'dontAsk' | 'auto';

export type SDKAssistantMessageError =
  | 'authentication_failed'
  | 'oauth_org_not_allowed'
  | 'account_on_hold'
  | 'verification_required'
  | 'cloud_credential_error'
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
  supersedes?: UUID[] | undefined;
  /** The client uuids of the prompts this answers; on the first answer of a turn. */
  user_message_uuid?: string | undefined;
  user_message_uuids?: string[] | undefined;
  resume_reason?: string | undefined;
  resumed_from_incomplete_thinking?: true | undefined;
};

/** What was decided about a tool call, and by whom. */
export type ToolResultMeta = {
  id: string;
  /** Why it was not run at all. */
  non_execution_kind?: string | undefined;
  permission_decision?:
    | {
        decision: 'accept' | 'reject';
        source: 'config' | 'hook' | 'user_temporary' | 'user_permanent' | 'user_reject';
        reason_type?: string | undefined;
      }
    | undefined;
};

/** A user message: a prompt given by the program, or the result of a tool told by the engine. */
export type SDKUserMessage = {
  type: 'user';
  message: MessageParam;
  parent_tool_use_id: string | null;
  agent_id?: string | undefined;
  subagent_type?: string | undefined;
  task_description?: string | undefined;
  /** Any text will do. */
  uuid?: string | undefined;
  session_id?: string | undefined;
  session_label?: string | undefined;
  isSynthetic?: boolean | undefined;
  /** On a tool's result: its structured output, or a string beginning with "Error:". */
  tool_use_result?: unknown;
  /** On a tool's result: who let the call run, or did not. */
  tool_result_meta?: ToolResultMeta[] | undefined;
  priority?: 'now' | 'next' | 'later' | undefined;
  origin?: SDKMessageOrigin | undefined;
  /** False: append without starting a turn. */
  shouldQuery?: boolean | undefined;
  timestamp?: string | undefined;
  /** Take the text as it is: no files, no slash commands in it. Only with `engine: 'cli'`, like what was pasted. */
  client_composed?: true | undefined;
  pasted_content?: MessageParam['content'][] | undefined;
  inline_pastes?: string[] | undefined;
};

/** A prompt, told back to readers that ask for it, and to every reader of a server. */
export type SDKUserMessageReplay = Common & {
  type: 'user';
  message: MessageParam;
  parent_tool_use_id: string | null;
  isReplay: true;
  timestamp?: string | undefined;
  origin?: SDKMessageOrigin | undefined;
  priority?: 'now' | 'next' | 'later' | undefined;
  isSynthetic?: boolean | undefined;
  tool_use_result?: unknown;
  shouldQuery?: boolean | undefined;
  client_composed?: true | undefined;
  file_attachments?: unknown[] | undefined;
  /** Who wrote it; at the doors of a server. */
  by?: string | undefined;
};

export type SDKPermissionDenial = { tool_name: string; tool_use_id: string; tool_input: Record<string, unknown> };

export type ModelUsage = {
  inputTokens: number;
  outputTokens: number;
  thinkingTokens?: number | undefined;
  cacheReadInputTokens: number;
  cacheCreationInputTokens: number;
  /** How long they are kept. */
  cacheCreationEphemeral5mInputTokens?: number | undefined;
  cacheCreationEphemeral1hInputTokens?: number | undefined;
  canonicalModel?: string | undefined;
  /** Who offers the model; not told where the program brought a client of its own. */
  provider?: string | undefined;
  webSearchRequests: number;
  costUSD: number;
  contextWindow: number;
  maxOutputTokens: number;
  /** `unknown`: no price is known for the model, and `costUSD` is 0. */
  costBasis?: 'list' | 'managed' | 'unknown' | undefined;
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
  | 'image_error'
  | 'prompt_too_long'
  | 'blocking_limit'
  | 'rapid_refill_breaker'
  | 'malformed_tool_use_exhausted'
  | 'background_requested'
  | 'turn_setup_failed';

/** Tokens that were added up: nothing is null. */
export type ResultUsage = Usage & {
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  fallback_credit?: unknown;
  iterations?: unknown[] | undefined;
};

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
  usage: ResultUsage;
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
  /** Which result of this run it is, from 0: since its session was opened in this process. */
  result_index?: number | undefined;
  /** Only with `engine: 'cli'`, like all below. */
  resume_reason?: string | undefined;
  credential_expires_at?: string | undefined;
  fast_mode_state?: FastModeState | undefined;
  fast_mode_disabled_reason?: FastModeDisabledReason | undefined;
};

export type SDKResultSuccess = ResultCommon &
  TurnTimes & {
    subtype: 'success';
    /** Text of the last assistant message. */
    result: string;
    api_error_status?: number | null | undefined;
    /** A hook put this call off; it is decided again in the next turn. */
    deferred_tool_use?: { id: string; name: string; input: Record<string, unknown> } | undefined;
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
  /** Why Claude Code did not start. */
  startup_failure_reason?: string | undefined;
  invalid_config_file?:
    | { path: string; is_global: boolean; backup_searched: boolean; backup_path?: string | undefined }
    | undefined;
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
  mcp_servers: { name: string; status: string; source?: string | undefined }[];
  model: string;
  permissionMode: PermissionMode;
  /** The mode as it was set, when it is one of Colloquy's own. */
  colloquy_mode?: string | undefined;
  slash_commands: string[];
  output_style: string;
  skills: string[];
  plugins: { name: string; path: string; version?: string | undefined }[];
  capabilities?: string[] | undefined;
  agents?: string[] | undefined;
  betas?: string[] | undefined;
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null | undefined;
  fast_mode_state?: FastModeState | undefined;
  fast_mode_disabled_reason?: FastModeDisabledReason | undefined;
  plugin_errors?: PluginError[] | undefined;
  terminal_slash_commands?: string[] | undefined;
  view_mode?: 'focus' | 'default' | undefined;
};

/** A raw event of the model's stream; only with `includePartialMessages`. */
export type SDKPartialAssistantMessage = Common & {
  type: 'stream_event';
  event: StreamEvent;
  parent_tool_use_id: string | null;
  /** The API message id that the event belongs to; the same as `message.id` of the assistant message that follows. */
  api_message_id?: string | undefined;
  /** Milliseconds to the first token, on `message_start`; only with `engine: 'cli'`. */
  ttft_ms?: number | undefined;
  /** The client uuids of the prompts this answers; on the first answer of a turn. */
  user_message_uuid?: string | undefined;
  user_message_uuids?: string[] | undefined;
  resume_reason?: string | undefined;
};

export type SDKStatusMessage = Common & {
  type: 'system';
  subtype: 'status';
  /** `requesting`: the model is asked; told to readers of the stream's events. */
  status: 'compacting' | 'requesting' | null;
  compact_result?: 'success' | 'failed' | undefined;
  compact_error?: string | undefined;
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
  no_response?: { waited_ms: number; retry_wait_ms: number } | undefined;
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
  prevent_continuation?: boolean | undefined;
  tag?: string | undefined;
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

/**
 * What becomes of a prompt: it was accepted, a turn has taken it, that turn has ended (however it did), or it was withdrawn. Readers
 * that ask for it (`ReadOptions.lifecycle`) are told of `started` and `cancelled`; at the doors of a server all are told.
 */
export type SDKCommandLifecycleMessage = Common & {
  type: 'command_lifecycle';
  command_uuid: string;
  state: 'queued' | 'started' | 'completed' | 'cancelled';
};

/**
 * Only at the doors of a server: a tool call is to be run by whoever declared the tool, or by a worker, and the turn waits for its
 * result. Answered by the control `toolResult`; one that gets its `tool_result` unanswered fell away with its turn.
 */
export type SDKToolCallRequestMessage = Common & {
  type: 'system';
  subtype: 'tool_call_request';
  tool_use_id: string;
  tool_name: string;
  input: Record<string, unknown>;
  /** The tool use that has started the subagent whose call it is. */
  parent_tool_use_id: string | null;
};

/** Only at the doors of a server: the result of such a call has come. */
export type SDKToolCallAnsweredMessage = Common & {
  type: 'system';
  subtype: 'tool_call_answered';
  tool_use_id: string;
  by: string;
};

/**
 * The conversation goes on from before a prompt: that prompt, all that was told from the beginning of its turn on, and the other prompts
 * of these turns no longer count.
 */
export type SDKConversationRewoundMessage = Common & {
  type: 'system';
  subtype: 'conversation_rewound';
  prompt_uuid: string;
  /** All prompts that no longer count, oldest first. */
  dropped_prompts: string[];
  /** The `init` of the first turn that no longer counts. */
  from_uuid: string;
  by: string;
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
  | SDKToolCallRequestMessage
  | SDKToolCallAnsweredMessage
  | SDKConversationRewoundMessage
  | SDKCommandLifecycleMessage
  | ClaudeCodeMessage;

/** The text of an assistant or user message, its text blocks joined; of a result, its `result`; empty for anything else. */
export function textOf(message: SDKMessage): string {
  if (message.type === 'result') return message.subtype === 'success' ? message.result : '';
  if (message.type !== 'assistant' && message.type !== 'user') return '';
  const content: string | readonly (ContentBlock | { type: string })[] = message.message.content;
  if (typeof content === 'string') return content;
  return content.map((block) => ('text' in block && block.type === 'text' ? block.text : '')).join('');
}
