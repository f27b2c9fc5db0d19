import type { PermissionMode } from '../messages.ts';

type BaseHookInput = {
  session_id: string;
  /** Empty: the conversation lives in the store, not in a file. */
  transcript_path: string;
  cwd: string;
  permission_mode?: PermissionMode | undefined;
};

export type PreToolUseHookInput = BaseHookInput & {
  hook_event_name: 'PreToolUse';
  tool_name: string;
  tool_input: unknown;
  tool_use_id: string;
};
export type PostToolUseHookInput = BaseHookInput & {
  hook_event_name: 'PostToolUse';
  tool_name: string;
  tool_input: unknown;
  tool_use_id: string;
  tool_response: unknown;
  duration_ms?: number | undefined;
};
export type UserPromptSubmitHookInput = BaseHookInput & { hook_event_name: 'UserPromptSubmit'; prompt: string };
export type StopHookInput = BaseHookInput & {
  hook_event_name: 'Stop';
  stop_hook_active: boolean;
  last_assistant_message?: string | undefined;
};

export type HookInput = PreToolUseHookInput | PostToolUseHookInput | UserPromptSubmitHookInput | StopHookInput;
export type HookEvent = HookInput['hook_event_name'];

/** What a hook may answer; `{}` is no opinion. */
export type HookJSONOutput = {
  /** False ends the run. */
  continue?: boolean | undefined;
  stopReason?: string | undefined;
  systemMessage?: string | undefined;
  decision?: 'approve' | 'block' | undefined;
  reason?: string | undefined;
  hookSpecificOutput?:
    | {
        hookEventName: 'PreToolUse';
        permissionDecision?: 'allow' | 'deny' | 'ask' | undefined;
        permissionDecisionReason?: string | undefined;
        updatedInput?: Record<string, unknown> | undefined;
        additionalContext?: string | undefined;
      }
    | { hookEventName: 'PostToolUse'; additionalContext?: string | undefined; updatedToolOutput?: unknown }
    | { hookEventName: 'UserPromptSubmit'; additionalContext?: string | undefined }
    | { hookEventName: 'Stop'; additionalContext?: string | undefined }
    | undefined;
};

/** Must settle within its matcher's time-out; the signal is aborted then. */
export type HookCallback = (
  input: HookInput,
  toolUseID: string | undefined,
  options: { signal: AbortSignal },
) => Promise<HookJSONOutput>;

export type HookCallbackMatcher = {
  /** Tool names, as a regular expression that must match the whole name (`Write|Edit`); omitted or `*`: all. */
  matcher?: string | undefined;
  hooks: HookCallback[];
  /** Seconds; default 60. */
  timeout?: number | undefined;
};
