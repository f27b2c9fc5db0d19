import type { PermissionMode, SDKAssistantMessageError } from '../messages.ts';
import type { Effort } from '../messages-api/models.ts';
import type { PermissionUpdate } from './permissions.ts';

/** What every hook is told. */
export type BaseHookInput = {
  session_id: string;
  /** Empty: the conversation lives in the store, not in a file. */
  transcript_path: string;
  cwd: string;
  /** The uuid of the newest prompt of the running turn. */
  prompt_id?: string | undefined;
  permission_mode?: PermissionMode | undefined;
  /** Only inside an agent that a tool has started. */
  agent_id?: string | undefined;
  agent_type?: string | undefined;
  effort?: { level: Effort } | undefined;
};

type Provenance = { mcp_server?: { name: string; source: string } | undefined };
type ToolFields = { tool_name: string; tool_input: unknown; tool_use_id: string };

type ModelSwitchFields = {
  from_model: string;
  to_model: string;
  /** As it was asked for: an alias or an id; null for the session's first one. */
  requested_model: string | null;
  /** Other than `sdk` only with `engine: 'cli'`. */
  source: 'command' | 'picker' | 'sdk';
  /** Tokens of the conversation as the API last counted them. */
  context_tokens: number;
  /** Whether the API may still hold the conversation for the model so far. */
  prompt_cache_warm: boolean;
  cache_ttl: '5m' | '1h';
  /** What writing the conversation into the new model's cache would cost; 0 when no price is known. */
  estimated_cache_write_usd: number;
  /** Where the price is from; `default`: none is known. */
  pricing: 'configured' | 'catalog' | 'default';
};

/** What each event tells besides what every event tells. @see docs/hooks.md for when they fire */
export type HookFields = {
  PreToolUse: ToolFields & Provenance;
  PostToolUse: ToolFields & Provenance & { tool_response: unknown; duration_ms?: number | undefined };
  PostToolUseFailure: ToolFields &
    Provenance & { error: string; is_interrupt?: boolean | undefined; duration_ms?: number | undefined };
  /** All calls of one answer; `tool_response` is what the model is told. */
  PostToolBatch: { tool_calls: (ToolFields & { tool_response?: unknown })[] };
  PermissionRequest: Provenance & {
    tool_name: string;
    tool_input: unknown;
    permission_suggestions?: PermissionUpdate[] | undefined;
  };
  PermissionDenied: ToolFields & Provenance & { reason: string };
  UserPromptSubmit: {
    prompt: string;
    source?: 'user' | 'sdk' | 'system' | 'loop_wakeup' | 'schedule_wakeup' | 'poll_event' | undefined;
    session_title?: string | undefined;
  };
  UserPromptExpansion: {
    expansion_type: 'slash_command' | 'mcp_prompt';
    command_name: string;
    command_args: string;
    command_source?: string | undefined;
    prompt: string;
  };
  SessionStart: {
    source: 'startup' | 'resume' | 'clear' | 'compact' | 'fork';
    model?: string | undefined;
    agent_type?: string | undefined;
    session_title?: string | undefined;
    context_tokens?: number | undefined;
    /** Of a session that goes on; only with `engine: 'cli'`. */
    seconds_since_last_response?: number | undefined;
    prompt_cache_likely_expired?: boolean | undefined;
    estimated_cache_write_usd?: number | undefined;
  };
  SessionEnd: { reason: ExitReason };
  Stop: StopFields;
  StopFailure: {
    error: SDKAssistantMessageError;
    error_details?: string | undefined;
    last_assistant_message?: string | undefined;
  };
  SubagentStart: { agent_id: string; agent_type: string };
  SubagentStop: StopFields & {
    agent_id: string;
    agent_type: string;
    /** Empty, like `transcript_path`. */
    agent_transcript_path: string;
  };
  PreCompact: { trigger: 'manual' | 'auto'; custom_instructions: string | null };
  PostCompact: { trigger: 'manual' | 'auto'; compact_summary: string };
  PreModelSwitch: ModelSwitchFields;
  PostModelSwitch: ModelSwitchFields;
  Notification: { message: string; title?: string | undefined; notification_type: string };
  Setup: { trigger: 'init' | 'maintenance' };
  Elicitation: {
    mcp_server_name: string;
    message: string;
    mode?: 'form' | 'url' | undefined;
    url?: string | undefined;
    elicitation_id?: string | undefined;
    requested_schema?: Record<string, unknown> | undefined;
  };
  ElicitationResult: {
    mcp_server_name: string;
    mode?: 'form' | 'url' | undefined;
    elicitation_id?: string | undefined;
    action: 'accept' | 'decline' | 'cancel';
    content?: Record<string, unknown> | undefined;
  };
  TaskCreated: TaskFields;
  TaskCompleted: TaskFields;
  TeammateIdle: { teammate_name: string; team_name: string };
  ConfigChange: {
    source: 'user_settings' | 'project_settings' | 'local_settings' | 'policy_settings' | 'skills';
    file_path?: string | undefined;
  };
  InstructionsLoaded: {
    file_path: string;
    memory_type: 'User' | 'Project' | 'Local' | 'Managed';
    load_reason: 'session_start' | 'nested_traversal' | 'path_glob_match' | 'include' | 'compact';
    globs?: string[] | undefined;
    trigger_file_path?: string | undefined;
    parent_file_path?: string | undefined;
  };
  CwdChanged: { old_cwd: string; new_cwd: string };
  FileChanged: { file_path: string; event: 'change' | 'add' | 'unlink' };
  /** `slash_command`: a person has added it; here that is always so. */
  DirectoryAdded: { directory: string; source: 'slash_command' | 'register_repo_root' };
  WorktreeCreate: { name: string };
  WorktreeRemove: { worktree_path: string };
  MessageDisplay: { turn_id: string; message_id: string; index: number; final: boolean; delta: string };
};

