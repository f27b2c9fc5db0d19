import type { UUID } from './helpers/derived-uuid.ts';

// Messages about what goes on beside the conversation, field for field those of the official TypeScript Agent SDK.
// Source: its public types; see docs/internals/facts/agent-protocol.md (a).

/** What every message carries. */
export type Common = {
  uuid: UUID;
  session_id: string;
  /** The label given to `ClaudeSDKClient.query()`, when the session has one. */
  session_label?: string | undefined;
};

type System<Subtype extends string> = Common & { type: 'system'; subtype: Subtype };

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
  is_backgrounded?: boolean | undefined;
  spawn_depth?: number | undefined;
  parent_task_id?: string | undefined;
  run_id?: string | undefined;
  workflow_name?: string | undefined;
  skip_transcript?: boolean | undefined;
  ambient?: boolean | undefined;
};

/** What has changed in a task; its end above all. */
export type SDKTaskUpdatedMessage = Common & {
  type: 'system';
  subtype: 'task_updated';
  task_id: string;
  run_id?: string | undefined;
  patch: {
    status?: 'pending' | 'running' | 'completed' | 'failed' | 'killed' | 'paused' | undefined;
    /** Milliseconds since 1970. */
    end_time?: number | undefined;
    error?: string | undefined;
    description?: string | undefined;
    total_paused_ms?: number | undefined;
    is_backgrounded?: boolean | undefined;
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
  run_id?: string | undefined;
  reason?: 'worker_restart' | undefined;
  usage?: { total_tokens: number; tool_uses: number; duration_ms: number } | undefined;
  resource_links?: { uri: string; name: string; [field: string]: unknown }[] | undefined;
  skip_transcript?: boolean | undefined;
  ambient?: boolean | undefined;
};

/** All work in the background that goes on now: it replaces the older list. */
export type SDKBackgroundTasksChangedMessage = Common & {
  type: 'system';
  subtype: 'background_tasks_changed';
  tasks: {
    task_id: string;
    task_type: string;
    description: string;
    run_id?: string | undefined;
    subagent_type?: string | undefined;
    parent_task_id?: string | undefined;
    ambient?: boolean | undefined;
  }[];
};

/** Who a prompt is from, if not from a person. */
export type SDKMessageOrigin =
  | { kind: 'human' | 'coordinator' | 'unclassified' | 'auto-continuation' | 'observer-activity' }
  | { kind: 'channel'; server: string }
  | {
      kind: 'peer';
      from: string;
      fromMode?: 'bypass' | 'prompting' | undefined;
      name?: string | undefined;
      fromSession?: string | undefined;
      senderTaskId?: string | undefined;
      body?: string | undefined;
      verifiedPeerPid?: number | undefined;
    }
  | {
      kind: 'task-notification';
      subkind?: 'scheduled-trigger' | 'peer-send-message' | 'projects-relay' | 'session-inbox' | undefined;
      fireReason?: string | undefined;
      runId?: string | undefined;
    }
  | { kind: 'observer'; from: string; senderTaskId: string };

export type FastModeState = 'off' | 'cooldown' | 'on';
export type FastModeDisabledReason =
  | 'free'
  | 'preference'
  | 'extra_usage_disabled'
  | 'network_error'
  | 'unknown'
  | 'not_first_party'
  | 'disabled_by_env'
  | 'model_not_allowed'
  | 'sdk_opt_in_required'
  | 'pending';

/** What was wrong with a plugin. */
export type PluginError = {
  plugin: string;
  type: string;
  message: string;
  path?: string | undefined;
  managed_lock?: { plugin_enabled: boolean; name: string; marketplace?: string | undefined } | undefined;
};

type QueuedBehind = 'durable_post' | 'ephemeral_post' | 'retry_backoff' | 'hold' | 'none';

/** When what happened in a turn, and which slash command was all of its prompt; only with `engine: 'cli'`. */
export type TurnTimes = {
  local_command?: string | undefined;
  ttft_stream_ms?: number | undefined;
  time_to_request_ms?: number | undefined;
  time_to_request_from_spawn_ms?: number | undefined;
  request_sent_wall_ms?: number | undefined;
  first_content_frame_ms?: number | undefined;
  time_origin_ms?: number | undefined;
  warm_spare_claimed?: boolean | undefined;
  first_stream_post_ms?: number | undefined;
  first_stream_post_ack_ms?: number | undefined;
  first_stream_post_queue_wait_ms?: number | undefined;
  first_stream_post_queued_behind?: QueuedBehind | undefined;
  first_stream_post_wall_ms?: number | undefined;
  first_text_post_ms?: number | undefined;
  first_text_post_queue_wait_ms?: number | undefined;
  first_text_post_queued_behind?: QueuedBehind | undefined;
  first_text_post_wall_ms?: number | undefined;
};

// What follows the real Claude Code alone tells (`engine: 'cli'`): our own loop has nothing of the kind.

/** A command that begins with `/`. */
export type SlashCommand = {
  name: string;
  description: string;
  argumentHint: string;
  aliases?: string[] | undefined;
  builtin?: boolean | undefined;
};

export type SDKCompactBoundaryMessage = System<'compact_boundary'> & {
  compact_metadata: {
    trigger: 'manual' | 'auto';
    pre_tokens: number;
    post_tokens?: number | undefined;
    duration_ms?: number | undefined;
    preserved_segment?: { head_uuid: UUID; anchor_uuid: UUID; tail_uuid: UUID } | undefined;
    preserved_messages?: { anchor_uuid: UUID; uuids: UUID[] } | undefined;
  };
};

/** `idle` is the last word on whether a turn runs. */
export type SDKSessionStateChangedMessage = System<'session_state_changed'> & {
  state: 'idle' | 'running' | 'requires_action';
};

export type SDKTaskProgressMessage = System<'task_progress'> & {
  task_id: string;
  run_id?: string | undefined;
  tool_use_id?: string | undefined;
  description: string;
  subagent_type?: string | undefined;
  usage: { total_tokens: number; tool_uses: number; duration_ms: number };
  last_tool_name?: string | undefined;
  summary?: string | undefined;
};

export type SDKLocalCommandOutputMessage = System<'local_command_output'> & { content: string };
export type SDKCommandsChangedMessage = System<'commands_changed'> & { commands: SlashCommand[] };

export type SDKNotificationMessage = System<'notification'> & {
  key: string;
  text: string;
  priority: 'low' | 'medium' | 'high' | 'immediate';
  color?: string | undefined;
  timeout_ms?: number | undefined;
};

export type SDKMemoryRecallMessage = System<'memory_recall'> & {
  mode: 'select' | 'synthesize';
  memories: { path: string; scope: 'personal' | 'team' | 'organization'; content?: string | undefined }[];
};

export type SDKThinkingTokensMessage = System<'thinking_tokens'> & {
  estimated_tokens: number;
  estimated_tokens_delta: number;
  user_message_uuid?: string | undefined;
};

export type SDKFilesPersistedEvent = System<'files_persisted'> & {
  files: { filename: string; file_id: string }[];
  failed: { filename: string; error: string }[];
  processed_at: string;
};

export type SDKMirrorErrorMessage = System<'mirror_error'> & {
  error: string;
  key: { projectKey: string; sessionId: string; subpath?: string | undefined };
};

export type SDKSessionWritesLostMessage = System<'session_writes_lost'> & {
  error_code: 'ENOSPC' | 'EDQUOT';
  lost: ('transcript' | 'global_config')[];
  transcript_session_ids?: string[] | undefined;
};

export type SDKElicitationCompleteMessage = System<'elicitation_complete'> & {
  mcp_server_name: string;
  elicitation_id: string;
};

export type SDKPluginInstallMessage = System<'plugin_install'> & {
  status: 'started' | 'installed' | 'failed' | 'completed';
  name?: string | undefined;
  error?: string | undefined;
};

type Refusal = {
  original_model: string;
  request_id: string | null;
  api_refusal_category?: string | null | undefined;
  api_refusal_explanation?: string | null | undefined;
  refused_user_message_uuid?: string | null | undefined;
  content: string;
};

export type SDKModelRefusalFallbackMessage = System<'model_refusal_fallback'> &
  Refusal & {
    trigger: 'refusal';
    direction: 'retry' | 'revert' | 'sticky';
    scope?: 'session' | 'local' | undefined;
    fallback_model: string;
    retracted_message_uuids?: string[] | undefined;
  };
export type SDKModelRefusalNoFallbackMessage = System<'model_refusal_no_fallback'> & Refusal;

export type SDKControlRequestProgressMessage = System<'control_request_progress'> & {
  request_id: string;
  status: 'started' | 'api_retry';
  attempt?: number | undefined;
  max_retries?: number | undefined;
  retry_delay_ms?: number | undefined;
  error_status?: number | null | undefined;
};

export type SDKWorkerShuttingDownMessage = System<'worker_shutting_down'> & { reason: string };

export type SDKToolProgressMessage = Common & {
  type: 'tool_progress';
  tool_use_id: string;
  tool_name: string;
  parent_tool_use_id: string | null;
  elapsed_time_seconds: number;
  task_id?: string | undefined;
  heartbeat?: boolean | undefined;
  subagent_type?: string | undefined;
  subagent_retry?:
    | {
        agent_id: string;
        attempt: number;
        max_retries: number;
        retry_delay_ms: number;
        error_status: number | null;
        error_category: string;
      }
    | undefined;
};

export type SDKToolUseSummaryMessage = Common & {
  type: 'tool_use_summary';
  summary: string;
  preceding_tool_use_ids: string[];
};

export type SDKAuthStatusMessage = Common & {
  type: 'auth_status';
  isAuthenticating: boolean;
  output: string[];
  error?: string | undefined;
};

export type SDKPromptSuggestionMessage = Common & { type: 'prompt_suggestion'; suggestion: string };

export type SDKConversationResetMessage = Common & {
  type: 'conversation_reset';
  new_conversation_id: UUID;
  trigger?: 'clear' | 'plan_mode_exit' | 'fresh_session' | 'onboarding' | undefined;
  user_message_uuid?: string | undefined;
  timestamp?: string | undefined;
};

type LimitStatus = 'allowed' | 'allowed_warning' | 'rejected';

/** How much of a subscription is used up. */
export type SDKRateLimitInfo = {
  status: LimitStatus;
  /** Seconds since 1970. */
  resetsAt?: number | undefined;
  rateLimitType?:
    | 'five_hour'
    | 'seven_day'
    | 'seven_day_opus'
    | 'seven_day_sonnet'
    | 'seven_day_overage_included'
    | 'overage'
    | undefined;
  utilization?: number | undefined;
  overageStatus?: LimitStatus | undefined;
  overageResetsAt?: number | undefined;
  overageDisabledReason?:
    | 'overage_not_provisioned'
    | 'org_level_disabled'
    | 'org_level_disabled_until'
    | 'out_of_credits'
    | 'seat_tier_level_disabled'
    | 'member_level_disabled'
    | 'seat_tier_zero_credit_limit'
    | 'group_zero_credit_limit'
    | 'member_zero_credit_limit'
    | 'org_service_level_disabled'
    | 'no_limits_configured'
    | 'fetch_error'
    | 'unknown'
    | undefined;
  isUsingOverage?: boolean | undefined;
  overageInUse?: boolean | undefined;
  overageEnabled?: boolean | undefined;
  limitScope?: 'service' | 'channel' | 'group_pool' | undefined;
  canUserPurchaseCredits?: boolean | undefined;
  hasChargeableSavedPaymentMethod?: boolean | undefined;
  surpassedThreshold?: number | undefined;
  errorCode?: 'credits_required' | undefined;
};

export type SDKRateLimitEvent = Common & { type: 'rate_limit_event'; rate_limit_info: SDKRateLimitInfo };

/** What only the real Claude Code tells. */
export type ClaudeCodeMessage =
  | SDKCompactBoundaryMessage
  | SDKSessionStateChangedMessage
  | SDKTaskProgressMessage
  | SDKLocalCommandOutputMessage
  | SDKCommandsChangedMessage
  | SDKNotificationMessage
  | SDKMemoryRecallMessage
  | SDKThinkingTokensMessage
  | SDKFilesPersistedEvent
  | SDKMirrorErrorMessage
  | SDKSessionWritesLostMessage
  | SDKElicitationCompleteMessage
  | SDKPluginInstallMessage
  | SDKModelRefusalFallbackMessage
  | SDKModelRefusalNoFallbackMessage
  | SDKControlRequestProgressMessage
  | SDKWorkerShuttingDownMessage
  | SDKToolProgressMessage
  | SDKToolUseSummaryMessage
  | SDKAuthStatusMessage
  | SDKPromptSuggestionMessage
  | SDKConversationResetMessage
  | SDKRateLimitEvent;