type StopFields = {
  stop_hook_active: boolean;
  last_assistant_message?: string | undefined;
  /** What goes on in the background, and what is to be done at what time; only with `engine: 'cli'`. */
  background_tasks?:
    | {
        id: string;
        type: string;
        status: string;
        description: string;
        command?: string | undefined;
        agent_type?: string | undefined;
        server?: string | undefined;
        tool?: string | undefined;
        name?: string | undefined;
      }[]
    | undefined;
  session_crons?: { id: string; schedule: string; recurring: boolean; prompt: string }[] | undefined;
};

type TaskFields = {
  task_id: string;
  task_subject: string;
  task_description?: string | undefined;
  teammate_name?: string | undefined;
  team_name?: string | undefined;
};

/** Why a session ended. Here it is always `other`: the program, or the server that held it, has closed it. */
export const EXIT_REASONS = ['clear', 'resume', 'logout', 'prompt_input_exit', 'other'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

export type HookEvent = keyof HookFields;
type HookInputs = { [E in HookEvent]: BaseHookInput & { hook_event_name: E } & HookFields[E] };
/** What a hook is told; `hook_event_name` says which one it is. */
export type HookInput = HookInputs[HookEvent];

export type PreToolUseHookInput = HookInputs['PreToolUse'];
export type PostToolUseHookInput = HookInputs['PostToolUse'];
export type PostToolUseFailureHookInput = HookInputs['PostToolUseFailure'];
export type PostToolBatchHookInput = HookInputs['PostToolBatch'];
export type PermissionRequestHookInput = HookInputs['PermissionRequest'];
export type PermissionDeniedHookInput = HookInputs['PermissionDenied'];
export type UserPromptSubmitHookInput = HookInputs['UserPromptSubmit'];
export type UserPromptExpansionHookInput = HookInputs['UserPromptExpansion'];
export type SessionStartHookInput = HookInputs['SessionStart'];
export type SessionEndHookInput = HookInputs['SessionEnd'];
export type StopHookInput = HookInputs['Stop'];
export type StopFailureHookInput = HookInputs['StopFailure'];
export type SubagentStartHookInput = HookInputs['SubagentStart'];
export type SubagentStopHookInput = HookInputs['SubagentStop'];
export type PreCompactHookInput = HookInputs['PreCompact'];
export type PostCompactHookInput = HookInputs['PostCompact'];
export type PreModelSwitchHookInput = HookInputs['PreModelSwitch'];
export type PostModelSwitchHookInput = HookInputs['PostModelSwitch'];
export type NotificationHookInput = HookInputs['Notification'];
export type SetupHookInput = HookInputs['Setup'];
export type ElicitationHookInput = HookInputs['Elicitation'];
export type ElicitationResultHookInput = HookInputs['ElicitationResult'];
export type TaskCreatedHookInput = HookInputs['TaskCreated'];
export type TaskCompletedHookInput = HookInputs['TaskCompleted'];
export type TeammateIdleHookInput = HookInputs['TeammateIdle'];
export type ConfigChangeHookInput = HookInputs['ConfigChange'];
export type InstructionsLoadedHookInput = HookInputs['InstructionsLoaded'];
export type CwdChangedHookInput = HookInputs['CwdChanged'];
export type FileChangedHookInput = HookInputs['FileChanged'];
export type DirectoryAddedHookInput = HookInputs['DirectoryAdded'];
export type WorktreeCreateHookInput = HookInputs['WorktreeCreate'];
export type WorktreeRemoveHookInput = HookInputs['WorktreeRemove'];
export type MessageDisplayHookInput = HookInputs['MessageDisplay'];
